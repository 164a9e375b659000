// Bytes in, bytes out, in one pass each: what is searched may be megabytes made by a stranger.

const BACKSLASH = 0x5c;
const LETTER_U = 0x75;
const PERCENT = 0x25;

const SHORT_ESCAPES: ReadonlyMap<number, number> = new Map(
  Object.entries({
    '"': '"',
    '\\': '\\',
    '/': '/',
    b: '\b',
    f: '\f',
    n: '\n',
    r: '\r',
    t: '\t',
  }).map(([letter, meant]) => [letter.charCodeAt(0), meant.charCodeAt(0)]),
);

/** Escapes as in strings of JSON become the bytes that they stand for, wherever they are. */
export function withoutJsonEscapes(bytes: Buffer): Buffer {
  if (!bytes.includes(BACKSLASH)) return bytes;
  const out = Buffer.alloc(bytes.length);
  let size = 0;
  for (let at = 0; at < bytes.length; ) {
    const unit = unitAt(bytes, at);
    if (unit !== null) {
      const low = isHigh(unit) ? unitAt(bytes, at + 6) : null;
      const isPair = low !== null && isLow(low);
      // What is half of a pair only becomes the sign for that.
      size += out.write(String.fromCharCode(unit, ...(isPair ? [low] : [])), size);
      at += isPair ? 12 : 6;
      continue;
    }
    const byte = bytes[at] ?? 0;
    const meant = byte === BACKSLASH ? SHORT_ESCAPES.get(bytes[at + 1] ?? 0) : undefined;
    out[size++] = meant ?? byte;
    at += meant === undefined ? 1 : 2;
  }
  return out.subarray(0, size);
}

const isHigh = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
const isLow = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;

/** The number in `\uXXXX`; null where no such escape begins. */
function unitAt(bytes: Buffer, at: number): number | null {
  if (bytes[at] !== BACKSLASH || bytes[at + 1] !== LETTER_U) return null;
  const [high, low] = [hexByteAt(bytes, at + 2), hexByteAt(bytes, at + 4)];
  return high === null || low === null ? null : high * 256 + low;
}

/** `%XX` become the bytes that they stand for. */
export function withoutUrlEscapes(bytes: Buffer): Buffer {
  if (!bytes.includes(PERCENT)) return bytes;
  const out = Buffer.alloc(bytes.length);
  let size = 0;
  for (let at = 0; at < bytes.length; ) {
    const byte = bytes[at] ?? 0;
    const meant = byte === PERCENT ? hexByteAt(bytes, at + 1) : null;
    out[size++] = meant ?? byte;
    at += meant === null ? 1 : 3;
  }
  return out.subarray(0, size);
}

function hexByteAt(bytes: Buffer, at: number): number | null {
  const [high, low] = [hexDigit(bytes[at]), hexDigit(bytes[at + 1])];
  return high === null || low === null ? null : high * 16 + low;
}

function hexDigit(byte: number | undefined): number | null {
  if (byte === undefined) return null;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : null;
}

/** Replaces each byte by the table's; those that the table says to drop are left out. */
export function translated(bytes: Buffer, table: ByteTable): Buffer {
  const out = Buffer.alloc(bytes.length);
  let size = 0;
  // By index: an iterator over megabytes takes several times as long.
  for (let at = 0; at < bytes.length; at++) {
    const by = table[bytes[at] ?? 0] ?? 0;
    if (by >= 0) out[size++] = by;
  }
  return out.subarray(0, size);
}

/** For each byte what stands for it; DROPPED for those that go. */
export type ByteTable = Int16Array;
const DROPPED = -1;

function byteTable(change: (character: string) => string): ByteTable {
  return Int16Array.from({ length: 256 }, (_, byte) => {
    const by = change(String.fromCharCode(byte));
    return by === '' ? DROPPED : by.charCodeAt(0);
  });
}

const ASCII_UPPER = /[A-Z]/;

/** "+" as forms have it. */
export const PLUS_TO_SPACE = byteTable((c) => (c === '+' ? ' ' : c));
/** Letters of ASCII only: others are of several bytes. */
export const LOWER_CASE = byteTable((c) => (ASCII_UPPER.test(c) ? c.toLowerCase() : c));
/** Base64 in one alphabet, without the line ends that may be within. */
export const ONE_BASE64 = byteTable((c) => {
  if (' \t\r\n'.includes(c)) return '';
  return c === '-' ? '+' : c === '_' ? '/' : c;
});
