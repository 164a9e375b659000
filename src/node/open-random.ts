import { randomBytes } from 'node:crypto';
import type { RandomStatus } from '../api/node-status.js';
import { messageOf } from '../base/node-error.js';
import { publicKeyId } from '../base/sealed-box.js';
import type { ChainFacts } from '../chain/chain-check.js';
import { readContract } from '../chain/contract-read.js';
import { gatewayReads } from '../chain/gateway-reads.js';
import type { Rpc } from '../chain/rpc.js';
import type { NodeConfig } from '../config/node-config.js';
import { readPasswordFile } from '../config/password-file.js';
import { randomKeyFile, randomPasswordFile } from '../config/random-files.js';
import { createRandomKeys, type RandomKeys, type ScryptCost } from '../keystore/random-keys.js';
import { createRandomResolver, type RandomResolver } from '../resolvers/random.js';
import type { Log } from '../telemetry/log.js';
import { createProver, type Prover } from '../vrf/prover.js';
import type { NodeOptions } from './node-options.js';

/** What the node needs to draw random numbers. */
export interface NodeRandom {
  readonly keys: RandomKeys;
  readonly prover: () => Prover;
  /** Where there are keys, starts the prover's thread, which takes a while to be quick. */
  warmUp(): void;
  close(): Promise<void>;
}

/** The keystore of the random keys, for the node and for the command line; `cost` is for tests. */
export const openRandomKeys = (config: NodeConfig, cost?: ScryptCost): RandomKeys =>
  createRandomKeys({
    ...(cost === undefined ? {} : { cost }),
    file: randomKeyFile(config),
    readPassword: () => readPasswordFile(randomPasswordFile(config)),
    random: randomBytes,
  });

/** The prover's thread starts when it is told to warm up, or when there is a number to draw. */
export function openRandom({ config }: Pick<NodeOptions, 'config'>): NodeRandom {
  const keys = openRandomKeys(config);
  let started: Prover | null = null;
  const prover = (): Prover => {
    started ??= createProver({ random: randomBytes });
    return started;
  };
  const warmUp = (): void => {
    if (heldKeys(keys).count > 0) prover();
  };
  return { keys, prover, warmUp, close: async () => started?.close() };
}

/** The resolver of the node: what a key id stands for is read once, since it never changes. */
export function randomResolver(
  { keys, prover }: NodeRandom,
  { config, metrics }: NodeOptions,
  rpc: Rpc,
): RandomResolver {
  const reads = gatewayReads(config.gateway.hash);
  const known = new Map<bigint, Buffer>();
  return createRandomResolver({
    async publicKeyOf(keyId, signal) {
      const publicKey =
        known.get(keyId) ?? (await readContract(rpc, reads.randomKeyOf(keyId), { signal }));
      if (publicKey !== null) known.set(keyId, publicKey);
      return publicKey;
    },
    findKey: keys.find,
    prove: (key, message) => prover().prove(key, message),
    onProof: ({ provingMs, checkingMs }) => metrics.proof({ provingMs, checkingMs }),
  });
}

/** How the node stands to the key that new requests use. */
export function randomStatus(
  { randomKey: { keyId, publicKey } }: Pick<ChainFacts, 'randomKey'>,
  keys: RandomKeys,
): RandomStatus {
  const { count, problem, has } = heldKeys(keys);
  return {
    keyId,
    publicKeyId: publicKey === null ? null : publicKeyId(publicKey),
    isHeld: publicKey !== null && has(publicKey),
    keysHeld: count,
    problem,
  };
}

function heldKeys(keys: RandomKeys) {
  try {
    const held = keys.publicKeys();
    const has = (key: Buffer): boolean => held.some((each) => each.equals(key));
    return { count: held.length, problem: null, has };
  } catch (error) {
    return { count: 0, problem: messageOf(error), has: () => false };
  }
}

/**
 * Tells of what would only show when somebody asks for a random number. The file is opened, too:
 * a wrong password is found here.
 */
export async function warnOfRandom(
  facts: Pick<ChainFacts, 'randomKey'>,
  keys: RandomKeys,
  log: Log,
): Promise<void> {
  const { keyId, publicKeyId: name, isHeld, keysHeld, problem } = randomStatus(facts, keys);
  if (problem !== null) return log.warn('the random keys cannot be read', { reason: problem });
  const current = facts.randomKey.publicKey;
  if (current === null) {
    if (keysHeld === 0) return;
    const reason = 'the gateway has no random key: run dodona keys propose --kind random';
    return log.warn('no random numbers are drawn', { reason });
  }
  if (!isHeld) {
    const reason = `the gateway's random key is ${keyId} (${name}), which this node does not hold`;
    return log.warn('no random numbers are drawn', { reason });
  }
  try {
    await keys.find(current);
  } catch (error) {
    log.warn('the random keys cannot be opened', { reason: messageOf(error) });
  }
}
