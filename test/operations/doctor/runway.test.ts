import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../src/base/clock.js';
import { parseGas } from '../../../src/base/datoshi.js';
import { hash160 } from '../../../src/base/hash.js';
import { type AccountId, BURNT, OUTSIDE, walletOf } from '../../../src/gasbank/accounts.js';
import { createLedgerStore } from '../../../src/gasbank/ledger-store.js';
import type { Finding } from '../../../src/operations/doctor/finding.js';
import { runwayCheck } from '../../../src/operations/doctor/gateway/money.js';
import { type Database, inTransaction, openDatabase } from '../../../src/storage/database.js';
import { assertWarns } from './findings.js';
import { scratchConfig } from './scratch-config.js';

const ACCOUNT = hash160(`0x${'11'.repeat(20)}`);
const HOUR_MS = 3_600_000;
const NOW_MS = 1_000 * HOUR_MS;

describe('the doctor on how long the money lasts', () => {
  let folder: string;
  let db: Database;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dodona-runway-'));
    db = openDatabase(join(folder, 'node.sqlite'));
  });
  afterEach(() => {
    db.close();
    rmSync(folder, { recursive: true });
  });

  /** A wallet that had this much two days ago, and fees that it paid in the last day. */
  const book = (had: string, paid: string): void => {
    const move = (debit: AccountId, credit: AccountId, amount: string, agoHours: number) => {
      const place = { id: credit, cause: 'test', block: 1, tx: null, requestId: null };
      const transfer = { debit, credit, amount: parseGas(amount), ...place };
      inTransaction(db, () =>
        createLedgerStore(db).transfer(transfer, NOW_MS - agoHours * HOUR_MS),
      );
    };
    move(OUTSIDE, walletOf(ACCOUNT), had, 48);
    move(walletOf(ACCOUNT), BURNT, paid, 2);
  };
  const look = async (books: Database | null = db): Promise<Finding> => {
    const clock = { ...systemClock, nowMs: () => NOW_MS };
    const { gasbank } = scratchConfig(folder);
    const { run } = runwayCheck(books, async () => ACCOUNT, { gasbank }, clock);
    return run(new AbortController().signal);
  };

  it('is well with a week or more of the last day', async () => {
    book('8.1', '1');
    assert.deepEqual(await look(), { status: 'ok', found: '7 days, as the last one was' });
  });

  it('warns when it is less, with the floor taken off', async () => {
    // 6.9 GAS above the floor of 0.1 GAS are six days of 1 GAS.
    book('8.0', '1');
    assertWarns(await look(), {
      found: '6 days, with the earnings collected',
      fix: /Send GAS to N/,
    });
  });

  it('tells nothing without books, or with none to go by', async () => {
    assert.equal((await look(null)).status, 'skipped');
    assert.equal((await look()).status, 'skipped');
  });
});
