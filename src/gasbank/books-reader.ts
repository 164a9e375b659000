import type { Datoshi } from '../base/datoshi.js';
import type { Hash160 } from '../base/hash.js';
import { MAX_FIGURES, readFigures, readFiguresAt } from '../chain/figures.js';
import type { Rpc, RpcOptions } from '../chain/rpc.js';
import { type CheckedAccount, figureOf } from './chain-figures.js';

/** Accounts that one reading tells of. */
export const MAX_ACCOUNTS_READ = MAX_FIGURES;

/** Balances by the chain, all of one height. */
export interface ChainBalances {
  readonly height: number;
  readonly balances: ReadonlyMap<CheckedAccount, Datoshi>;
}

/** How the chain tells the balances that are on the books. Each takes at most MAX_ACCOUNTS_READ. */
export interface BooksReader {
  /** Null when a block came while they were read. Rejects as `readFigures`. */
  latest(accounts: readonly CheckedAccount[]): Promise<ChainBalances | null>;
  /** After an earlier block; null where no endpoint keeps that state. */
  at(height: number, accounts: readonly CheckedAccount[]): Promise<ChainBalances | null>;
}

export interface BooksReaderOptions {
  readonly rpc: Rpc;
  readonly gateway: Hash160;
  readonly signal?: AbortSignal;
  /** No endpoint below this height is asked. */
  readonly minHeight?: () => number;
}

export function createBooksReader(options: BooksReaderOptions): BooksReader {
  const { rpc, gateway, signal, minHeight } = options;
  const asked = (): RpcOptions => ({ signal, minHeight: minHeight?.() });
  const named = (
    height: number,
    accounts: readonly CheckedAccount[],
    values: readonly bigint[],
  ): ChainBalances => ({
    height,
    balances: new Map(accounts.map((account, at) => [account, values[at] as bigint])),
  });
  const figuresOf = (accounts: readonly CheckedAccount[]) =>
    accounts.map((account) => figureOf(gateway, account));
  return {
    async latest(accounts) {
      const read = await readFigures(rpc, figuresOf(accounts), asked());
      return read === null ? null : named(read.height, accounts, read.values);
    },
    async at(height, accounts) {
      const options = { ...asked(), minHeight: height };
      const values = await readFiguresAt(rpc, height, figuresOf(accounts), options);
      return values === null ? null : named(height, accounts, values);
    },
  };
}
