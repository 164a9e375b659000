import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { publicKeyId } from '../base/sealed-box.js';
import { readContract } from '../chain/contract-read.js';
import { gatewayReads } from '../chain/gateway-reads.js';
import type { NodeConfig } from '../config/node-config.js';
import { DATABASE_FILE } from '../node/node-options.js';
import { openRandomKeys } from '../node/open-random.js';
import { createRequestViews } from '../requests/request-view-store.js';
import { withBooks } from './open-books.js';
import type { OpenChain } from './open-chain.js';

/** Requests for numbers that wait for an answer under one key. */
export interface KeyDraws {
  readonly keyId: bigint;
  /** 16 hex digits. */
  readonly id: string;
  readonly waiting: number;
  /** Whether the secret is in this node's file. */
  readonly isHere: boolean;
}

/** By what the node has taken in; null where none has run here. */
export async function drawsUnderKeys(
  { rpc }: Pick<OpenChain, 'rpc'>,
  config: NodeConfig,
): Promise<KeyDraws[] | null> {
  if (!existsSync(join(config.storage.dir, DATABASE_FILE))) return null;
  const waiting = await withBooks(config, (db) => createRequestViews(db).openDraws());
  const held = openRandomKeys(config).publicKeys();
  const draws: KeyDraws[] = [];
  for (const { keyId, count } of waiting) {
    const publicKey = await readContract(rpc, gatewayReads(config.gateway.hash).randomKeyOf(keyId));
    if (publicKey === null) continue;
    const isHere = held.some((key) => key.equals(publicKey));
    draws.push({ keyId, id: publicKeyId(publicKey), waiting: count, isHere });
  }
  return draws;
}
