import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEvidenceStore } from '../../src/evidence/evidence-store.js';
import { creditOf, OUTSIDE, reservedOf } from '../../src/gasbank/accounts.js';
import { createLedgerStore } from '../../src/gasbank/ledger-store.js';
import { createPredictionStore } from '../../src/gasbank/prediction-store.js';
import { createSpendStore } from '../../src/gasbank/spend-store.js';
import { createTransactionStore } from '../../src/pipeline/transaction-store.js';
import { REQUEST_STATES } from '../../src/requests/request-machine.js';
import { createRequestStore } from '../../src/requests/request-store.js';
import { type Database, inTransaction, openDatabase } from '../../src/storage/database.js';
import { ACCOUNT, hashOf, REQUESTER } from '../pipeline/stage-fixture.js';

const [CREDIT, RESERVED] = [creditOf(REQUESTER), reservedOf(REQUESTER)];
const TX = hashOf(1);

describe('a row that is written', () => {
  let dir: string;
  let db: Database;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'dodona-rows-'));
    db = openDatabase(join(dir, 'node.sqlite'));
  });
  afterEach(() => {
    db.close();
    rmSync(dir, { recursive: true });
  });

  /** Takes a request from its event to its end, with all that is written of it. */
  function answerOne(): void {
    const requests = createRequestStore(db);
    const ledger = createLedgerStore(db);
    const step = { atMs: 1, what: 'test' };
    const transfer = { amount: 10n, block: 1, tx: TX, requestId: 1n, cause: 'test' };
    const asked = { kind: 'http', requester: REQUESTER, payer: REQUESTER, subject: '{}' } as const;
    const terms = { filter: '', maxFee: 10n, deadline: 9, block: 1, blockTimeMs: 1, tx: TX };
    inTransaction(db, () => {
      ledger.transfer({ ...transfer, id: 'a', debit: OUTSIDE, credit: CREDIT }, 1);
      requests.add({ id: 1n, ...asked, ...terms }, 'new', step);
      ledger.transfer({ ...transfer, id: 'b', debit: CREDIT, credit: RESERVED }, 1);
      const found = { reason: 'found', attempts: 1, dueMs: 0, result: Buffer.from('1') };
      requests.move(1n, 'answerFound', { ...found, code: 0 }, step);
      const blobs = new Map([['ab'.repeat(32), Buffer.from('body')]]);
      createEvidenceStore(db).add(1n, { hash: Buffer.alloc(32), text: '{}', blobs }, 1);
      const fees = { systemFee: 1n, networkFee: 1n, validUntilBlock: 9, signedMs: 1 };
      const sent = {
        hash: TX,
        purpose: 'respond',
        account: ACCOUNT,
        raw: Buffer.alloc(9),
      } as const;
      createTransactionStore(db).add({ ...sent, ...fees });
      requests.move(1n, 'answerSigned', { reason: 'sent', tx: TX, dueMs: 0 }, step);
      const share = { requestId: 1n, kind: 'http', requester: REQUESTER, amount: 2n } as const;
      createSpendStore(db).add(TX, [share], 1);
      const charge = { delivered: true, fee: 2n, lost: 0n, premium: 0n, uncutFee: 2n };
      createPredictionStore(db).add(TX, [{ requestId: 1n, ...charge }]);
      const ended = { endedBlock: 2, endedTx: TX, tx: null, delivered: true, fee: 2n };
      requests.move(1n, 'answeredOnChain', { ...ended, reason: 'answered' }, step);
      ledger.transfer({ ...transfer, id: 'c', debit: RESERVED, credit: CREDIT, amount: 8n }, 2);
    });
  }

  it('has SQLite make no table to write it, of all that a request writes', () => {
    const written = new Set<string>();
    const prepare = db.prepare.bind(db);
    db.prepare = ((sql: string) => {
      const statement = prepare(sql);
      const run = statement.run.bind(statement);
      statement.run = (...values: unknown[]) => {
        written.add(sql);
        return run(...values);
      };
      return statement;
    }) as typeof db.prepare;
    answerOne();
    db.prepare = prepare;
    const tables = [...written].map((sql) => /(?:INTO|UPDATE) (\w+)/.exec(sql)?.[1]);
    for (const table of ['request', 'request_step', 'ledger_transfer', 'evidence_blob']) {
      assert.ok(tables.includes(table), `${table} was not written`);
    }
    for (const sql of written) {
      const values = Array.from({ length: sql.split('?').length - 1 }, () => null);
      const program = prepare(`EXPLAIN ${sql}`).all(...values) as { opcode: string }[];
      const made = program.filter(({ opcode }) => opcode === 'OpenEphemeral').length;
      // Each state of a transaction is written once for all that is in it.
      const allowed = /sent_transaction/.test(sql) ? 1 : 0;
      assert.ok(made <= allowed, `${made} tables for ${sql}`);
    }
  });

  it('holds what its conditions allow, and nothing else', () => {
    answerOne();
    const isTaken = (sql: string, value: string): boolean => {
      try {
        db.exec('SAVEPOINT tried');
        db.prepare(sql).run(value);
        return true;
      } catch (error) {
        assert.match(String(error), /CHECK constraint failed/);
        return false;
      } finally {
        db.exec('ROLLBACK TO tried; RELEASE tried');
      }
    };
    const taken = (sql: string, values: readonly string[]) =>
      [...values, 'other', ''].filter((value) => isTaken(sql, value));
    assert.deepEqual(taken('UPDATE request SET state = ?', REQUEST_STATES), REQUEST_STATES);
    const codings = ['plain', 'brotli', 'small'];
    assert.deepEqual(taken('UPDATE evidence_blob SET coding = ?', codings), codings);
    const single = `INSERT INTO ledger_transfer (id, phase, debit, credit, amount, cause, at_ms)
      VALUES ('d', ?, '${RESERVED}', '${CREDIT}', 1, 'test', 1)`;
    assert.deepEqual(taken(single, ['single']), ['single']);
  });
});
