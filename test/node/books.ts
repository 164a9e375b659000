import assert from 'node:assert/strict';
import { eventually } from '../../scripts/devnet/private-chain.js';
import type { PrivateNetwork } from '../../scripts/devnet/private-network.js';
import type { Datoshi } from '../../src/base/datoshi.js';
import { type Hash160, hash160 } from '../../src/base/hash.js';
import { contractRead, readTogether } from '../../src/chain/contract-read.js';
import { gatewayReads } from '../../src/chain/gateway-reads.js';
import { GAS_TOKEN } from '../../src/chain/native-contracts.js';
import { asInteger } from '../../src/chain/stack-item-values.js';
import { createLedgerStore } from '../../src/gasbank/ledger-store.js';
import { createCursorStore } from '../../src/pipeline/cursor-store.js';
import { createTransactionStore } from '../../src/pipeline/transaction-store.js';
import type { Database } from '../../src/storage/database.js';

type Balances = Record<string, Datoshi>;

/**
 * Holds a node's ledger against the chain, both at one height: every credit, reservation, earning
 * and wallet balance, what the gateway holds in all, the sum of zero, and no draw left open.
 * Waits for a height at which nothing is in flight.
 */
export async function assertBooksMatchChain(
  network: PrivateNetwork,
  gateway: Hash160,
  db: Database,
): Promise<void> {
  const { books, chain, held } = await eventually('books and chain at one height', async () => {
    const accounts = Object.keys(snapshot(db).balances);
    const seen = await chainBalances(network, gateway, accounts);
    const now = snapshot(db);
    const same = now.height === seen.height && now.inFlight === 0;
    const complete = Object.keys(now.balances).length === accounts.length;
    return same && complete ? { books: now, chain: seen.balances, held: seen.held } : null;
  });
  assert.deepEqual(books.balances, chain);
  const atGateway = Object.entries(books.balances).filter(([id]) => !id.startsWith('wallet:'));
  assert.equal(
    atGateway.reduce((sum, [, balance]) => sum + balance, 0n),
    held,
    'GAS held is the sum of credits, reservations and earnings',
  );
  assert.equal(books.sum, 0n, 'postings sum to zero');
  assert.deepEqual(books.openDraws, []);
}

/** The ledger and the height it is of, in one read. */
function snapshot(db: Database) {
  return db.transaction(() => {
    const ledger = createLedgerStore(db);
    const balances: Balances = {};
    for (const { account, balance } of ledger.balances('')) {
      if (account.includes(':')) balances[account] = balance.posted;
    }
    return {
      height: createCursorStore(db).read()?.height ?? -1,
      inFlight: createTransactionStore(db).inFlight().length,
      openDraws: ledger.openDraws().map(({ id }) => id),
      balances,
      sum: ledger.sumOfPosted(),
    };
  })();
}

async function chainBalances(
  network: PrivateNetwork,
  gateway: Hash160,
  accounts: readonly string[],
): Promise<{ height: number; balances: Balances; held: Datoshi }> {
  const reads = gatewayReads(gateway);
  const balanceOf = (account: Hash160) =>
    contractRead(GAS_TOKEN, 'balanceOf', [account], asInteger);
  const readOf = (id: string) => {
    const [kind, text = ''] = id.split(':');
    const account = hash160(text);
    if (kind === 'credit') return reads.creditOf(account);
    if (kind === 'reserved') return reads.reservedOf(account);
    if (kind === 'earned') return reads.earnedOf(account);
    return balanceOf(account);
  };
  const all = [balanceOf(gateway), ...accounts.map(readOf)];
  const { height, values } = await readTogether(network.rpc, all);
  const [held = 0n, ...each] = values;
  const balances = Object.fromEntries(accounts.map((id, at) => [id, each[at] ?? 0n]));
  return { height, balances, held };
}
