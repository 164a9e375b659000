import { messageOf, NodeError } from '../../base/node-error.js';

/** Of fs and of SQLite, when there is no room. */
const NO_ROOM = /^(?:ENOSPC|EDQUOT|EFBIG|SQLITE_FULL|SQLITE_IOERR)/;

/** What could not be written, and what to do about it. */
export function cannotWrite(path: string, cause: unknown): NodeError {
  if (cause instanceof NodeError) return cause;
  const { code = '' } = cause as { code?: string };
  const isFull = NO_ROOM.test(code);
  return new NodeError('BACKUP_WRITE', `cannot write ${path}: ${messageOf(cause)}`, {
    cause,
    retryable: isFull,
    hint: isFull
      ? 'make room on its disk, or raise the limit of file sizes; nothing was left behind'
      : 'name a directory that is there, and that this user may write to',
  });
}

export const cannotRead = (path: string, cause: unknown): NodeError =>
  new NodeError('BACKUP_FILE', `cannot read ${path}: ${messageOf(cause)}`, {
    cause,
    hint: 'check its path and rights',
  });

export const noBackup = (path: string): NodeError =>
  new NodeError('BACKUP_FILE', `${path} is no backup that this version of dodona can read`, {
    hint: 'name a file that dodona backup wrote; one of a newer version needs that version',
  });

export const wrongPassphrase = (path: string): NodeError =>
  new NodeError('BACKUP_PASSPHRASE', `the passphrase does not open ${path}`, {
    hint: 'give the one that it was made with; if it is, the first line of the file was changed',
  });

export const damagedBackup = (path: string, where: string): NodeError =>
  new NodeError('BACKUP_DAMAGED', `${path} is not what was written: ${where}`, {
    hint: 'it was changed, cut off or spoilt: use another copy of it, or an older backup',
  });
