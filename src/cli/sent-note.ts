import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { hash256 } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import type { NodeConfig } from '../config/node-config.js';
import { readPrivateText, writePrivateText } from '../keystore/private-key-file.js';
import type { SignedTransaction } from '../pipeline/chain-port.js';
import type { WaitParts } from '../pipeline/send-order.js';
import { untilEnded } from './rotation-desk.js';

const WORDS = { code: 'ROTATION_NOTE', what: 'the note of a rotation', setting: 'storage.dir' };

const noteSchema = z.strictObject({
  tx: z.string().transform(hash256),
  /** Signed; in base64. */
  raw: z.base64(),
  validUntilBlock: z.int().min(1),
});

/**
 * Remembers the one transaction that was sent beside the books, so that nobody sends its like
 * before it is known how it ended. Nothing secret is in it.
 */
export function createSentNote(
  { storage }: Pick<NodeConfig, 'storage'>,
  of: 'rotation' | 'closing' | 'revocation' = 'rotation',
) {
  const file = join(storage.dir, `${of}.json`);
  const forget = (): void => rmSync(file, { force: true });
  return {
    write({ hash, raw }: SignedTransaction, validUntilBlock: number): void {
      const note = { tx: hash, raw: raw.toString('base64'), validUntilBlock };
      writePrivateText(file, `${JSON.stringify(note)}\n`, 'replace', WORDS);
    },
    forget,

    /** Waits until the noted one has ended, however it does. */
    async settle(wait: WaitParts): Promise<void> {
      const found = readPrivateText(file, WORDS);
      if (found === null) return;
      const { tx, raw, validUntilBlock } = parsed(found.text, file);
      const sent = { hash: tx, raw: Buffer.from(raw, 'base64') };
      await untilEnded(wait, sent, validUntilBlock);
      forget();
    },
  };
}

function parsed(text: string, file: string): z.output<typeof noteSchema> {
  try {
    return noteSchema.parse(JSON.parse(text));
  } catch {
    throw new NodeError('ROTATION_NOTE', `${file} is no note of a rotation`, {
      hint: 'remove it once the last transaction of the rotation has ended',
    });
  }
}
