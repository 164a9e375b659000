import { dirname } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { NodeError } from '../base/node-error.js';
import { createPrivateFile } from './private-file.js';

/**
 * Makes sure that one node at a time works on a directory: holds an exclusive lock on a file, which
 * the system frees when the process ends, however it ends. Throws a NodeError NODE_RUNNING.
 */
export function lockNode(path: string): FileLock {
  return lockFile(path, (cause) => {
    return new NodeError('NODE_RUNNING', `another node works on ${dirname(path)}`, {
      cause,
      retryable: true,
      hint: 'stop it first, or give this one another storage.dir',
    });
  });
}

export interface FileLock {
  release(): void;
}

/** Holds an exclusive lock on a file; throws what `refusal` makes where somebody else does. */
export function lockFile(path: string, refusal: (cause: unknown) => NodeError): FileLock {
  createPrivateFile(path);
  const db = new SqliteDatabase(path);
  try {
    db.pragma('busy_timeout = 0');
    db.pragma('locking_mode = EXCLUSIVE');
    db.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    db.close();
    throw refusal(cause);
  }
  return { release: () => db.close() };
}
