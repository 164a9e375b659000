import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { createAuditStore } from '../audit/audit-store.js';
import { toHex } from '../base/bytes.js';
import { NodeError } from '../base/node-error.js';
import type { NodeConfig } from '../config/node-config.js';
import { auditAnchorFile } from '../config/vault-files.js';
import { DATABASE_FILE } from '../node/node-options.js';
import type { BackupManifest } from '../operations/backup/manifest.js';
import { writeBackup } from '../operations/backup/write-backup.js';
import { freeBytes } from '../operations/doctor/host/host-facts.js';
import { createCursorStore } from '../pipeline/cursor-store.js';
import { openDatabaseReadOnly, schemaVersion } from '../storage/database.js';
import { LATEST_SCHEMA } from '../storage/migrations.js';
import { lockFile } from '../storage/node-lock.js';
import { newPassphrase } from './backup-passphrase.js';
import { keySources, plainSources } from './backup-sources.js';
import type { CommandContext } from './command-context.js';
import { timeText } from './human-time.js';
import { withVault } from './open-vault-desk.js';
import type { PassphraseOptions } from './passphrase-input.js';
import { refuseRootIn } from './refuse-root.js';
import { badQuery } from './secret-options.js';
import { labelled } from './text-table.js';

/** The audit log's anchor in a backup, and where a restored one stands. */
export const ANCHOR_NAME = 'audit.head';
const COPY_FILE = 'backup.copy';
const NOTE_FILE = 'backup.unfinished';
const LOCK_FILE = 'backup.lock';
/** Digits of the gateway's hash in names of backups. */
const GATEWAY_DIGITS = 8;

export interface BackupWants extends PassphraseOptions {
  readonly file: string;
  readonly withKeys?: boolean;
  readonly keep: number | null;
}

/** What `backup --json` prints. */
export interface MadeBackup extends BackupManifest {
  readonly file: string;
  readonly bytes: number;
  readonly removed: readonly string[];
  /** Whether the audit log tells of it. */
  readonly isAudited: boolean;
}

/**
 * Makes a backup of the node's state, whether it runs or not. Throws what `writeBackup` throws, and
 * RUN_AS_OWNER, BACKUP_RUNNING.
 */
export async function makeBackup(
  context: CommandContext,
  config: NodeConfig,
  wants: BackupWants,
): Promise<MadeBackup> {
  const { dir } = config.storage;
  refuseRootIn(dir, context.euid);
  const nowMs = context.clock.nowMs();
  const isDirectory = existsSync(wants.file) && statSync(wants.file).isDirectory();
  if (wants.keep !== null && !isDirectory) {
    throw badQuery('--keep goes with a directory', `${wants.file} is none`);
  }
  const target = isDirectory ? join(wants.file, nameAt(config, nowMs)) : wants.file;
  const passphrase = await newPassphrase(context, wants);
  const db = openDatabaseReadOnly(join(dir, DATABASE_FILE), 'earlier');
  try {
    const isCurrent = schemaVersion(db) === LATEST_SCHEMA;
    const lock = lockFile(join(dir, LOCK_FILE), otherBackup);
    try {
      const { manifest, bytes } = await writeBackup({
        db,
        databaseName: DATABASE_FILE,
        copyPath: join(dir, COPY_FILE),
        noteFile: join(dir, NOTE_FILE),
        sources: [...plainSources(config), ...(wants.withKeys === true ? keySources(config) : [])],
        contents: anchorOf(config),
        target,
        passphrase,
        describe: (copy) => describe(copy, config, context.version, nowMs, wants),
        random: randomBytes,
        freeBytes,
        ...(context.passed === undefined ? {} : { passed: context.passed }),
      });
      const removed = wants.keep === null ? [] : removeOldest(config, target, wants.keep);
      // Of an earlier schema it is left alone: the version that knows it must still read it.
      if (isCurrent) await noteDown(context, config, target, manifest);
      return { file: target, bytes, removed, isAudited: isCurrent, ...manifest };
    } finally {
      lock.release();
    }
  } finally {
    db.close();
  }
}

/** So that nodes of several gateways can share a directory. */
const prefixOf = ({ network, gateway }: NodeConfig): string =>
  `dodona-${network.magic}-${gateway.hash.slice(2, 2 + GATEWAY_DIGITS)}-`;

