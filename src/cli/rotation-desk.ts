import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../base/clock.js';
import type { Hash160 } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import { contractRead, readTogether } from '../chain/contract-read.js';
import { readGatewayKeys } from '../chain/gateway-keys.js';
import { gatewayReads } from '../chain/gateway-reads.js';
import { GAS_TOKEN } from '../chain/native-contracts.js';
import { RpcError } from '../chain/rpc.js';
import type { Signer } from '../chain/signer.js';
import { asInteger } from '../chain/stack-item-values.js';
import { readTransactionStates } from '../chain/transaction-state.js';
import type { NodeConfig } from '../config/node-config.js';
import { walletFilesOf } from '../config/wallet-config.js';
import { readWalletEntries, type WalletEntry } from '../config/wallet-file.js';
import { createOwnAccountStore } from '../gasbank/own-account-store.js';
import type { KeyHolder } from '../keystore/key-holder.js';
import { DATABASE_FILE, LOCK_FILE } from '../node/node-options.js';
import type { RotationFacts, WalletHoldings } from '../operations/rotation-plan.js';
import { type WaitParts, waitForBlock } from '../pipeline/send-order.js';
import {
  createTransactionStore,
  type SentTransaction,
  type TransactionPurpose,
} from '../pipeline/transaction-store.js';
import { openDatabaseReadOnly } from '../storage/database.js';
import { lockNode } from '../storage/node-lock.js';
import type { OpenChain } from './open-chain.js';
import { findRunningNode } from './running-node-view.js';

/** What the books tell of a rotation; nothing where no node has run. */
export interface BooksOfRotation {
  readonly own: readonly Hash160[];
  readonly inFlight: readonly SentTransaction[];
}

const POLL_MS = 100;
/** Accounts of one wallet that are asked for at once. */
const MAX_READ = 16;
/** Read of each. */
const FIGURES = 4;

export function booksOfRotation({ storage }: Pick<NodeConfig, 'storage'>): BooksOfRotation {
  const path = join(storage.dir, DATABASE_FILE);
  if (!existsSync(path)) return { own: [], inFlight: [] };
  const db = openDatabaseReadOnly(path);
  try {
    const own = createOwnAccountStore(db).all();
    const inFlight = createTransactionStore(db).inFlight();
    return { own: own.map(({ account }) => account), inFlight };
  } finally {
    db.close();
  }
}

/** Where a rotation stands, by wallet, chain and books. */
export async function readRotation({
  rpc,
  config,
}: Pick<OpenChain, 'rpc' | 'config'>): Promise<RotationFacts> {
  const wallet = readWalletEntries(walletFilesOf(config).file);
  const books = booksOfRotation(config);
  const chain = await readGatewayKeys(rpc, config.gateway.hash);
  const holdings = await readWalletHoldings({ rpc, config }, wallet);
  const inFlight = new Map<Hash160, number>();
  for (const { account } of await stillOpen({ rpc }, books.inFlight)) {
    inFlight.set(account, (inFlight.get(account) ?? 0) + 1);
  }
  const isNodeRunning = nodeRunsIn(config);
  const signsAs = isNodeRunning ? await askWhoSigns(config) : null;
  return { chain, wallet, own: books.own, holdings, inFlight, isNodeRunning, signsAs };
}

/** Whom the running node signs as; null where it does not answer now. */
async function askWhoSigns(config: NodeConfig): Promise<Hash160 | null> {
  try {
    const found = await findRunningNode(config);
    if (found.kind !== 'running') return null;
    const { wallet } = await found.view.status();
    return wallet?.account ?? null;
  } catch (error) {
    if (error instanceof NodeError) return null;
    throw error;
  }
}

/** Whether a node works on the storage directory now. */
export function nodeRunsIn({ storage }: Pick<NodeConfig, 'storage'>): boolean {
  if (!existsSync(join(storage.dir, LOCK_FILE))) return false;
  try {
    lockNode(join(storage.dir, LOCK_FILE)).release();
    return false;
  } catch (error) {
    if (error instanceof NodeError && error.code === 'NODE_RUNNING') return true;
    throw error;
  }
}

