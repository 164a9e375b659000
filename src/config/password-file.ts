import { closeSync, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { messageOf, NodeError } from '../base/node-error.js';
import { openToOthers } from './private-mode.js';

/** A password is a line, not a document. */
export const MAX_PASSWORD_BYTES = 1_024;

/**
 * The password in a file that only its owner may read (mode 0600 or stricter; a symbolic link is
 * followed). One line end at its end is left out. Throws a NodeError PASSWORD_FILE that never holds
 * any of the content.
 */
export function readPasswordFile(path: string): string {
  return passwordIn(readPrivateFile(path), path);
}

/** The password that a text holds; `where` names it in errors. As `readPasswordFile`. */
export function passwordIn(content: string, where: string): string {
  const text = content.replace(/\r?\n$/, '');
  if (text === '') throw refusal(`${where} is empty`, 'write the password into it, one line');
  if (/[\r\n\0]/.test(text)) {
    throw refusal(`${where} has more than one line`, 'leave the password as its only line');
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
    const stats = requireRegular(path, file);
    const open = openToOthers(path, stats);
    if (open !== null) throw refusal(open.problem, open.todo);
    const { size } = stats;
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

function requireRegular(path: string, file: number): Stats {
  const stats = fstatSync(file);
  if (!stats.isFile()) throw refusal(`${path} is not a file`, 'check wallet.passwordFile');
  return stats;
}

const refusal = (message: string, hint: string): NodeError =>
  new NodeError('PASSWORD_FILE', message, { hint });
