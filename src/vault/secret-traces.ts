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
  const stacks = haystacks(result.toString('latin1'));
  return secrets.find(({ value }) => isIn(stacks, value)) ?? null;
}

/** A reason for records and logs; one that holds a secret, or the beginning of one, is replaced. */
export function withoutSecrets(reason: string, secrets: readonly GivenSecret[]): string {
  const stacks = haystacks(Buffer.from(reason).toString('latin1').toLowerCase());
  const betrays = secrets.some(({ value }) => {
    const start = value.subarray(0, TELLTALE_BYTES);
    // Hosts are written in lower case.
    const lower = Buffer.from(start.toString('latin1').toLowerCase(), 'latin1');
    return isIn(stacks, lower) || isIn(haystacks(Buffer.from(reason).toString('latin1')), start);
  });
  return betrays ? 'the reason is not told: a secret is in it' : reason;
}

/** The text, bytes as characters, as it is and with escapes taken out. */
interface Haystacks {
  readonly plain: readonly string[];
  readonly base64: string;
  readonly hex: string;
}

function haystacks(text: string): Haystacks {
  const unescaped = withoutJsonEscapes(text);
  const decoded = unescaped.replace(/%([0-9a-fA-F]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  return {
    plain: [text, unescaped, decoded, decoded.replace(/\+/g, ' ')],
    base64: decoded.replace(/\s+/g, '').replace(/-/g, '+').replace(/_/g, '/'),
    hex: decoded.toLowerCase(),
  };
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** Characters of escapes become the bytes of their UTF-8. */
function withoutJsonEscapes(text: string): string {
  const bytesOf = (characters: string): string => Buffer.from(characters).toString('latin1');
  return text.replace(
    /((?:\\u[0-9a-fA-F]{4})+)|\\(["\\/bfnrt])/g,
    (_, units: string | undefined, short: string | undefined) => {
      if (units === undefined) return SHORT_ESCAPES[short ?? ''] ?? short ?? '';
      const characters = units.slice(2).split('\\u').map(characterOf);
      return bytesOf(characters.join(''));
    },
  );
}

const characterOf = (digits: string): string => String.fromCharCode(Number.parseInt(digits, 16));

function isIn({ plain, base64, hex }: Haystacks, value: Buffer): boolean {
  const verbatim = value.toString('latin1');
  return (
    plain.some((text) => text.includes(verbatim)) ||
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
