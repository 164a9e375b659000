import { NodeError } from '../base/node-error.js';
import { readOwnerOnly } from './owner-only-file.js';

/** A password is a line, not a document. */
export const MAX_PASSWORD_BYTES = 1_024;

/**
 * The password in a file that only its owner may read (mode 0600 or stricter; a symbolic link is
 * followed). One line end at its end is left out. Throws a NodeError PASSWORD_FILE that never holds
 * any of the content.
 */
export function readPasswordFile(path: string): string {
  const content = readOwnerOnly(path, {
    what: 'the password',
    setting: 'wallet.passwordFile',
    maxBytes: MAX_PASSWORD_BYTES,
    refusal,
  });
  return passwordIn(content.toString('utf8'), path);
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

const refusal = (message: string, hint: string): NodeError =>
  new NodeError('PASSWORD_FILE', message, { hint });
