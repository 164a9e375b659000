import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type Hash256, hash256 } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import type { NodeConfig } from '../config/node-config.js';
import {
  type KeyFileWords,
  readPrivateText,
  writePrivateText,
} from '../keystore/private-key-file.js';
import type { SignedTransaction } from '../pipeline/chain-port.js';
import type { WaitParts } from '../pipeline/send-order.js';
import { untilEnded } from './rotation-desk.js';

const noteSchema = z.strictObject({
  tx: z.string().transform(hash256),
  /** Signed; in base64. */
  raw: z.base64(),
  validUntilBlock: z.int().min(1),
});

/** A transaction that was sent and how it ended: its block, or null for one that did nothing. */
export interface Settled {
  readonly tx: Hash256;
  readonly block: number | null;
}

const WORDS = { code: 'ROTATION_NOTE', what: 'the note of a rotation', setting: 'storage.dir' };

/** The note of what one who works beside the books sends. */
export const createSentNote = (
  { storage }: Pick<NodeConfig, 'storage'>,
  of: 'rotation' | 'closing' | 'revocation' = 'rotation',
) => createNoteIn(join(storage.dir, `${of}.json`), WORDS);

/**
 * Remembers the one transaction that was sent beside the books, so that nobody sends its like
 * before it is known how it ended. Nothing secret is in it.
 */
export function createNoteIn(file: string, words: KeyFileWords) {
  const forget = (): void => rmSync(file, { force: true });

  /** The one that may still be on its way. */
  function read(): z.output<typeof noteSchema> | null {
    const found = readPrivateText(file, words);
    if (found === null) return null;
    try {
      return noteSchema.parse(JSON.parse(found.text));
    } catch {
      throw new NodeError(words.code, `${file} is not ${words.what}`, {
        hint: 'remove it once the last transaction that was sent has ended',
      });
    }
  }

  return {
    read,
    forget,
    write({ hash, raw }: SignedTransaction, validUntilBlock: number): void {
      const note = { tx: hash, raw: raw.toString('base64'), validUntilBlock };
      writePrivateText(file, `${JSON.stringify(note)}\n`, 'replace', words);
    },

    /** Waits until the noted one has ended, however it does; null where there is none. */
    async settle(wait: WaitParts): Promise<Settled | null> {
      const noted = read();
      if (noted === null) return null;
      const { tx, raw, validUntilBlock } = noted;
      const sent = { hash: tx, raw: Buffer.from(raw, 'base64') };
      const block = await untilEnded(wait, sent, validUntilBlock);
      forget();
      return { tx, block };
    },
  };
}
