import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { NodeConfig } from '../config/node-config.js';
import { DATABASE_FILE, LOCK_FILE } from '../node/node-options.js';
import { type OpenedVault, openVault } from '../node/open-vault.js';
import { type Database, openDatabase, openDatabaseReadOnly } from '../storage/database.js';
import { lockNode } from '../storage/node-lock.js';
import type { CommandContext } from './command-context.js';
import { refuseRootIn } from './refuse-root.js';

export interface VaultDesk extends OpenedVault {
  readonly db: Database;
  /** Who stands in the audit log for what this command does. */
  readonly actor: string;
}

/**
 * Opens the node's vault, whether the node runs or not. A database that is missing is made, and one
 * of an earlier schema migrated, but only while no node runs. Throws a NodeError DB_OPEN,
 * DB_NEWER_SCHEMA, NODE_RUNNING, RUN_AS_OWNER.
 */
export async function withVault<T>(
  { clock, euid }: CommandContext,
  config: NodeConfig,
  work: (desk: VaultDesk) => T | Promise<T>,
): Promise<T> {
  refuseRootIn(config.storage.dir, euid);
  const db = openForWriting(config.storage.dir);
  try {
    return await work({ ...openVault(config, db, clock), db, actor: operatorName() });
  } finally {
    db.close();
  }
}

function openForWriting(dir: string): Database {
  const path = join(dir, DATABASE_FILE);
  if (existsSync(path) && isCurrent(path)) return openDatabase(path);
  const lock = lockNode(join(dir, LOCK_FILE));
  try {
    return openDatabase(path);
  } finally {
    lock.release();
  }
}

function isCurrent(path: string): boolean {
  try {
    openDatabaseReadOnly(path).close();
    return true;
  } catch {
    return false;
  }
}

/** Users of a container may have no name. */
export function operatorName(): string {
  try {
    return `operator:${userInfo().username}`;
  } catch {
    return `operator:${process.getuid?.() ?? 'unknown'}`;
  }
}
