import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Clock } from '../../base/clock.js';
import type { Datoshi } from '../../base/datoshi.js';
import { type Hash256, hash256 } from '../../base/hash.js';
import { messageOf, NodeError } from '../../base/node-error.js';
import { openToOthers } from '../../config/private-mode.js';
import { type KeyFileWords, writePrivateText } from '../../keystore/private-key-file.js';

/** What a ceiling is counted over. */
const HOUR_MS = 3_600_000;
/** Transactions of one hour, at most: thirty in a second. */
export const MAX_SIGNED_PER_HOUR = 100_000;
/** Lines of the file whose hour is over, before it is written anew. */
const MAX_STALE_LINES = 10_000;
const MAX_JOURNAL_BYTES = 64 * 1_048_576;
const JOURNAL_FILE = 'spent.jsonl';
const WORDS: KeyFileWords = {
  code: 'SIGNER_STATE',
  what: "the signer's state",
  setting: 'state.dir',
};

/** What a transaction may cost, and when it was signed. */
interface Spent {
  readonly atMs: number;
  readonly hash: Hash256;
  readonly amount: Datoshi;
}

const lineSchema = z.strictObject({
  at: z.int().min(0),
  tx: z
    .string()
    .regex(/^0x[0-9a-f]{64}$/)
    .transform(hash256),
  spent: z
    .string()
    .regex(/^\d{1,30}$/)
    .transform(BigInt),
});

export type Reserved =
  | { readonly kind: 'reserved' }
  /** It would be above the ceiling; `retryAfterMs` from now there is room. */
  | { readonly kind: 'over'; readonly spent: Datoshi; readonly retryAfterMs: number };

export interface SpendJournal {
  /** Within the last hour. */
  spent(): Datoshi;
  /**
   * Notes down, on disk before this returns, that a transaction is going to be signed. One that was
   * within this hour counts once. Throws a NodeError SIGNER_STATE when it cannot be written; then
   * nothing may be signed.
   */
  reserve(hash: Hash256, amount: Datoshi, ceiling: Datoshi): Reserved;
  close(): void;
}

/**
 * What was spent within the last hour, in a file that outlives the process. Its hour is that of a
 * clock that never goes back: it starts at the machine's time, or at the journal's last line where
 * that is later, and goes on by the monotonic clock. So setting the machine's clock forwards frees
 * nothing while the signer runs, and setting it back frees nothing at all. Throws a NodeError
 * SIGNER_STATE for a file that is not whole.
 */
export function openSpendJournal(dir: string, clock: Clock): SpendJournal {
  const path = join(dir, JOURNAL_FILE);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  if (!existsSync(path)) writePrivateText(path, '', 'create', WORDS);
  const read = readJournal(path);
  const startMs = Math.max(clock.nowMs(), read.at(-1)?.atMs ?? 0);
  const startedAt = clock.monotonicMs();
  const nowMs = (): number => Math.floor(startMs + clock.monotonicMs() - startedAt);
  let recent = read.filter(({ atMs }) => atMs > startMs - HOUR_MS);
  let stale = 0;
  let total = recent.reduce((sum, { amount }) => sum + amount, 0n);
  const known = new Set(recent.map(({ hash }) => hash));
  let file = rewrite(path, recent);

  function forgetOld(): void {
    const beginMs = nowMs() - HOUR_MS;
    const count = recent.findIndex(({ atMs }) => atMs > beginMs);
    const old = count < 0 ? recent : recent.slice(0, count);
    if (old.length === 0) return;
    for (const { hash, amount } of old) {
      known.delete(hash);
      total -= amount;
    }
    recent = recent.slice(old.length);
    stale += old.length;
  }

  /** How long until so much of the hour is over that the amount has room. */
  function roomAfterMs(amount: Datoshi, ceiling: Datoshi): number {
    let left = total;
    for (const { atMs, amount: freed } of recent) {
      left -= freed;
      if (left + amount <= ceiling) return Math.max(1, atMs + HOUR_MS - nowMs());
    }
    return HOUR_MS;
  }

  return {
    spent() {
      forgetOld();
      return total;
    },
    reserve(hash, amount, ceiling) {
      forgetOld();
      if (known.has(hash)) return { kind: 'reserved' };
      const isFull = recent.length >= MAX_SIGNED_PER_HOUR;
      if (isFull || total + amount > ceiling) {
        const retryAfterMs = isFull ? HOUR_MS : roomAfterMs(amount, ceiling);
        return { kind: 'over', spent: total, retryAfterMs };
      }
      if (stale > MAX_STALE_LINES) {
        // The old one stays open until the new one is there: else a full disk leaves none.
        const next = rewrite(path, recent);
        file.close();
        file = next;
        stale = 0;
      }
      const spent = { atMs: nowMs(), hash, amount };
      file.append(lineOf(spent));
      recent.push(spent);
      known.add(hash);
      total += amount;
      return { kind: 'reserved' };
    },
    close: () => file.close(),
  };
}

const lineOf = ({ atMs, hash, amount }: Spent): string =>
  `${JSON.stringify({ at: atMs, tx: hash, spent: String(amount) })}\n`;

/** A line that was cut off was never answered by a signature: it is left out. */
function readJournal(path: string): Spent[] {
  const lines = readWhole(path).split('\n').slice(0, -1);
  let lastMs = 0;
  return lines.map((line, at) => {
    const parsed = lineSchema.safeParse(parsedJson(line));
    if (!parsed.success || parsed.data.at < lastMs) {
      throw refusal(
        `line ${at + 1} of ${path} is not as the signer writes it`,
        'look who changed it; moved away, the hour begins anew with nothing spent',
      );
    }
    lastMs = parsed.data.at;
    return { atMs: parsed.data.at, hash: parsed.data.tx, amount: parsed.data.spent };
  });
}

function parsedJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

function readWhole(path: string): string {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (cause) {
    throw refusal(`cannot read ${path}: ${messageOf(cause)}`, 'check state.dir');
  }
  try {
    const stats = fstatSync(file);
    const open = openToOthers(path, stats);
    if (open !== null) throw refusal(open.problem, open.todo);
    if (stats.size <= MAX_JOURNAL_BYTES) return readFileSync(file, 'utf8');
    throw refusal(`${path} has more than ${MAX_JOURNAL_BYTES} bytes`, 'look what wrote to it');
  } finally {
    closeSync(file);
  }
}

/** Leaves the lines of the last hour in the file, and opens it for more. */
function rewrite(path: string, recent: readonly Spent[]) {
  writePrivateText(path, recent.map(lineOf).join(''), 'replace', WORDS);
  const file = openSync(path, constants.O_RDWR);
  let length = fstatSync(file).size;
  return {
    append(line: string): void {
      const bytes = Buffer.from(line, 'utf8');
      try {
        // At its place: what a failed write left behind is written over.
        const written = writeSync(file, bytes, 0, bytes.length, length);
        if (written !== bytes.length) throw new Error('the disk took a part of it');
        fsyncSync(file);
        length += bytes.length;
      } catch (cause) {
        cutBack(file, length);
        throw refusal(
          `cannot write ${path}: ${messageOf(cause)}`,
          'nothing is signed until it can be: make room, or make it writable',
        );
      }
    },
    close: () => closeSync(file),
  };
}

function cutBack(file: number, length: number): void {
  try {
    ftruncateSync(file, length);
  } catch {
    // The next line is written over what is left, and a line that is cut off counts for nothing.
  }
}

const refusal = (message: string, hint: string): NodeError =>
  new NodeError('SIGNER_STATE', message, { hint });
