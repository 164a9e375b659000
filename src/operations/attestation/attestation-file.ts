import { readFileSync, statSync } from 'node:fs';
import { z } from 'zod';
import { fromHex, toHex } from '../../base/bytes.js';
import { hash160, hash256 } from '../../base/hash.js';
import { messageOf, NodeError } from '../../base/node-error.js';
import { MAX_HEADER_BYTES } from '../../chain/raw-header.js';
import { PUBLIC_KEY_BYTES as RANDOM_KEY_BYTES } from '../../vrf/proof.js';
import {
  type AttestedFields,
  DIGEST_BYTES,
  NONCE_BYTES,
  SECRETS_KEY_BYTES,
} from './attested-fields.js';
import { type Collateral, collateralSchema } from './collateral.js';
import {
  MAX_ATTESTATION_BYTES,
  MAX_AUX_BYTES,
  MAX_EVENT_LOG_CHARS,
  MAX_QUOTE_BYTES,
  TEES,
  type Tee,
} from './quote-limits.js';

/** A quote with all that is needed to verify it elsewhere. Nothing secret is in it. */
export interface Attestation {
  readonly provider: string;
  readonly tee: Tee;
  /** By the clock of the node; nothing rests on it. */
  readonly madeAtMs: number;
  /** Of the node's program. */
  readonly version: string;
  readonly fields: AttestedFields;
  /** The header of the block in the fields, with its witness. */
  readonly blockHeader: Buffer;
  readonly quote: Buffer;
  /** What the platform gave beside the quote, such as the certificates of SEV-SNP. */
  readonly auxBlob: Buffer | null;
  /** dstack's log of what was measured into the registers; it is not looked at here. */
  readonly eventLog: string | null;
  readonly collateral: Collateral | null;
}

const MAX_SCRIPT_BYTES = 1_024;

const bytesOf = (minimum: number, maximum: number) =>
  z
    .string()
    .max(4 * Math.ceil(maximum / 3))
    .regex(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/)
    .transform((text) => Buffer.from(text, 'base64'))
    .refine(({ length }) => length >= minimum && length <= maximum);
const exactHex = (length: number) =>
  z
    .string()
    .length(2 * length)
    .regex(/^[0-9a-f]*$/)
    .refine((text) => !/^0*$/.test(text))
    .transform(fromHex);
const account = z
  .string()
  .regex(/^0x[0-9a-f]{40}$/)
  .transform(hash160);
const blockHash = z
  .string()
  .regex(/^0x[0-9a-f]{64}$/)
  .transform(hash256);
const uint32 = z.int().min(0).max(0xffff_ffff);

const fileSchema = z.strictObject({
  dodonaAttestation: z.literal(1),
  provider: z.string().regex(/^[a-z0-9-]{1,40}$/),
  tee: z.enum(TEES),
  madeAtMs: z.int().min(0),
  version: z.string().max(64),
  fields: z.strictObject({
    magic: uint32,
    gateway: account,
    nodeAccount: account,
    verificationScript: z
      .string()
      .max(2 * MAX_SCRIPT_BYTES)
      .regex(/^(?:[0-9a-f]{2})+$/)
      .transform(fromHex),
    randomPublicKey: exactHex(RANDOM_KEY_BYTES).nullable(),
    secretsPublicKey: exactHex(SECRETS_KEY_BYTES).nullable(),
    buildDigest: exactHex(DIGEST_BYTES),
    block: z.strictObject({ index: uint32, hash: blockHash, timeMs: z.int().min(0) }),
    nonce: exactHex(NONCE_BYTES).nullable(),
  }),
  blockHeader: bytesOf(1, MAX_HEADER_BYTES),
  quote: bytesOf(1, MAX_QUOTE_BYTES),
  auxBlob: bytesOf(0, MAX_AUX_BYTES).nullable(),
  eventLog: z.string().max(MAX_EVENT_LOG_CHARS).nullable(),
  collateral: collateralSchema.nullable(),
});

/** The file of an attestation: JSON, whole without anything beside it. */
export function attestationText(attestation: Attestation): string {
  const { fields, blockHeader, quote, auxBlob, ...rest } = attestation;
  const hexOrNull = (bytes: Buffer | null): string | null => (bytes === null ? null : toHex(bytes));
  const file: z.input<typeof fileSchema> = {
    dodonaAttestation: 1,
    ...rest,
    fields: {
      ...fields,
      verificationScript: toHex(fields.verificationScript),
      randomPublicKey: hexOrNull(fields.randomPublicKey),
      secretsPublicKey: hexOrNull(fields.secretsPublicKey),
      buildDigest: toHex(fields.buildDigest),
      nonce: hexOrNull(fields.nonce),
    },
    blockHeader: blockHeader.toString('base64'),
    quote: quote.toString('base64'),
    auxBlob: auxBlob?.toString('base64') ?? null,
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

/** Reads such a file. Throws a NodeError ATTESTATION_FILE. */
export function readAttestation(path: string): Attestation {
  try {
    const { size } = statSync(path);
    if (size > MAX_ATTESTATION_BYTES) {
      throw new RangeError(`it has ${size} bytes, at most ${MAX_ATTESTATION_BYTES} are read`);
    }
    return parseAttestation(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new NodeError('ATTESTATION_FILE', `cannot read ${path}: ${messageOf(cause)}`, {
      hint: 'give a file that `dodona attest` wrote, as it was written',
    });
  }
}

/** Throws a RangeError, or a SyntaxError where it is no JSON. */
export function parseAttestation(text: string): Attestation {
  const parsed = fileSchema.safeParse(JSON.parse(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const key = issue?.code === 'unrecognized_keys' ? issue.keys[0] : issue?.path.join('.');
    throw new RangeError(`"${key}" is not as it is in an attestation`);
  }
  const { dodonaAttestation: _version, ...attestation } = parsed.data;
  return attestation;
}
