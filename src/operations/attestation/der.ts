/** One value of DER (ITU-T X.690), with the bytes it stands in. */
export interface DerValue {
  /** The first byte: class, form and number; numbers of more than one byte are refused. */
  readonly tag: number;
  /** Tag, length and content. */
  readonly whole: Buffer;
  readonly content: Buffer;
}

export const DerTag = {
  Integer: 0x02,
  BitString: 0x03,
  OctetString: 0x04,
  Oid: 0x06,
  UtcTime: 0x17,
  GeneralizedTime: 0x18,
  Sequence: 0x30,
} as const;

/** The values that follow one another in some bytes. Throws a RangeError on anything but DER. */
export function derValues(bytes: Buffer): DerValue[] {
  const values: DerValue[] = [];
  for (let at = 0; at < bytes.length; ) {
    const value = valueAt(bytes, at);
    values.push(value);
    at += value.whole.length;
  }
  return values;
}

/** The one value that some bytes are, of this tag. Throws a RangeError. */
export function derValue(bytes: Buffer, tag: number): DerValue {
  const value = valueAt(bytes, 0);
  if (value.whole.length !== bytes.length) throw new RangeError('DER: bytes too many at the end');
  return ofTag(value, tag);
}

/** The values within a SEQUENCE. Throws a RangeError. */
export const derSequence = (bytes: Buffer): DerValue[] =>
  derValues(derValue(bytes, DerTag.Sequence).content);

export function ofTag(value: DerValue | undefined, tag: number): DerValue {
  if (value?.tag === tag) return value;
  const found = value === undefined ? 'nothing' : `0x${value.tag.toString(16)}`;
  throw new RangeError(`DER: expected tag 0x${tag.toString(16)}, got ${found}`);
}

/** The content of a BIT STRING of whole bytes. */
export function derBits(value: DerValue | undefined): Buffer {
  const { content } = ofTag(value, DerTag.BitString);
  if (content[0] !== 0) throw new RangeError('DER: a bit string that is not of whole bytes');
  return content.subarray(1);
}

/** Milliseconds since 1970 of a UTCTime or GeneralizedTime as RFC 5280 (4.1.2.5) allows them. */
export function derTimeMs(value: DerValue | undefined): number {
  const text = value?.content.toString('latin1') ?? '';
  const match =
    value?.tag === DerTag.UtcTime
      ? /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text)
      : value?.tag === DerTag.GeneralizedTime
        ? /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text)
        : null;
  const [year = Number.NaN, month = 0, ...rest] = match?.slice(1).map(Number) ?? [];
  const century = value?.tag === DerTag.UtcTime ? (year >= 50 ? 1900 : 2000) : 0;
  const timeMs = Date.UTC(century + year, month - 1, ...rest);
  if (Number.isNaN(timeMs)) throw new RangeError('DER: not a time as certificates have it');
  return timeMs;
}

function valueAt(bytes: Buffer, at: number): DerValue {
  const [tag, first] = [bytes[at], bytes[at + 1]];
  if (tag === undefined || first === undefined) throw new RangeError('DER: cut short');
  if ((tag & 0x1f) === 0x1f) throw new RangeError('DER: a tag of several bytes');
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  // Three bytes of length are 16 MiB, more than any file that is read here.
  if (first === 0x80 || lengthBytes > 3) throw new RangeError('DER: a length that is not allowed');
  const start = at + 2 + lengthBytes;
  if (start > bytes.length) throw new RangeError('DER: cut short');
  const length = lengthBytes === 0 ? first : bytes.readUIntBE(at + 2, lengthBytes);
  const isShortest = lengthBytes === 0 || length >= Math.max(0x80, 256 ** (lengthBytes - 1));
  if (!isShortest) throw new RangeError('DER: a length longer than it need be');
  if (start + length > bytes.length) throw new RangeError('DER: cut short');
  return {
    tag,
    whole: bytes.subarray(at, start + length),
    content: bytes.subarray(start, start + length),
  };
}
