import type { Mutant } from './derive-mutants.js';

/** A mutant that no test can kill, because nothing that can be seen changes with it. */
export interface ExplainedMutant {
  readonly file: string;
  /** How the changed line begins, without the spaces before it. */
  readonly code: string;
  /** How the change begins. */
  readonly change: string;
  readonly why: string;
}

const NEVER_ZERO = 'a block source tells of no move of 0 datoshi, so > and >= are the same';
const EXISTS = 'EXISTS asks whether there is a row, not what it holds';

/** Whether an explanation is of this mutant. */
export const explains = (known: ExplainedMutant, { file, code, change }: Mutant): boolean =>
  known.file === file && code.startsWith(known.code) && change.startsWith(known.change);

export const EXPLAINED_MUTANTS: readonly ExplainedMutant[] = [
  {
    file: 'src/gasbank/own-gas-postings.ts',
    code: 'const list = move.amount > 0n ? incoming : outgoing;',
    change: '> becomes >=',
    why: NEVER_ZERO,
  },
  {
    file: 'src/gasbank/own-gas-postings.ts',
    code: 'const isIn = amount > 0n;',
    change: '> becomes >=',
    why: NEVER_ZERO,
  },
  {
    file: 'src/gasbank/opening.ts',
    code: 'const isMore = amount > 0n;',
    change: '> becomes >=',
    why: 'an opening of 0 and a correction by 0 are not booked at all',
  },
  {
    file: 'src/gasbank/fault-store.ts',
    code: 'ORDER BY claimed_by IS NULL, tx = @known DESC, fees = @lost DESC',
    change: '1 becomes 2',
    why: 'only the first row is read',
  },
  {
    file: 'src/gasbank/ledger-store.ts',
    code: 'if (insertIntoKnown(of, values) === 1) return;',
    change: '1 becomes 2',
    why: 'a row that was just written is compared with itself then, which takes time and no more',
  },
  {
    file: 'src/gasbank/ledger-store.ts',
    code: 'if (!isMissingAccount(cause)) throw ledgerError(',
    change: 'left out: if (!isMissingAccount(cause))',
    why: 'the second insertion fails by the same error as the first, a moment later',
  },
  {
    file: 'src/gasbank/ledger-store.ts',
    code: 'WHERE id >= @prefix AND id < @prefix || char(1114111) ORDER BY id`);',
    change: '< becomes <=',
    why: 'no account has the last character of Unicode in its id',
  },
  {
    file: 'src/gasbank/ledger-store.ts',
    code: 'WHERE id >= @prefix AND id < @prefix || char(1114111) ORDER BY id`);',
    change: '1114111 becomes 1114112',
    why: 'SQLite puts a replacement character in its place, which is beyond every id too',
  },
  {
    file: 'src/gasbank/ledger-store.ts',
    code: 'AND NOT EXISTS (SELECT 1 FROM ledger_transfer AS s WHERE s.pending_id = p.id)`);',
    change: '1 becomes 2',
    why: EXISTS,
  },
  {
    file: 'src/storage/schema/schema-3-ledger.ts',
    code: 'WHERE NOT EXISTS (SELECT 1 FROM ledger_transfer AS p WHERE p.id = NEW.pending_id',
    change: '1 becomes 2',
    why: EXISTS,
  },
  {
    file: 'src/pipeline/open-wallets.ts',
    code: 'if (isDone) return true;',
    change: 'left out: if (isDone) return true;',
    why: 'the database is asked again, to the same end: what is opened stays so',
  },
  {
    file: 'src/pipeline/open-wallets.ts',
    code: 'if (amount === null) return;',
    change: 'left out: if (amount === null) return;',
    why: 'accounts that were opened before are not among those that are looked at',
  },
  {
    file: 'src/pipeline/compare-charges.ts',
    code: 'if (charged.size === 0) return [];',
    change: 'left out: if (charged.size === 0)',
    why: 'what was predicted is read in vain then: nothing was charged that it could differ from',
  },
  {
    file: 'src/pipeline/due-runs.ts',
    code: 'if (lostTx === null || lostDue === null) {',
    change: '|| becomes &&',
    why: 'an assertion: a CHECK of the table keeps one of both from being null alone',
  },
  {
    file: 'src/gasbank/rebuilt-ledger-store.ts',
    code: 'block: row.block === null ? null : Number(row.block),',
    change: '? becomes ? false &&',
    why: 'what is settled has a block: transfers without one are left out by the query',
  },
  {
    file: 'src/pipeline/take-turns.ts',
    code: 'if (dealt.length === room || !isCut || part >= room) return dealt;',
    change: '>= becomes >',
    why: 'a pile that was cut at the room that there is fills it by itself, and that ends it too',
  },
  {
    file: 'src/automation/cron-schedule.ts',
    code: 'const minute = within(schedule, step > 0 ? 0 : DAY_MS / MINUTE_MS - 1, step);',
    change: '> becomes >=',
    why: 'a search steps by 1 or -1, never by 0',
  },
  {
    file: 'src/pipeline/ask-trial.ts',
    code: 'const NO_HASH: Hash256 =',
    change: '32 becomes 33',
    why: 'it stands in for the hash of a transaction that there is not, and nothing reads it',
  },
  {
    file: 'src/pipeline/resolve.ts',
    code: 'const change = { reason: why, attempts, dueMs: 0, code, result };',
    change: '0 becomes 1',
    why: 'whatever is due since 1970 is due at once, by a millisecond more or less',
  },
  {
    file: 'src/pipeline/resolve.ts',
    code: 'busy.delete(row.id);',
    change: 'left out: busy.delete(row.id);',
    why: 'what fails there is a bug, which ends the node and forgets who was worked on',
  },
  {
    file: 'src/pipeline/respond.ts',
    code: 'const suspected = rows.some(isSuspect) ? 1 : 0;',
    change: '1 becomes 2',
    why: 'it is added and taken off again, and asked only whether there is any',
  },
  {
    file: 'src/automation/cron-schedule.ts',
    code: '(step > 0 ? values.find(keep) : values.findLast(keep)) ?? null;',
    change: '> becomes >=',
    why: 'a search steps by 1 or -1, never by 0',
  },
  {
    file: 'src/pipeline/gateway-port.ts',
    code: 'const free = { systemFee: 0n, networkFee: 0n, nonce: 0, validUntilBlock: 1 };',
    change: '1 becomes 2',
    why: 'the network fee is of the bytes of a transaction, and a block index takes four of them',
  },
  {
    file: 'src/pipeline/watch-reveal.ts',
    code: 'const key = id === undefined ? null : (ring?.key(id) ?? null);',
    change: '? becomes ? false &&',
    why: 'the key is not looked at where there is no id: false or null, there is no key',
  },
  {
    file: 'src/pipeline/due-runs.ts',
    code: 'let askedWith = { block: -1, count: 0 };',
    change: '0 becomes 1',
    why: 'no block is -1: with the first one the count begins anew',
  },
  {
    file: 'src/pipeline/expire.ts',
    code: 'return refunded.length === 0 ? undefined : refund(refunded, height);',
    change: '? becomes ? false &&',
    why: 'it is waited for, and nobody looks at what it resolves to',
  },
  {
    file: 'src/pipeline/send-runs.ts',
    code: 'if (row === null || row.tx !== null || (row.lastDue ?? -1) >= due) return false;',
    change: '1 becomes 2',
    why: 'a block or a time that something is due at is 0 or more',
  },
];
