import type { Hash160, Hash256 } from '../../src/base/hash.js';
import type { Rpc } from '../../src/chain/rpc.js';
import type { ChainFeed } from './chain-feed.js';

/** An answer that the example consumer stored. */
export interface StoredAnswer {
  /** The transaction that brought it. */
  readonly tx: Hash256;
  readonly code: number;
}

interface Notifications {
  readonly application?: readonly {
    readonly container: Hash256;
    readonly state: { readonly value: readonly { readonly value: string }[] };
  }[];
}

/** The answers to `ask` that a consumer stored in one block. */
export async function storedIn(
  rpc: Rpc,
  consumer: Hash160,
  block: number,
): Promise<StoredAnswer[]> {
  const filter = { contract: consumer, name: 'Answered' };
  const found = await rpc.call<Notifications>('getblocknotifications', [block, filter]);
  return (found.application ?? []).map(({ container, state }) => ({
    tx: container,
    code: Number(state.value[1]?.value),
  }));
}

export interface Following {
  readonly rpc: Rpc;
  readonly feed: ChainFeed;
  /** After so many blocks without an answer no more are waited for. */
  readonly patience: number;
}

/**
 * Follows the blocks from `from` on until a consumer stored that many answers, or none came for
 * some blocks: what is missing then has been stranded. Throws when an answer is no success.
 */
export async function allStored(
  { rpc, feed, patience }: Following,
  consumer: Hash160,
  from: number,
  count: number,
): Promise<{ stored: number; lastBlock: number; transactions: number }> {
  let [stored, lastBlock] = [0, from];
  const transactions = new Set<Hash256>();
  for (let block = from; stored < count && block <= lastBlock + patience; block++) {
    await feed.until(`block ${block}`, () => feed.announcedMs(block));
    const answers = await storedIn(rpc, consumer, block);
    const failed = answers.find(({ code }) => code !== 0);
    if (failed !== undefined) throw new Error(`an answer has code ${failed.code}: ${failed.tx}`);
    if (answers.length > 0) lastBlock = block;
    stored += answers.length;
    for (const { tx } of answers) transactions.add(tx);
  }
  return { stored, lastBlock, transactions: transactions.size };
}
