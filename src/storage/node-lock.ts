import { dirname } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { NodeError } from '../base/node-error.js';
import { createPrivateFile } from './private-file.js';

/**
 * Makes sure that one node at a time works on a directory: holds an exclusive lock on a file, which
 * the system frees when the process ends, however it ends. Throws a NodeError NODE_RUNNING.
 */
export function lockNode(path: string): { release(): void } {
  createPrivateFile(path);
  const db = new SqliteDatabase(path);
  try {
    db.pragma('busy_timeout = 0');
    db.pragma('locking_mode = EXCLUSIVE');
    db.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    db.close();
    throw new NodeError('NODE_RUNNING', `another node works on ${dirname(path)}`, {
      cause,
      retryable: true,
      hint: 'stop it first, or give this one another storage.dir',
    });
  }
  return { release: () => db.close() };
}
