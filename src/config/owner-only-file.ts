import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { messageOf, type NodeError } from '../base/node-error.js';
import { openToOthers } from './private-mode.js';

/** How errors speak of a file, and how large it may be. */
export interface OwnerOnlyFile {
  /** With its article, e.g. `the wallet`. */
  readonly what: string;
  /** Key of the configuration that names it. */
  readonly setting: string;
  readonly maxBytes: number;
  /** Makes the error that is thrown. */
  readonly refusal: (problem: string, todo: string) => NodeError;
}

/**
 * The content of a file that only its owner may read (mode 0600 or stricter; a symbolic link is
 * followed). Throws what `refusal` makes; that never holds any of the content.
 */
export function readOwnerOnly(path: string, options: OwnerOnlyFile): Buffer {
  const { what, setting, maxBytes, refusal } = options;
  const todo = `check ${setting}`;
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (cause) {
    throw refusal(`cannot read ${what} ${path}: ${messageOf(cause)}`, todo);
  }
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) throw refusal(`${path} is not a file`, todo);
    const open = openToOthers(path, stats);
    if (open !== null) throw refusal(open.problem, open.todo);
    if (stats.size > maxBytes) {
      throw refusal(`${path} has ${stats.size} bytes, ${what} at most ${maxBytes}`, todo);
    }
    const bytes = Buffer.alloc(maxBytes);
    return bytes.subarray(0, readSync(file, bytes));
  } finally {
    closeSync(file);
  }
}