const nameAt = (config: NodeConfig, nowMs: number): string =>
  `${prefixOf(config)}${new Date(nowMs).toISOString().replace(/[-:]|\..*/g, '')}Z.backup`;

/** Read before the rows are copied: what it says must be there, then is. */
function anchorOf(config: NodeConfig): { name: string; bytes: Buffer }[] {
  const path = auditAnchorFile(config);
  return existsSync(path) ? [{ name: ANCHOR_NAME, bytes: readFileSync(path) }] : [];
}

function describe(
  copy: string,
  { network, gateway }: NodeConfig,
  program: string,
  madeAtMs: number,
  { withKeys = false }: BackupWants,
): Omit<BackupManifest, 'files'> {
  const db = openDatabaseReadOnly(copy, 'earlier');
  try {
    const schema = schemaVersion(db);
    const hasAudit = schema >= AUDIT_SCHEMA;
    const { seq, hash } = hasAudit ? createAuditStore(db).head() : NO_AUDIT;
    const height = createCursorStore(db).read()?.height ?? null;
    const auditHead = `${seq}:${toHex(hash)}`;
    const { magic } = network;
    return { program, schema, magic, gateway: gateway.hash, height, madeAtMs, auditHead, withKeys };
  } finally {
    db.close();
  }
}

/** Since which there is an audit log. */
const AUDIT_SCHEMA = 4;
const NO_AUDIT = { seq: 0, hash: Buffer.alloc(32) };

/**
 * Those of this gateway that a directory has beyond so many, by the times in their names; never the
 * one that was just made, whatever a clock said before.
 */
function removeOldest(config: NodeConfig, made: string, keep: number): string[] {
  const dir = dirname(made);
  const named = new RegExp(`^${prefixOf(config)}\\d{8}T\\d{6}Z\\.backup$`);
  const others = readdirSync(dir).filter((name) => named.test(name) && name !== basename(made));
  const old = others.sort().slice(0, Math.max(0, others.length - (keep - 1)));
  const paths = old.map((name) => join(dir, name));
  for (const path of paths) rmSync(path);
  return paths;
}

async function noteDown(
  context: CommandContext,
  config: NodeConfig,
  target: string,
  { withKeys }: BackupManifest,
): Promise<void> {
  await withVault(context, config, ({ audit, actor }) => {
    const note = withKeys ? 'with keys' : 'without keys';
    const done = { actor, action: 'backup.create', object: `backup:${target}`, note } as const;
    audit.record((append) => append({ ...done, outcome: 'done', requestId: null }));
  });
}

const otherBackup = (cause: unknown): NodeError =>
  new NodeError('BACKUP_RUNNING', 'another backup of this node is being made', {
    cause,
    retryable: true,
    hint: 'wait until it has ended',
  });

/** For people. */
export function madeText(made: MadeBackup): string {
  const { file, bytes, height, schema, withKeys, files, removed, isAudited } = made;
  const block = height === null ? 'no block yet' : `up to block ${height}`;
  const keys = withKeys
    ? 'wallet, vault.key and random.key are in it; their passwords are not'
    : 'not in it: keep copies of the wallet, vault.key and random.key elsewhere';
  return [
    labelled('backup', `${file}, ${bytes} bytes, mode 0600`),
    labelled('holds', `${block}, schema ${schema}, ${files.length} files`),
    labelled('keys', keys),
    ...removed.map((path) => labelled('removed', path)),
    ...(isAudited ? [] : [labelled('note', 'the database is of an earlier schema: not audited')]),
    labelled('next', `dodona backup verify ${file}`),
  ].join('\n');
}

/** What a backup says of itself, for people. */
export function manifestLines(manifest: BackupManifest): string[] {
  const { program, schema, magic, gateway, height, madeAtMs, auditHead, withKeys } = manifest;
  return [
    labelled('made', `${timeText(madeAtMs)} UTC by dodona ${program}, schema ${schema}`),
    labelled('of', `network ${magic}, gateway ${gateway}`),
    labelled('height', height === null ? 'no block yet' : `block ${height}`),
    labelled('audit', `head ${auditHead}`),
    labelled('keys', withKeys ? 'in it' : 'not in it'),
    ...manifest.files.map(({ name, bytes }, at) =>
      labelled(at === 0 ? 'files' : '', `${name}, ${bytes} bytes`),
    ),
  ];
}
