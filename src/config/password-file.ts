import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { messageOf, NodeError } from '../base/node-error.js';

/** A password is a line, not a document. */
const MAX_PASSWORD_BYTES = 1_024;
/** What the group and everybody else may do with a file. */
const OTHERS_MASK = 0o077;

/**
 * The password in a file that only its owner may read (mode 0600 or stricter; a symbolic link is
 * followed). One line end at its end is left out. Throws a NodeError PASSWORD_FILE that never holds
 * any of the content.
 */
export function readPasswordFile(path: string): string {
  const text = readPrivateFile(path).replace(/\r?\n$/, '');
  if (text === '') throw refusal(`${path} is empty`, 'write the password into it, one line');
  if (/[\r\n\0]/.test(text)) {
    throw refusal(`${path} has more than one line`, 'leave the password as its only line');
  }
  return text;
}

function readPrivateFile(path: string): string {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (cause) {
    throw refusal(`cannot read the password: ${messageOf(cause)}`, 'check wallet.passwordFile');
  }
  try {
    // Asked of the open file, so that nobody can swap it between the check and the reading.
    const { mode, size } = requireRegular(path, file);
    if ((mode & OTHERS_MASK) !== 0) {
      const octal = (mode & 0o777).toString(8).padStart(4, '0');
      throw refusal(`${path} has mode ${octal}: others may read it`, `run: chmod 600 ${path}`);
    }
    if (size > MAX_PASSWORD_BYTES) {
      throw refusal(
        `${path} has ${size} bytes, a password at most ${MAX_PASSWORD_BYTES}`,
        'check wallet.passwordFile',
      );
    }
    const bytes = Buffer.alloc(MAX_PASSWORD_BYTES);
    return bytes.toString('utf8', 0, readSync(file, bytes));
  } finally {
    closeSync(file);
  }
}

function requireRegular(path: string, file: number): { mode: number; size: number } {
  const stats = fstatSync(file);
  if (!stats.isFile()) throw refusal(`${path} is not a file`, 'check wallet.passwordFile');
  return stats;
}

const refusal = (message: string, hint: string): NodeError =>
  new NodeError('PASSWORD_FILE', message, { hint });
