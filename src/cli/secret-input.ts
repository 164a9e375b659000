import { closeSync, openSync, readSync } from 'node:fs';
import { messageOf, NodeError } from '../base/node-error.js';
import type { CommandContext } from './command-context.js';

/**
 * A value from a file, or from standard input where none is named; never from the command line,
 * which every user of the machine can see. One line end at its end is left out. The caller wipes
 * it. Throws a NodeError SECRET_INPUT that tells nothing of it.
 */
export async function readSecretValue(
  context: CommandContext,
  file: string | undefined,
  maxBytes: number,
): Promise<Buffer> {
  // One byte more, and a line end, tell a value that is too long.
  const room = maxBytes + 3;
  const bytes = file === undefined ? await readStream(context, room) : readFileUpTo(file, room);
  return withoutLineEnd(bytes);
}

/** A text that somebody handed over, such as an encrypted secret. */
export function readTextFile(file: string, maxBytes: number): string {
  const bytes = readFileUpTo(file, maxBytes + 1);
  if (bytes.length > maxBytes) {
    throw refusal(`${file} has more than ${maxBytes} bytes`, 'name the right file');
  }
  return bytes.toString('utf8');
}

async function readStream({ input }: CommandContext, maxBytes: number): Promise<Buffer> {
  if (input === undefined || input.isTTY === true) {
    // Typed in, it would stand on the screen.
    throw refusal('no value is given', 'give it on standard input (< FILE) or by --file FILE');
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of input) {
    const bytes = Buffer.from(chunk as Buffer | string);
    chunks.push(bytes);
    size += bytes.length;
    if (size >= maxBytes) break;
  }
  const whole = Buffer.concat(chunks);
  for (const chunk of chunks) chunk.fill(0);
  return whole;
}

function readFileUpTo(path: string, maxBytes: number): Buffer {
  try {
    const file = openSync(path, 'r');
    try {
      const bytes = Buffer.alloc(maxBytes);
      let size = 0;
      for (let read = -1; read !== 0 && size < maxBytes; size += read) {
        read = readSync(file, bytes, size, maxBytes - size, null);
      }
      return bytes.subarray(0, size);
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    throw refusal(`cannot read it: ${messageOf(cause)}`, 'name a file that you may read');
  }
}

function withoutLineEnd(bytes: Buffer): Buffer {
  if (bytes.at(-1) !== 0x0a) return bytes;
  return bytes.subarray(0, bytes.at(-2) === 0x0d ? -2 : -1);
}

const refusal = (message: string, hint: string): NodeError =>
  new NodeError('SECRET_INPUT', message, { hint });
