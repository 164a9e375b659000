import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { NodeError } from '../../base/node-error.js';
import { cannotWrite } from './backup-errors.js';

/** A file that gets its name once it is whole. */
export interface WholeFile {
  write(bytes: Buffer): void;
  /** Gives it its name; answers its bytes. */
  finish(): number;
  /** Removes what is not finished. */
  abandon(): void;
}

/** Of file systems that have no hard links. */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

/**
 * Begins a file of mode 0600 under the name `partial`, beside the one it will be; nobody else may
 * use that name. It replaces nothing: a NodeError FILE_EXISTS, also where another one came first
 * meanwhile. Throws BACKUP_WRITE.
 */
export function createWholeFile(path: string, partial: string): WholeFile {
  if (existsSync(path)) throw exists(path);
  let bytes = 0;
  let opened: number | null = null;
  const trying = <T>(work: () => T): T => {
    try {
      return work();
    } catch (cause) {
      throw cannotWrite(path, cause);
    }
  };
  const file = trying(() => openSync(partial, 'wx', 0o600));
  opened = file;

  function close(): void {
    if (opened !== null) closeSync(opened);
    opened = null;
  }

  return {
    write: (part) =>
      trying(() => {
        for (let at = 0; at < part.length; ) at += writeSync(file, part, at);
        bytes += part.length;
      }),
    finish: () =>
      trying(() => {
        fsyncSync(file);
        close();
        takeName(partial, path);
        syncDirectory(dirname(path));
        return bytes;
      }),
    abandon() {
      close();
      rmSync(partial, { force: true });
    },
  };
}

function takeName(partial: string, path: string): void {
  try {
    linkSync(partial, path);
    rmSync(partial);
  } catch (cause) {
    const { code = '' } = cause as { code?: string };
    if (code === 'EEXIST') throw exists(path);
    if (!NO_LINKS.includes(code)) throw cause;
    if (existsSync(path)) throw exists(path);
    renameSync(partial, path);
  }
}

/** A new name is on disk only once its directory is. */
export function syncDirectory(dir: string): void {
  const opened = openSync(dir, 'r');
  try {
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}

const exists = (path: string): NodeError =>
  new NodeError('FILE_EXISTS', `${path} is there already`, {
    hint: 'name another file: a backup replaces none',
  });
