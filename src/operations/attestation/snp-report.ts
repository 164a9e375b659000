/** What the processor says of a guest (AMD SEV-SNP ABI, 56860, table "ATTESTATION_REPORT"). */
export interface SnpReport {
  /** Guest policy, bit by bit. */
  readonly policy: bigint;
  readonly vmpl: number;
  readonly signatureAlgorithm: number;
  /** Which key signed: 0 is that of the chip (VCEK). */
  readonly signingKey: number;
  readonly reportData: Buffer;
  readonly measurement: Buffer;
  readonly hostData: Buffer;
  readonly idKeyDigest: Buffer;
  /** 8 bytes, a version each; which is which depends on the processor. */
  readonly reportedTcb: Buffer;
  readonly chipId: Buffer;
  readonly signedBytes: Buffer;
  /** r and s, 48 bytes each, as node:crypto takes them (ieee-p1363). */
  readonly signature: Buffer;
}

export const SNP_REPORT_BYTES = 1_184;
/** Versions of the report whose fields have these places. */
const VERSIONS: readonly number[] = [2, 3, 4, 5];
const SIGNED_BYTES = 0x2a0;
/** Of r and of s, little-endian; those of P-384 fill 48 of them. */
const NUMBER_BYTES = 72;
const P384_BYTES = 48;

/** Takes a report apart. Nothing is proven by that. Throws a RangeError. */
export function readSnpReport(bytes: Buffer): SnpReport {
  if (bytes.length !== SNP_REPORT_BYTES) {
    throw new RangeError(`a report of ${bytes.length} bytes; expected ${SNP_REPORT_BYTES}`);
  }
  const version = bytes.readUInt32LE(0);
  if (!VERSIONS.includes(version)) throw new RangeError(`a report of version ${version}`);
  const number = (at: number): Buffer => {
    const digits = bytes.subarray(at, at + NUMBER_BYTES);
    if (digits.subarray(P384_BYTES).some((byte) => byte !== 0)) {
      throw new RangeError('a signature that is not of P-384');
    }
    return Buffer.from(digits.subarray(0, P384_BYTES)).reverse();
  };
  return {
    policy: bytes.readBigUInt64LE(0x08),
    vmpl: bytes.readUInt32LE(0x30),
    signatureAlgorithm: bytes.readUInt32LE(0x34),
    signingKey: (bytes.readUInt32LE(0x48) >> 2) & 0x7,
    reportData: bytes.subarray(0x50, 0x90),
    measurement: bytes.subarray(0x90, 0xc0),
    hostData: bytes.subarray(0xc0, 0xe0),
    idKeyDigest: bytes.subarray(0xe0, 0x110),
    reportedTcb: bytes.subarray(0x180, 0x188),
    chipId: bytes.subarray(0x1a0, 0x1e0),
    signedBytes: bytes.subarray(0, SIGNED_BYTES),
    signature: Buffer.concat([number(SIGNED_BYTES), number(SIGNED_BYTES + NUMBER_BYTES)]),
  };
}
