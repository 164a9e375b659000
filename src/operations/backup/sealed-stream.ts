import { createCipheriv, createDecipheriv } from 'node:crypto';

/** Plain bytes of a part; each is sealed by itself, and the last one may have fewer. */
export const PART_BYTES = 65_536;
const TAG_BYTES = 16;
const NONCE_BYTES = 12;
const ALGORITHM = 'aes-256-gcm';

/**
 * The nonce of a part: its number, and whether it is the last one. So a part is opened nowhere but
 * in its own place, and a stream ends nowhere but where it was ended (STREAM: Hoang, Reyhanitabar,
 * Rogaway and Vizar, "Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance").
 * A key is of one stream alone.
 */
function nonceOf(number: bigint, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(NONCE_BYTES);
  nonce.writeBigUInt64BE(number, NONCE_BYTES - 9);
  nonce[NONCE_BYTES - 1] = isLast ? 1 : 0;
  return nonce;
}

export interface Sealer {
  write(bytes: Uint8Array): void;
  /** Seals what is left; without it what was put out opens for nobody. */
  end(): void;
}

/** Encrypts a stream with AES-256-GCM, part by part; one part is in memory. */
export function createSealer(key: Buffer, put: (sealed: Buffer) => void): Sealer {
  const part = Buffer.alloc(PART_BYTES);
  let filled = 0;
  let number = 0n;

  function seal(isLast: boolean): void {
    const nonce = nonceOf(number, isLast);
    const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
    const sealed = cipher.update(part.subarray(0, filled));
    cipher.final();
    put(Buffer.concat([sealed, cipher.getAuthTag()]));
    number += 1n;
    filled = 0;
  }

  return {
    write(bytes) {
      for (let at = 0; at < bytes.length; ) {
        // Not before there is more: which part is the last one shows only then.
        if (filled === PART_BYTES) seal(false);
        const taken = Math.min(PART_BYTES - filled, bytes.length - at);
        part.set(bytes.subarray(at, at + taken), filled);
        filled += taken;
        at += taken;
      }
    },
    end() {
      seal(true);
      part.fill(0);
    },
  };
}

export interface Opener {
  /** The next part, in plain; null after the last one. */
  next(): Buffer | null;
}

/** Fills the buffer as far as there are bytes; answers how many there were. */
export type FillFrom = (buffer: Buffer) => number;

/**
 * Decrypts what a sealer put out, part by part. What was changed, moved, left out, cut off or added
 * is given to `damaged`, with the number of the part, from 1; nothing of such a part is given out.
 */
export function createOpener(
  key: Buffer,
  fill: FillFrom,
  damaged: (part: number) => Error,
): Opener {
  const sealedBytes = PART_BYTES + TAG_BYTES;
  // One byte more than a part: without it, this is the last one.
  const window = Buffer.alloc(sealedBytes + 1);
  let carried = 0;
  let number = 0n;
  let ended = false;

  function open(sealed: Buffer, isLast: boolean): Buffer {
    const failure = (): Error => damaged(Number(number) + 1);
    if (sealed.length < TAG_BYTES) throw failure();
    const nonce = nonceOf(number, isLast);
    const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    const plain = decipher.update(sealed.subarray(0, -TAG_BYTES));
    try {
      decipher.final();
    } catch {
      plain.fill(0);
      throw failure();
    }
    return plain;
  }

  return {
    next() {
      if (ended) return null;
      const size = carried + fill(window.subarray(carried));
      const isLast = size <= sealedBytes;
      const plain = open(window.subarray(0, Math.min(size, sealedBytes)), isLast);
      carried = isLast ? 0 : 1;
      if (!isLast) window[0] = window[sealedBytes] ?? 0;
      ended = isLast;
      number += 1n;
      return plain;
    },
  };
}
