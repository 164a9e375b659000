import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createAuditLog } from '../audit/audit-log.js';
import { NodeError } from '../base/node-error.js';
import { loadConfig } from '../config/load-config.js';
import type { NodeConfig } from '../config/node-config.js';
import { DATABASE_FILE, LOCK_FILE } from '../node/node-options.js';
import type { BackupManifest } from '../operations/backup/manifest.js';
import { openBackup } from '../operations/backup/read-backup.js';
import { restoreBackup } from '../operations/backup/restore-backup.js';
import { refuseDamage } from '../storage/copy-database.js';
import { openDatabase } from '../storage/database.js';
import { LATEST_SCHEMA } from '../storage/migrations.js';
import type { CommandContext } from './command-context.js';
import { DEFAULT_CONFIG_FILE } from './command-options.js';
import { ANCHOR_NAME, manifestLines } from './make-backup.js';
import { operatorName } from './open-vault-desk.js';
import { readPassphrase } from './passphrase-input.js';
import { ROOT, refuseRootIn } from './refuse-root.js';
import type { RestoreOptions } from './restore-command.js';
import { KEY_FILES, nextSteps } from './restored-places.js';
import { labelled } from './text-table.js';

/** What `restore --json` prints. */
export interface RestoreReport extends BackupManifest {
  /** Absolute. */
  readonly dir: string;
  /** Where what was there before is now. */
  readonly movedTo: string | null;
  /** Files of keys that came in place of others; those are in `movedTo`. */
  readonly replacedKeys: readonly string[];
  /** Whether network and gateway were held against a configuration. */
  readonly isCompared: boolean;
  /** What is to be done now, in order. */
  readonly next: readonly string[];
}

/**
 * Throws what `openBackup` and `restoreBackup` throw; BACKUP_OTHER_CHAIN, DB_NEWER_SCHEMA,
 * RUN_AS_OWNER.
 */
export async function restoreFrom(
  context: CommandContext,
  file: string,
  options: RestoreOptions,
): Promise<RestoreReport> {
  const config = configOf(options.config);
  const dir = resolve(options.to);
  refuseRootIn(dir, context.euid);
  const passphrase = await readPassphrase(context, options, { of: "the backup's passphrase" });
  const backup = await openBackup(file, passphrase);
  try {
    const { manifest } = backup;
    refuseForeign(file, manifest, config);
    const { movedTo } = restoreBackup({
      backup,
      dir,
      lockFile: LOCK_FILE,
      databaseName: DATABASE_FILE,
      replaces: options.replace === true,
      nowMs: context.clock.nowMs(),
      prepare: (staged) => prepare(context, staged, file, manifest),
      ...(context.passed === undefined ? {} : { passed: context.passed }),
    });
    const replacedKeys = movedTo === null ? [] : differingKeys(dir, movedTo);
    const isRoots = (context.euid ?? process.geteuid?.()) === ROOT;
    const owner = `all of it is root's: chown -R USER ${dir}, if the node runs as another user`;
    const next = [...(isRoots ? [owner] : []), ...nextSteps(manifest, config, dir)];
    return { dir, movedTo, replacedKeys, isCompared: config !== null, next, ...manifest };
  } finally {
    backup.close();
  }
}

/** Null where none is named and none is there: on a new machine it is in the backup. */
const configOf = (file: string): NodeConfig | null =>
  file === DEFAULT_CONFIG_FILE && !existsSync(file) ? null : loadConfig(file);

function refuseForeign(file: string, manifest: BackupManifest, config: NodeConfig | null): void {
  const { schema, magic, gateway, program } = manifest;
  if (schema > LATEST_SCHEMA) {
    const has = `${file} has schema ${schema}, this program works with ${LATEST_SCHEMA}`;
    throw new NodeError('DB_NEWER_SCHEMA', has, { hint: `restore it with dodona ${program}` });
  }
  if (config === null) return;
  const { network, gateway: own } = config;
  if (magic === network.magic && gateway === own.hash) return;
  throw new NodeError(
    'BACKUP_OTHER_CHAIN',
    `${file} is of network ${magic} and gateway ${gateway}, but ${config.file} names network ` +
      `${network.magic} and gateway ${own.hash}`,
    { hint: 'use the configuration of that gateway, or the backup of this one' },
  );
}

/** Migrates the database, looks it through, and notes down that it was restored. */
function prepare(
  { clock }: CommandContext,
  staged: string,
  file: string,
  { height }: BackupManifest,
): void {
  const db = openDatabase(join(staged, DATABASE_FILE));
  try {
    refuseDamage(db);
    const audit = createAuditLog({ db, clock, anchorFile: join(staged, ANCHOR_NAME) });
    const note = `as of block ${height ?? 'none'}`;
    const object = `backup:${resolve(file)}`;
    const done = { actor: operatorName(), action: 'backup.restore', object, note } as const;
    audit.record((append) => append({ ...done, outcome: 'done', requestId: null }));
  } finally {
    db.close();
  }
}

/** Those that are in both places, with another content. */
function differingKeys(dir: string, movedTo: string): string[] {
  const inBoth = KEY_FILES.filter((name) =>
    [dir, movedTo].every((place) => existsSync(join(place, name))),
  );
  const read = (place: string, name: string) => readFileSync(join(place, name));
  return inBoth.filter((name) => !read(dir, name).equals(read(movedTo, name)));
}

/** For people. */
export function restoredText(report: RestoreReport): string {
  const { dir, movedTo, replacedKeys, isCompared, next } = report;
  return [
    labelled('restored', dir),
    ...manifestLines(report),
    ...(movedTo === null ? [] : [labelled('moved', `what was there is in ${movedTo}`)]),
    ...replacedKeys.map((name) =>
      labelled('other key', `${name} differs from the one that was there: it is in ${movedTo}`),
    ),
    ...(isCompared ? [] : [labelled('note', 'no configuration to compare network and gateway to')]),
    ...next.map((step, at) => labelled(at === 0 ? 'next' : '', `${at + 1}. ${step}`)),
  ].join('\n');
}
