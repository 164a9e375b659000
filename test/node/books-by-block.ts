import assert from 'node:assert/strict';
import type { Datoshi } from '../../src/base/datoshi.js';
import type { Hash256 } from '../../src/base/hash.js';
import type { AccountId } from '../../src/gasbank/accounts.js';
import { createBooksReader, MAX_ACCOUNTS_READ } from '../../src/gasbank/books-reader.js';
import { type CheckedAccount, GATEWAY_HELD } from '../../src/gasbank/chain-figures.js';
import { createCursorStore } from '../../src/pipeline/cursor-store.js';
import type { Database } from '../../src/storage/database.js';
import { eventsOf } from './answers.js';
import type { NodeFixture } from './node-fixture.js';

interface Moved {
  readonly debit: AccountId;
  readonly credit: AccountId;
  readonly amount: Datoshi;
  readonly block: bigint;
}

/**
 * Replays a ledger's transfers and holds every balance against the chain as it was after each
 * block, by historic calls: from the first block that has the gateway to the last on the books.
 */
export async function assertEveryBlock(
  { network, gateway }: NodeFixture,
  db: Database,
): Promise<{ readonly blocks: number; readonly compared: number }> {
  const transfers = db
    .prepare(`SELECT debit, credit, amount, block FROM ledger_transfer
      WHERE phase IN ('single', 'post') ORDER BY cause <> 'opening', block, rowid`)
    .all() as Moved[];
  const accounts = [...new Set(transfers.flatMap(({ debit, credit }) => [debit, credit]))];
  const checked: CheckedAccount[] = [GATEWAY_HELD, ...accounts.filter((id) => id.includes(':'))];
  assert.ok(checked.length < MAX_ACCOUNTS_READ);
  const reader = createBooksReader({ rpc: network.rpc, gateway });
  const balances = new Map<CheckedAccount, Datoshi>();
  const add = (account: AccountId, amount: Datoshi): void => {
    balances.set(account, (balances.get(account) ?? 0n) + amount);
    if (!/^(credit|reserved|earned):/.test(account)) return;
    balances.set(GATEWAY_HELD, (balances.get(GATEWAY_HELD) ?? 0n) + amount);
  };
  const last = createCursorStore(db).read()?.height ?? 0;
  const first = Number(transfers.find(({ credit }) => credit.startsWith('credit:'))?.block ?? 0n);
  let next = 0;
  let compared = 0;
  for (let block = first; block <= last; block++) {
    for (; next < transfers.length && Number(transfers[next]?.block) <= block; next++) {
      const { debit, credit, amount } = transfers[next] as Moved;
      add(debit, -amount);
      add(credit, amount);
    }
    const told = await reader.at(block, checked);
    assert.ok(told !== null, `block ${block} can be looked back at`);
    for (const account of checked) {
      const chain = told.balances.get(account);
      assert.equal(balances.get(account) ?? 0n, chain, `${account} after block ${block}`);
      compared += 1;
    }
  }
  assert.equal(next, transfers.length);
  return { blocks: last - first + 1, compared };
}

/** What a transaction of the node was for, by the chain alone. */
export interface NodeFees {
  readonly amount: Datoshi;
  readonly what: 'answers' | 'refunds' | 'faults' | 'others';
}

const BLOCKS_AT_ONCE = 90;

/** Fees of every transaction that the node's account ever sent, read block by block. */
export async function feesOfNode(fixture: NodeFixture): Promise<Map<Hash256, NodeFees>> {
  const { network, node } = fixture;
  const events = await eventsOf(fixture);
  const emitted = (name: string): Set<Hash256> =>
    new Set(events.filter((event) => event.name === name).map(({ tx }) => tx));
  const [answering, refunding] = [emitted('Earned'), emitted('Expired')];
  const fees = new Map<Hash256, NodeFees>();
  const height = await network.height();
  for (let from = fixture.fromBlock; from <= height; from += BLOCKS_AT_ONCE) {
    const indexes = Array.from({ length: BLOCKS_AT_ONCE }, (_, at) => from + at);
    const asked = indexes.filter((index) => index <= height);
    const blocks = await network.rpc.batch(
      asked.map((index) => ({ method: 'getblock', params: [index, true] })),
    );
    for (const block of blocks) {
      assert.ok(block.ok);
      const { tx } = block.result as {
        tx: { hash: Hash256; sender: string; sysfee: string; netfee: string }[];
      };
      for (const { hash, sender, sysfee, netfee } of tx) {
        if (sender !== node.address) continue;
        const { state } = await network.applied(hash);
        const isAnswer = answering.has(hash);
        const halted = isAnswer ? 'answers' : refunding.has(hash) ? 'refunds' : 'others';
        const what = state === 'FAULT' ? 'faults' : halted;
        fees.set(hash, { amount: BigInt(sysfee) + BigInt(netfee), what });
      }
    }
  }
  return fees;
}
