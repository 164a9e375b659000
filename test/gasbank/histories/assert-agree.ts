import assert from 'node:assert/strict';
import type { Hash256 } from '../../../src/base/hash.js';
import { type AccountId, walletOf } from '../../../src/gasbank/accounts.js';
import type { BooksUnderTest } from './books-under-test.js';
import { type ModelChain, type ModelTransaction, of } from './model-chain.js';

/**
 * Holds the books against the model: each account, what is drawn, how requests stand, and which
 * FAULT each charge for lost fees is booked with.
 * @param drawn transactions of the node that are in no block
 * @param named what each transaction of the node names as lost, by `hash id`
 */
export function assertAgree(
  chain: ModelChain,
  books: BooksUnderTest,
  drawn: ReadonlyMap<Hash256, ModelTransaction>,
  named: ReadonlyMap<string, Hash256>,
): void {
  const { ledger } = books;
  const expected = expectedBalances(chain, books);
  for (const [account, balance] of expected) {
    assert.equal(ledger.balance(account).posted, balance, `posted on ${account}`);
  }
  for (const { account, balance } of ledger.balances('')) {
    assert.ok(expected.has(account), `no account ${account} is known to the model`);
    const isFree = account === 'outside' || account === 'equity' || account.startsWith('wallet:');
    assert.ok(isFree || balance.posted >= 0n, `floor of ${account}`);
  }
  assert.equal(ledger.sumOfPosted(), 0n);
  assertDraws(chain, books, drawn);
  for (const id of chain.open.keys()) {
    assert.doesNotMatch(books.requests.brief(id)?.state ?? 'missing', /answered|expired|missing/);
  }
  for (const [id, how] of chain.ended) assert.equal(books.requests.brief(id)?.state, how);
  for (const { tx, id, lostTx } of books.chargesForLost()) {
    const claimed = named.get(`${tx} ${id}`);
    if (claimed !== undefined) assert.equal(lostTx, claimed, `lost fees of request ${id}`);
  }
}

function expectedBalances(chain: ModelChain, books: BooksUnderTest): Map<AccountId, bigint> {
  const expected = new Map<AccountId, bigint>([
    ['burnt', chain.burnt],
    ['lost', chain.lost],
    ['premium', chain.premiums],
    ['equity', -chain.premiums],
  ]);
  const opened = books.ownAccounts.all().filter(({ openedBlock }) => openedBlock !== null);
  for (const [account, { before }] of chain.own) {
    const isOpen = opened.some((own) => own.account === account);
    expected.set(walletOf(account), of(chain.gas, account) - (isOpen ? 0n : before));
  }
  for (const kind of ['credit', 'reserved', 'earned'] as const) {
    for (const [account, balance] of chain[kind]) expected.set(`${kind}:${account}`, balance);
  }
  const sum = [...expected.values()].reduce((total, each) => total + each, 0n);
  return expected.set('outside', -sum);
}

function assertDraws(
  chain: ModelChain,
  books: BooksUnderTest,
  drawn: ReadonlyMap<Hash256, ModelTransaction>,
): void {
  const open = [...drawn].filter(([hash]) => books.transactions.get(hash)?.state !== 'dead');
  for (const account of chain.own.keys()) {
    const amount = open
      .filter(([, { sender }]) => sender === account)
      .reduce((sum, [, { systemFee, networkFee }]) => sum + systemFee + networkFee, 0n);
    assert.equal(books.ledger.balance(walletOf(account)).drawn, amount, `drawn of ${account}`);
  }
  for (const { hash } of books.transactions.inFlight()) {
    assert.notEqual(books.ledger.drawState(`${hash}:fees`), 'none');
  }
}
