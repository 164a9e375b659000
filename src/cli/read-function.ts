import { readFileSync } from 'node:fs';
import { utf8Text } from '../base/bytes.js';
import { messageOf, NodeError } from '../base/node-error.js';
import { DEFAULT_SANDBOX_LIMITS } from '../sandbox/limits.js';

/** Reads a file that somebody named. Throws a NodeError FILE_UNREADABLE. */
export function readGivenFile(what: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new NodeError('FILE_UNREADABLE', `${what} ${file} cannot be read: ${messageOf(cause)}`, {
      hint: 'check the path, and that you may read it',
      cause,
    });
  }
}

/** Reads a function's source. Throws a NodeError FILE_UNREADABLE or FUNCTION_TOO_LARGE. */
export function readFunctionFile(file: string, maxBytes = DEFAULT_SANDBOX_LIMITS.sourceBytes) {
  const source = readGivenFile('the function', file);
  if (source.length > maxBytes || source.length === 0) {
    const size = `${file} has ${source.length} bytes`;
    throw new NodeError('FUNCTION_TOO_LARGE', `${size}, expected 1 to ${maxBytes}`, {
      hint: 'make it smaller, for example by a minifier',
    });
  }
  if (utf8Text(source) !== null) return source;
  throw new NodeError('FILE_UNREADABLE', `${file} is not UTF-8 text`, {
    hint: 'name the JavaScript source',
  });
}