/** Those that the chain does not know to have ended: the node may not have looked yet. */
export async function stillOpen(
  { rpc }: Pick<OpenChain, 'rpc'>,
  sent: readonly SentTransaction[],
): Promise<SentTransaction[]> {
  if (sent.length === 0) return [];
  const height = (await rpc.call<number>('getblockcount')) - 1;
  const hashes = sent.map(({ hash }) => hash);
  const states = await readTransactionStates(rpc, hashes, { minHeight: height });
  return sent.filter(({ validUntilBlock }, at) => {
    return states[at]?.kind !== 'inBlock' && height < validUntilBlock;
  });
}

/** What waiting for transactions takes, without an account. */
export function waitingOn({ rpc }: Pick<OpenChain, 'rpc'>, clock: Clock): WaitParts {
  return {
    clock,
    pollMs: POLL_MS,
    height: async () => (await rpc.call<number>('getblockcount')) - 1,
    chain: {
      fates: (hashes, minHeight) => readTransactionStates(rpc, hashes, { minHeight }),
      async broadcast(raw) {
        try {
          await rpc.call('sendrawtransaction', [raw.toString('base64')]);
          return { kind: 'accepted' };
        } catch (error) {
          if (error instanceof RpcError) return { kind: 'refused', reason: error.message };
          throw error;
        }
      },
    },
  };
}

/** Waits until a transaction has ended, however it does: with its block, or null without effect. */
export async function untilEnded(
  wait: WaitParts,
  sent: Pick<SentTransaction, 'hash' | 'raw'>,
  validUntilBlock: number,
): Promise<number | null> {
  try {
    await wait.chain.broadcast(sent.raw);
    return await waitForBlock(wait, sent, validUntilBlock);
  } catch (error) {
    const ends = ['TRANSACTION_FAULTED', 'TRANSACTION_DEAD'];
    if (!(error instanceof NodeError) || !ends.includes(error.code)) throw error;
    return null;
  }
}

/** What these do, a command that is run again would do again. */
const REPEATABLE: readonly TransactionPurpose[] = ['key', 'order', 'collect'];

/** Waits for what an earlier run sent through the books: nobody sends its like before it ended. */
export async function settleRepeatable(
  config: Pick<NodeConfig, 'storage'>,
  wait: WaitParts,
): Promise<void> {
  for (const sent of booksOfRotation(config).inFlight) {
    if (REPEATABLE.includes(sent.purpose)) await untilEnded(wait, sent, sent.validUntilBlock);
  }
}

export async function readWalletHoldings(
  { rpc, config }: Pick<OpenChain, 'rpc' | 'config'>,
  wallet: readonly Pick<WalletEntry, 'account'>[],
): Promise<RotationFacts['holdings']> {
  const reads = gatewayReads(config.gateway.hash);
  const holdings = new Map<Hash160, WalletHoldings>();
  for (let at = 0; at < wallet.length; at += MAX_READ) {
    const page = wallet.slice(at, at + MAX_READ);
    const { values } = await readTogether(
      rpc,
      page.flatMap(({ account }) => [
        contractRead(GAS_TOKEN, 'balanceOf', [account], asInteger),
        reads.earnedOf(account),
        reads.creditOf(account),
        reads.reservedOf(account),
      ]),
    );
    for (const [place, { account }] of page.entries()) {
      const ofAccount = values.slice(FIGURES * place, FIGURES * (place + 1));
      const [gas = 0n, earned = 0n, credit = 0n, reserved = 0n] = ofAccount;
      holdings.set(account, { gas, earned, credit, reserved });
    }
  }
  return holdings;
}

/** Opens accounts that the node's keys are held of. Throws a NodeError KEY_NOT_HERE. */
export function createWalletSigners(keys: KeyHolder) {
  return async function signerOf(account: Hash160, forWhat: string): Promise<Signer> {
    try {
      return await keys.open(account);
    } catch (error) {
      if (!(error instanceof NodeError) || error.code !== 'KEY_NOT_HERE') throw error;
      throw new NodeError('KEY_NOT_HERE', `${error.message}: ${forWhat}`, {
        hint: "let the gateway's owner do it: --wallet and --password-file of the owner's wallet",
      });
    }
  };
}
