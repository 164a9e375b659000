import { join } from 'node:path';
import { Command } from 'commander';
import { jsonText } from '../api/json-text.js';
import type { AuditEntry, AuditHead } from '../audit/audit-entry.js';
import { type AuditQuery, createAuditStore } from '../audit/audit-store.js';
import { type AuditVerification, verifyAudit } from '../audit/verify-audit.js';
import { fromHex, toHex } from '../base/bytes.js';
import { NodeError } from '../base/node-error.js';
import { loadConfig } from '../config/load-config.js';
import type { NodeConfig } from '../config/node-config.js';
import { auditAnchorFile } from '../config/vault-files.js';
import { DATABASE_FILE } from '../node/node-options.js';
import { openDatabaseReadOnly } from '../storage/database.js';
import type { CommandContext } from './command-context.js';
import { type CommonOptions, EXIT_CODE_HELP, withCommonOptions } from './command-options.js';
import { timeText } from './human-time.js';
import { withBooks } from './open-books.js';
import { withVault } from './open-vault-desk.js';
import { badQuery } from './secret-options.js';
import { parseSince } from './since.js';
import { type Column, textTable } from './text-table.js';

const LIST_HELP = `
Newest first. An actor is operator:NAME, contract:0x… or node, and --actor operator takes all of its
kind; an action is secret.reveal or the like, and --action secret takes all about secrets.

Examples:
  dodona audit list --since 7d --action secret.reveal
  dodona audit list --actor contract:0x1b4c7d5a0c3b1f2e9d8a7c6b5a4938271605f4e3 --json
${EXIT_CODE_HELP}`;

const VERIFY_HELP = `
Reads the whole log and finds what was changed, left out or cut off at the end; exit code 1 says
that something was. Prints the head of the log: note it down elsewhere, and later give it to
--expect; then no rewriting of database and anchor together can hide what was there.

--acknowledge is for after you have looked into a break that the anchor tells of, such as a database
restored from a backup: an entry says what it was, and it is not told again.

Examples:
  dodona audit verify
  dodona audit verify --expect 412:9f86d081884c7d65…
${EXIT_CODE_HELP}`;

const DEFAULT_LIMIT = 50;
export const MAX_AUDIT_LIST = 1_000;

interface ListOptions extends CommonOptions {
  readonly since?: string;
  readonly actor?: string;
  readonly action?: string;
  readonly limit?: string;
  readonly cursor?: string;
}

interface VerifyOptions extends CommonOptions {
  readonly expect?: string;
  readonly acknowledge?: boolean;
}

export function auditCommand(context: CommandContext): Command {
  return new Command('audit')
    .description('who did what, and which secret was given to whom')
    .addCommand(listCommand(context))
    .addCommand(verifyCommand(context))
    .addHelpText('after', '\nSee `dodona audit list --help` and so on.');
}

function listCommand(context: CommandContext): Command {
  return withCommonOptions(new Command('list'))
    .option('--since <when>', 'only from a date (2026-11-01, UTC) or for a duration (12h, 7d) on')
    .option('--actor <actor>', 'only what this actor did, or this kind of actors')
    .option('--action <action>', 'only this action, or those about this')
    .option('--limit <n>', `how many, up to ${MAX_AUDIT_LIST} (default: ${DEFAULT_LIMIT})`)
    .option('--cursor <n>', 'only those before this one: what the last page named')
    .description('entries of the audit log, newest first')
    .addHelpText('after', LIST_HELP)
    .action(async (options: ListOptions) => {
      const query = queryOf(options, context.clock.nowMs());
      const config = loadConfig(options.config);
      const entries = await withBooks(config, (db) => createAuditStore(db).list(query));
      const cursor = entries.length < query.limit ? null : (entries.at(-1)?.seq ?? null);
      if (options.json === true) {
        context.print(jsonText({ ok: true, entries: entries.map(plainEntry), cursor }));
      } else context.print(listText(entries, cursor));
    });
}

