import { z } from 'zod';
import { fromHex } from '../base/bytes.js';
import { hash160 } from '../base/hash.js';
import { MAX_TRANSACTION_BYTES } from '../chain/transaction.js';
import { MAX_WALLET_ACCOUNTS } from './nep6-wallet.js';

/**
 * What node and signer say to each other over a Unix socket: lines of JSON, one a request, and for
 * each one line of answer, in order. A version that is not this one is refused.
 */
export const PROTOCOL_VERSION = 1;

/** A transaction in base64, and some words around it. */
export const MAX_REQUEST_BYTES = Math.ceil(MAX_TRANSACTION_BYTES / 3) * 4 + 1_024;
/** The accounts of a large wallet. */
export const MAX_REPLY_BYTES = 262_144;
/** Requests of one connection that wait for their answers. */
export const MAX_WAITING = 64;

/** A wallet may have longer labels: the signer cuts them. */
export const MAX_LABEL_CHARS = 256;

/** Why a signer refuses; words of the program's own. */
export const REFUSALS = [
  'frame',
  'version',
  'operation',
  'network',
  'account',
  'transaction',
  'signers',
  'scope',
  'script',
  'contract',
  'method',
  'arguments',
  'destination',
  'fee',
  'hour',
  'state',
  'busy',
  'failure',
] as const;
export type RefusalReason = (typeof REFUSALS)[number];

const hash = z
  .string()
  .regex(/^0x[0-9a-f]{40}$/)
  .transform(hash160);
const hexBytes = (bytes: number) =>
  z
    .string()
    .regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`))
    .transform(fromHex);
const base64 = (maxBytes: number) =>
  z
    .base64()
    .max(Math.ceil(maxBytes / 3) * 4)
    .transform((text) => Buffer.from(text, 'base64'));
/** Datoshi in decimal. */
const amount = z
  .string()
  .regex(/^\d{1,30}$/)
  .transform(BigInt);
const count = z.int().min(0);
const id = z.int().min(1);

/** What a node asks. */
export const requestSchema = z.discriminatedUnion('do', [
  z.strictObject({ v: z.literal(PROTOCOL_VERSION), id, do: z.literal('describe') }),
  z.strictObject({
    v: z.literal(PROTOCOL_VERSION),
    id,
    do: z.literal('sign'),
    magic: count,
    account: hash,
    /** All but the witnesses. */
    transaction: base64(MAX_TRANSACTION_BYTES),
  }),
]);
export type SignerRequest = z.output<typeof requestSchema>;
export type SignRequest = Extract<SignerRequest, { do: 'sign' }>;

const described = z.strictObject({
  id,
  ok: z.literal(true),
  did: z.literal('describe'),
  magic: count,
  gateway: hash,
  allowed: z.array(z.string().max(64)).max(64),
  accounts: z
    .array(
      z.strictObject({
        account: hash,
        publicKey: hexBytes(33),
        verificationScript: base64(1_024),
        label: z.string().max(MAX_LABEL_CHARS),
        isDefault: z.boolean(),
      }),
    )
    .max(MAX_WALLET_ACCOUNTS),
  maxFee: amount,
  maxPerHour: amount,
  /** Within the last hour. */
  spent: amount,
  /** Since it started. */
  signed: count,
  refused: count,
});
const signed = z.strictObject({
  id,
  ok: z.literal(true),
  did: z.literal('sign'),
  signature: hexBytes(64),
});
const refused = z.strictObject({
  /** 0 where the request could not be read so far. */
  id: count,
  ok: z.literal(false),
  refusal: z.enum(REFUSALS),
  message: z.string().max(1_000),
  /** When it may be otherwise; null: not by itself. */
  retryAfterMs: count.nullable(),
});

/** What a signer answers. */
export const replySchema = z.union([described, signed, refused]);
export type SignerReply = z.output<typeof replySchema>;
export type SignerDescription = z.output<typeof described>;
export type SignerRefusal = z.output<typeof refused>;
export type SignedReply = z.output<typeof signed>;

/** An answer as it goes over the socket. */
export type WireReply = z.input<typeof replySchema>;

/** Cuts what comes over a socket into lines of at most so many bytes, without their ends. */
export function createLineReader(maxBytes: number) {
  let pieces: Buffer[] = [];
  let size = 0;
  return {
    /** Whether a line has begun and not ended. */
    isWithin: () => size > 0,
    /** The lines that a piece completes; null once one is too long. */
    read(piece: Buffer): Buffer[] | null {
      const lines: Buffer[] = [];
      let rest = piece;
      for (let end = rest.indexOf(LINE_FEED); end >= 0; end = rest.indexOf(LINE_FEED)) {
        if (size + end > maxBytes) return null;
        lines.push(Buffer.concat([...pieces, rest.subarray(0, end)]));
        [pieces, size] = [[], 0];
        rest = rest.subarray(end + 1);
      }
      size += rest.length;
      if (size > maxBytes) return null;
      if (rest.length > 0) pieces.push(rest);
      return lines;
    },
  };
}

const LINE_FEED = 10;
