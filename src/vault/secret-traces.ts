import {
  LOWER_CASE,
  ONE_BASE64,
  PLUS_TO_SPACE,
  translated,
  withoutJsonEscapes,
  withoutUrlEscapes,
} from './strip-escapes.js';

/** A value that was given out for a request, and the name it was asked for by. */
export interface GivenSecret {
  readonly name: string;
  readonly value: Buffer;
}

/** Of a longer value, as many bytes betray it in a reason, which may be cut. */
const TELLTALE_BYTES = 16;

/**
 * The first secret of which a result holds the value: as it is, in JSON's or a URL's escapes, in
 * base64 (at any offset, in both alphabets) or in hex. Null when it holds none.
 */
export function secretInResult<T extends GivenSecret>(
  result: Buffer,
  secrets: readonly T[],
): T | null {
  if (secrets.length === 0) return null;
  const stacks = haystacks(result);
  return secrets.find(({ value }) => isIn(stacks, value)) ?? null;
}

/** A reason for records and logs; one that holds a secret, or the beginning of one, is replaced. */
export function withoutSecrets(reason: string, secrets: readonly GivenSecret[]): string {
  const bytes = Buffer.from(reason);
  const [stacks, lowerStacks] = [haystacks(bytes), haystacks(translated(bytes, LOWER_CASE))];
  const betrays = secrets.some(({ value }) => {
    const start = value.subarray(0, TELLTALE_BYTES);
    // Hosts are written in lower case.
    return isIn(stacks, start) || isIn(lowerStacks, translated(start, LOWER_CASE));
  });
  return betrays ? 'the reason is not told: a secret is in it' : reason;
}

/** Bytes as they are and with escapes taken out. */
interface Haystacks {
  readonly plain: readonly Buffer[];
  readonly base64: Buffer;
  readonly hex: Buffer;
}

function haystacks(bytes: Buffer): Haystacks {
  const unescaped = withoutJsonEscapes(bytes);
  const decoded = withoutUrlEscapes(unescaped);
  return {
    plain: [bytes, unescaped, decoded, translated(decoded, PLUS_TO_SPACE)],
    base64: translated(decoded, ONE_BASE64),
    hex: translated(decoded, LOWER_CASE),
  };
}

function isIn({ plain, base64, hex }: Haystacks, value: Buffer): boolean {
  return (
    plain.some((bytes) => bytes.includes(value)) ||
    hex.includes(value.toString('hex')) ||
    base64Forms(value).some((form) => form !== '' && base64.includes(form))
  );
}

/** The value's base64 behind 0, 1 and 2 other bytes, without the characters that those share. */
function base64Forms(value: Buffer): string[] {
  return [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), value]).toString('base64');
    const from = Math.ceil((shift * 8) / 6);
    return text.slice(from, Math.floor(((shift + value.length) * 8) / 6));
  });
}
