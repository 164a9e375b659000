import assert from 'node:assert/strict';
import {
  appendFileSync,
  chmodSync,
  closeSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Hash256 } from '../../../src/base/hash.js';
import {
  openSpendJournal,
  type SpendJournal,
} from '../../../src/operations/signer/spend-journal.js';
import { withFileLimit } from '../../base/file-limit.js';
import { type HeldClock, heldClock } from '../../base/held-clock.js';

const START_MS = Date.parse('2026-03-01T12:00:00Z');
const HOUR_MS = 3_600_000;
const CEILING = 100n;

const hashOf = (number: number): Hash256 => `0x${number.toString(16).padStart(64, '0')}`;

describe("the journal of a signer's hour", () => {
  let dir: string;
  let clock: HeldClock;
  const opened: SpendJournal[] = [];
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'dodona-journal-'));
    clock = heldClock(START_MS);
  });
  afterEach(() => {
    for (const journal of opened.splice(0)) journal.close();
    rmSync(dir, { recursive: true, force: true });
  });
  const path = () => join(dir, 'spent.jsonl');
  const open = (at = clock): SpendJournal => {
    const journal = openSpendJournal(dir, at);
    opened.push(journal);
    return journal;
  };
  const spend = (journal: SpendJournal, number: number, amount: bigint) =>
    journal.reserve(hashOf(number), amount, CEILING);
  const kindOf = (journal: SpendJournal, number: number, amount: bigint): string =>
    spend(journal, number, amount).kind;

  it('has room up to the ceiling, and again an hour after what was spent', () => {
    const journal = open();
    assert.equal(kindOf(journal, 1, 60n), 'reserved');
    clock.advance(HOUR_MS / 2);
    assert.equal(kindOf(journal, 2, 40n), 'reserved');
    const over = { kind: 'over', spent: 100n, retryAfterMs: HOUR_MS / 2 };
    assert.deepEqual(spend(journal, 3, 1n), over);
    assert.deepEqual(spend(journal, 3, 61n), { ...over, retryAfterMs: HOUR_MS });
    clock.advance(HOUR_MS / 2 - 1);
    assert.equal(kindOf(journal, 3, 1n), 'over');
    clock.advance(1);
    assert.equal(kindOf(journal, 3, 60n), 'reserved');
    assert.equal(kindOf(journal, 4, 1n), 'over');
  });

  it('counts a transaction once, however often it is asked for', () => {
    const journal = open();
    for (let times = 0; times < 5; times++) assert.equal(kindOf(journal, 1, 100n), 'reserved');
    assert.equal(journal.spent(), 100n);
    assert.equal(readFileSync(path(), 'utf8').split('\n').length, 2);
  });

  it('is what it was after a restart, at whatever time that comes', () => {
    spend(open(), 1, 70n);
    const again = open();
    assert.equal(again.spent(), 70n);
    assert.equal(kindOf(again, 1, 70n), 'reserved');
    assert.equal(kindOf(again, 2, 31n), 'over');
    const later = open(heldClock(START_MS + HOUR_MS - 1));
    assert.equal(kindOf(later, 2, 31n), 'over');
    assert.equal(open(heldClock(START_MS + HOUR_MS)).spent(), 0n);
  });

  it('is not made shorter by a clock that is set back, or forwards while it runs', () => {
    const journal = open();
    spend(journal, 1, 100n);
    clock.setTo(START_MS - 10 * HOUR_MS);
    assert.equal(kindOf(journal, 2, 1n), 'over');
    clock.setTo(START_MS + 10 * HOUR_MS);
    assert.equal(kindOf(journal, 2, 1n), 'over');
    // Started anew with a clock that was set back: the hour is counted from the last line on.
    const back = heldClock(START_MS - 10 * HOUR_MS);
    const again = open(back);
    assert.equal(kindOf(again, 2, 1n), 'over');
    back.advance(HOUR_MS - 1);
    assert.equal(kindOf(again, 2, 1n), 'over');
    back.advance(1);
    assert.equal(kindOf(again, 2, 1n), 'reserved');
    // And the lines stay in order, or it would not open again.
    assert.equal(open(back).spent(), 1n);
  });

  it('leaves out a line that was cut off, for which nothing was signed', () => {
    spend(open(), 1, 30n);
    appendFileSync(path(), '{"at":17722');
    const again = open();
    assert.equal(again.spent(), 30n);
    spend(again, 2, 30n);
    assert.equal(open().spent(), 60n);
  });

  it('does not open what is not whole, or what others may write', () => {
    spend(open(), 1, 30n);
    const whole = readFileSync(path(), 'utf8');
    const wrong = [
      'nothing\n',
      whole.replace('"30"', '"-30"'),
      whole.replace('"30"', '30'),
      whole.replace(/"tx":("[^"]*")/, '"tx":[$1]'),
      whole.replace('}', ',"more":1}'),
      `${whole}${whole.replace(/"at":\d+/, '"at":1')}`,
      `\n${whole}`,
    ];
    for (const text of wrong) {
      writeFileSync(path(), text);
      assert.throws(() => open(), { code: 'SIGNER_STATE' }, text);
    }
    writeFileSync(path(), whole);
    chmodSync(path(), 0o622);
    assert.throws(() => open(), { code: 'SIGNER_STATE', message: /mode 0622/ });
  });

  it('reserves nothing when it cannot be written', () => {
    const journal = open();
    spend(journal, 1, 30n);
    // Its descriptor is taken away: as a disk that is gone.
    const fd = readdirSync('/proc/self/fd')
      .map(Number)
      .find((each) => linkOf(each) === path());
    assert.ok(fd !== undefined);
    closeSync(fd);
    assert.throws(() => spend(journal, 2, 1n), { code: 'SIGNER_STATE', message: /cannot write/ });
    assert.equal(journal.spent(), 30n);
    opened.splice(0);
    assert.equal(open().spent(), 30n);
  });

  it('goes on with its file when a disk was full as it was to be written anew', () => {
    const lines = Array.from({ length: 10_001 }, (_, at) => lineOf(START_MS, at));
    writeFileSync(path(), [...lines, lineOf(START_MS + 1, 20_000)].join(''), { mode: 0o600 });
    const journal = open();
    // The last line is within the hour, and all others before it.
    clock.advance(HOUR_MS - 1);
    for (let times = 0; times < 2; times++) {
      withFileLimit(16, () => {
        assert.throws(() => spend(journal, 30_000, 1n), { code: 'SIGNER_STATE', message: /EFBIG/ });
      });
    }
    assert.equal(kindOf(journal, 30_000, 1n), 'reserved');
    assert.equal(kindOf(journal, 30_001, 2n), 'reserved');
    assert.equal(readFileSync(path(), 'utf8').split('\n').length, 4);
    const links = readdirSync('/proc/self/fd').map((each) => linkOf(Number(each)));
    assert.ok(!links.includes(`${path()} (deleted)`), 'a descriptor is left open');
    assert.equal(open().spent(), 3n);
  });

  it('is a file for its owner alone, and keeps no more than the hour', () => {
    const journal = open();
    for (let number = 0; number < 200; number++) spend(journal, number, 0n);
    assert.equal(statSync(path()).mode & 0o777, 0o600);
    const size = statSync(path()).size;
    open(heldClock(START_MS + 2 * HOUR_MS));
    assert.equal(statSync(path()).size, 0);
    assert.ok(size > 200 * 64);
  });
});

const lineOf = (at: number, number: number): string =>
  `${JSON.stringify({ at, tx: hashOf(number), spent: '0' })}\n`;

function linkOf(fd: number): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '';
  }
}
