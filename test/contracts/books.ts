import assert from 'node:assert/strict';
import type { Datoshi } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';
import { contractRead, readTogether } from '../../src/chain/contract-read.js';
import { GAS_TOKEN } from '../../src/chain/native-contracts.js';
import { asInteger } from '../../src/chain/stack-item-values.js';
import type { AnyWorld } from './requests.js';

/** What the gateway owes one account, in datoshi. */
export interface Balance {
  readonly credit: Datoshi;
  readonly reserved: Datoshi;
  readonly earned: Datoshi;
}

export interface Books {
  /** Index of the latest block when they were read. */
  readonly height: number;
  readonly balances: ReadonlyMap<Hash160, Balance>;
  /** GAS of the gateway. */
  readonly held: Datoshi;
}

const READ_ATTEMPTS = 100;

export const gasBalance = (account: Hash160) =>
  contractRead(GAS_TOKEN, 'balanceOf', [account], asInteger);

/**
 * Reads the balances of accounts, all of them after the same block. A trial of neo-go runs on the
 * state as it is at each moment: when a block comes meanwhile, it may see parts of it. So what was
 * read counts only if the height is the same before and after.
 */
export async function readBooks(world: AnyWorld, accounts: readonly Hash160[]): Promise<Books> {
  for (let attempt = 0; attempt < READ_ATTEMPTS; attempt++) {
    const before = await world.network.height();
    const books = await readOnce(world, accounts);
    const after = await world.network.height();
    if (before === books.height && books.height === after) return books;
  }
  throw new Error(`each of ${READ_ATTEMPTS} readings had a block come in between`);
}

async function readOnce(world: AnyWorld, accounts: readonly Hash160[]): Promise<Books> {
  const { reads } = world;
  const { height, values } = await readTogether(world.network.rpc, [
    gasBalance(world.gateway),
    ...accounts.flatMap((each) => [
      reads.creditOf(each),
      reads.reservedOf(each),
      reads.earnedOf(each),
    ]),
  ]);
  const [held = 0n, ...figures] = values;
  const balances = accounts.map((account, at): [Hash160, Balance] => {
    const [credit = 0n, reserved = 0n, earned = 0n] = figures.slice(at * 3, at * 3 + 3);
    return [account, { credit, reserved, earned }];
  });
  return { height, held, balances: new Map(balances) };
}

/** The balance of one account. */
export async function balanceOf(world: AnyWorld, account: Hash160): Promise<Balance> {
  const { balances } = await readBooks(world, [account]);
  return balances.get(account) as Balance;
}

/** Asserts that the GAS held is what the gateway owes the world's accounts and these. */
export async function assertBooks(world: AnyWorld, others: readonly Hash160[] = []): Promise<void> {
  const { owner, node, accounts, contracts } = world;
  const known = [owner, node, ...Object.values(accounts)].map(({ hash }) => hash);
  const { held, balances } = await readBooks(world, [
    ...new Set([...known, ...Object.values(contracts), ...others]),
  ]);
  const owed = [...balances.values()].map((each) => each.credit + each.reserved + each.earned);
  assert.equal(held, sumOf(owed), 'GAS held = credits + reserved + earned');
}

export const sumOf = (amounts: readonly Datoshi[]): Datoshi =>
  amounts.reduce((sum, amount) => sum + amount, 0n);

/** How many keys of the gateway begin with this letter (contracts/gateway/storage.go). */
export async function storedKeys({ network, gateway }: AnyWorld, prefix: string): Promise<number> {
  let count = 0;
  for (;;) {
    const params = [gateway, Buffer.from(prefix).toString('base64'), count];
    const page = await network.rpc.call<{ results: unknown[]; truncated: boolean }>(
      'findstorage',
      params,
    );
    count += page.results.length;
    if (!page.truncated) return count;
  }
}