function queryOf(options: ListOptions, nowMs: number): AuditQuery {
  const { since, actor, action, limit, cursor } = options;
  return {
    sinceMs: since === undefined ? undefined : parseSince(since, nowMs),
    actor,
    action,
    beforeSeq: cursor === undefined ? undefined : count('cursor', cursor, Number.MAX_SAFE_INTEGER),
    limit: limit === undefined ? DEFAULT_LIMIT : count('limit', limit, MAX_AUDIT_LIST),
  };
}

function count(name: string, text: string, max: number): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= max) return value;
  throw badQuery(`${name} is ${JSON.stringify(text)}`, `expected a whole number from 1 to ${max}`);
}

const plainEntry = ({ previous, hash, ...entry }: AuditEntry) => ({ ...entry, hash: toHex(hash) });

const COLUMNS: readonly Column[] = [
  { title: 'NO', align: 'right' },
  { title: 'TIME (UTC)' },
  { title: 'ACTOR' },
  { title: 'ACTION' },
  { title: 'OUTCOME' },
  { title: 'REQUEST', align: 'right' },
  { title: 'OBJECT' },
];

function listText(entries: readonly AuditEntry[], cursor: number | null): string {
  if (entries.length === 0) return 'No entry matches.';
  const rows = entries.map((entry) => [
    String(entry.seq),
    timeText(entry.atMs),
    entry.actor.replace(/^(contract:0x.{6}).*(.{4})$/, '$1…$2'),
    entry.action,
    entry.outcome,
    entry.requestId === null ? '-' : String(entry.requestId),
    entry.note === '' ? entry.object : `${entry.object}: ${entry.note}`,
  ]);
  const more = cursor === null ? [] : ['', `More with --cursor ${cursor}`];
  return [textTable(COLUMNS, rows), ...more].join('\n');
}

function verifyCommand(context: CommandContext): Command {
  return withCommonOptions(new Command('verify'))
    .option('--expect <head>', 'an earlier head that must still be in the log, as NUMBER:HASH')
    .option('--acknowledge', 'write the breaks that the anchor tells of into the log, as known')
    .description('prove that nothing in the audit log was changed, left out or cut off')
    .addHelpText('after', VERIFY_HELP)
    .action(async (options: VerifyOptions) => {
      const expected = options.expect === undefined ? null : headOf(options.expect);
      const config = loadConfig(options.config);
      if (options.acknowledge === true) {
        await withVault(context, config, ({ audit, actor }) => audit.acknowledge(actor));
      }
      const result = verifyStored(config, expected);
      if (result.findings.length > 0) throw broken(result);
      const { head, notAnchored } = result;
      const shown = `${head.seq}:${toHex(head.hash)}`;
      if (options.json === true) {
        context.print(JSON.stringify({ ok: true, entries: head.seq, head: shown, notAnchored }));
      } else context.print(`The audit log is whole: ${head.seq} entries.\nhead ${shown}`);
    });
}

/** Not within one transaction with other reads: the anchor has to be read before any row. */
function verifyStored(config: NodeConfig, expected: AuditHead | null): AuditVerification {
  const db = openDatabaseReadOnly(join(config.storage.dir, DATABASE_FILE));
  try {
    return verifyAudit(createAuditStore(db), auditAnchorFile(config), expected);
  } finally {
    db.close();
  }
}

function headOf(text: string): AuditHead {
  const match = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text);
  if (match?.[1] === undefined || match[2] === undefined) {
    throw badQuery('--expect is not a head', 'expected NUMBER:HASH, as audit verify prints it');
  }
  return { seq: Number(match[1]), hash: fromHex(match[2]) };
}

function broken({ findings, head }: AuditVerification): NodeError {
  const lines = findings.map(({ seq, problem }) =>
    seq === null ? problem : `entry ${seq}: ${problem}`,
  );
  const message = [`the audit log of ${head.seq} entries is not whole:`, ...lines].join('\n  ');
  return new NodeError('AUDIT_BROKEN', message, {
    hint: 'keep copies of database and anchor, and find out who wrote to storage.dir',
    details: { findings },
  });
}
