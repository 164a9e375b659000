import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Hash256, hash160, hash256 } from '../../src/base/hash.js';
import { buildTransaction, withWitnesses } from '../../src/chain/transaction.js';
import { BURNT, OUTSIDE, walletOf } from '../../src/gasbank/accounts.js';
import { createLedgerStore } from '../../src/gasbank/ledger-store.js';
import { nonceOf } from '../../src/pipeline/plan-alone.js';
import { createTransactionEnding, drawIdOf } from '../../src/pipeline/transaction-ending.js';
import { createTransactionStore } from '../../src/pipeline/transaction-store.js';
import { createRequestStore } from '../../src/requests/request-store.js';
import { type Database, inTransaction, openDatabase } from '../../src/storage/database.js';

const ACCOUNT = hash160(`0x${'a1'.repeat(20)}`);
const SENT = hash256(`0x${'5e'.repeat(32)}`);
const OTHER = hash256(`0x${'0e'.repeat(32)}`);

describe("the ending of a node's transaction", () => {
  let dir: string;
  let db: Database;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'dodona-ending-'));
    db = openDatabase(join(dir, 'node.sqlite'));
  });
  afterEach(() => {
    db.close();
    rmSync(dir, { recursive: true });
  });

  /** Requests that wait for a transaction of this nonce, its fees drawn. */
  function send(ids: readonly bigint[], nonce: number) {
    const requests = createRequestStore(db);
    const ledger = createLedgerStore(db);
    const transactions = createTransactionStore(db);
    const wallet = walletOf(ACCOUNT);
    const place = { block: null, tx: SENT, requestId: null };
    const funds = { ...place, debit: OUTSIDE, credit: wallet, amount: 9n } as const;
    const fees = { ...place, debit: wallet, credit: BURNT, amount: 3n } as const;
    const terms = { systemFee: 1n, networkFee: 2n, validUntilBlock: 9 };
    const signers = [{ account: ACCOUNT, scope: 'CalledByEntry' as const }];
    const draft = { ...terms, nonce, signers, script: Buffer.from([0x40]) };
    const witness = { invocationScript: Buffer.alloc(0), verificationScript: Buffer.alloc(0) };
    const { raw } = withWitnesses(buildTransaction(draft), [witness]);
    inTransaction(db, () => {
      ledger.transfer({ ...funds, id: 'funds', cause: 'wallet funded' }, 1);
      for (const id of ids) {
        requests.add(newRequest(id), 'new', { atMs: 1, what: 'requested' });
        const found = { reason: 'found', code: 0 as const, result: Buffer.from('[1]') };
        requests.move(id, 'answerFound', found, { atMs: 1, what: 'resolved' });
        requests.move(id, 'answerSigned', { reason: 'sent', tx: SENT }, { atMs: 1, what: 'sent' });
      }
      ledger.draw({ ...fees, id: drawIdOf(SENT), cause: 'respond fees' }, 1);
      const purpose = 'respond' as const;
      transactions.add({ ...terms, hash: SENT, raw, purpose, account: ACCOUNT, signedMs: 1 });
    });
    return { requests, ending: createTransactionEnding({ requests, ledger, transactions }) };
  }

  const newRequest = (id: bigint) => ({
    id,
    kind: 'http' as const,
    requester: ACCOUNT,
    payer: ACCOUNT,
    subject: '{}',
    filter: '',
    maxFee: 100n,
    deadline: 240,
    block: 1,
    blockTimeMs: 1,
    tx: OTHER as Hash256,
  });

  it('leaves a FAULTed one to be claimed by the request that it was for alone', () => {
    const { requests, ending } = send([7n], nonceOf(7n));
    inTransaction(db, () => ending.faulted(SENT, 5, 'ABORT', 2));
    const row = requests.get(7n);
    assert.deepEqual([row?.state, row?.lostTx, row?.faults], ['resolved', SENT, 1]);
  });

  it('lets nobody claim a shared one, though all others in it have ended meanwhile', () => {
    const { requests, ending } = send([7n, 8n], 0x12345678);
    inTransaction(db, () => {
      // By another node's transaction.
      const step = { atMs: 2, what: 'answered' };
      requests.move(7n, 'answeredOnChain', { reason: 'answered', tx: null }, step);
      ending.faulted(SENT, 5, 'ABORT', 2);
    });
    const row = requests.get(8n);
    assert.deepEqual([row?.state, row?.lostTx, row?.faults], ['resolved', null, 1]);
  });
});
