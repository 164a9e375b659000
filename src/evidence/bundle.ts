import { z } from 'zod';
import { sha256, sha256Hex } from '../base/bytes.js';

/** The version of what follows; a reader of another one refuses it. */
export const BUNDLE_FORMAT = 1;

/** What stands in the place of a text that a secret can't be taken out of. */
export const LEFT_OUT = '(left out: a secret is in it)';

const count = z.int().min(0);
const digits = z.string().regex(/^\d{1,19}$/);
const hexSha256 = z.string().regex(/^[0-9a-f]{64}$/);
const hash = (bytes: number) => z.string().regex(new RegExp(`^0x[0-9a-f]{${bytes * 2}}$`));
const headers = z.array(z.tuple([z.string(), z.string()]));

/** Bytes by their hash. What is not `kept` was only hashed; `redacted`: without its secrets. */
const blob = z.strictObject({
  sha256: hexSha256,
  size: count,
  kept: z.boolean(),
  redacted: z.boolean(),
});

const answer = z.strictObject({
  kind: z.literal('response'),
  status: count,
  headers,
  body: blob,
  url: z.string().refine((url) => url === LEFT_OUT || URL.canParse(url), 'not a URL'),
  redirects: count,
  address: z.string(),
});

const failure = z.strictObject({
  kind: z.literal('failed'),
  failure: z.string(),
  reason: z.string(),
  sent: z.boolean(),
  redirects: count,
});

const fetched = z.strictObject({
  method: z.string(),
  url: z.string(),
  headers,
  body: blob.nullable(),
  redirects: z
    .strictObject({
      max: count,
      on: z.enum(['status', 'location']),
      relative: z.enum(['follow', 'refuse']),
    })
    .nullable(),
  askedMs: count,
  endedMs: count.nullable(),
  ended: count.nullable(),
  result: z.discriminatedUnion('kind', [answer, failure]).nullable(),
});

const filter = z.strictObject({
  dialect: z.enum(['native', 'rfc9535']),
  path: z.string(),
  bodySha256: hexSha256,
  outcome: z.string(),
  reason: z.string(),
});

const secret = z.discriminatedUnion('granted', [
  z.strictObject({
    granted: z.literal(true),
    name: z.string(),
    commitment: hexSha256.nullable(),
    hosts: z.array(z.string()),
    mayBeResult: z.boolean(),
  }),
  z.strictObject({ granted: z.literal(false), name: z.string(), reason: z.string() }),
]);

const schema = z.strictObject({
  format: z.literal(BUNDLE_FORMAT),
  node: z.strictObject({ version: z.string(), magic: count, gateway: hash(20) }),
  request: z.strictObject({
    id: digits,
    kind: z.string(),
    requester: hash(20),
    payer: hash(20),
    subject: z.string(),
    filter: z.string(),
    maxFee: digits,
    deadline: count,
    block: count,
    blockTimeMs: count,
    tx: hash(32),
    /** What else its kind brings with it. */
    further: z.record(z.string(), z.string()),
  }),
  code: z
    .strictObject({
      functionId: digits,
      sha256: hexSha256,
      /** Hosts that it may fetch from; null: any. */
      allowedHosts: z.array(z.string()).nullable(),
    })
    .nullable(),
  settings: z.strictObject({
    profile: z.enum(['csharp', 'neo-go']),
    contentTypes: z.array(z.string()).nullable(),
  }),
  limits: z.record(z.string(), count),
  resolvedAtMs: count,
  tries: count,
  commitmentKey: z.string().nullable(),
  secrets: z.array(secret),
  logs: z.array(z.string()).prefault([]),
  fetches: z.array(fetched),
  filters: z.array(filter),
  outcome: z.strictObject({
    from: z.enum(['answer', 'trouble', 'fault']),
    code: count,
    result: z.strictObject({ sha256: hexSha256, size: count }),
    reason: z.string(),
  }),
});

/**
 * What one answer came from. Amounts and ids are decimal text, hashes as Neo displays them, bytes
 * stand outside by their SHA-256.
 * - `outcome.from`: `answer` is what the work ended with; `trouble`, that every try failed and the
 *   code for that was answered; `fault`, a fault of the node itself, which says nothing.
 * - `logs`: the lines that a function logged, in the last try
 * - `fetches`: those of the last try, in the order in which they were asked for
 */
export type Bundle = z.infer<typeof schema>;
export type BundleFetch = Bundle['fetches'][number];
export type BundleSecret = Bundle['secrets'][number];
export type BlobRef = z.infer<typeof blob>;

/** Reads what JSON.parse gave; a text says what was wrong with it. */
export function readBundle(value: unknown): Bundle | string {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  return `${issue?.path.join('.') || 'bundle'}: ${issue?.message ?? 'malformed'}`;
}

/** The one text of a bundle, of which the hash is taken. */
export const bundleText = (bundle: unknown): string => JSON.stringify(bundle);

/** SHA-256 of the text: it binds every byte of a bundle, and through their hashes its blobs. */
export const bundleHash = (text: string): Buffer => sha256(text);

export const blobHash = (bytes: Uint8Array): string => sha256Hex(bytes);

/** A bundle with the bytes that belong to it, by their hash. */
export interface LoadedBundle {
  readonly bundle: Bundle;
  /** As it was found; its hash is what counts. */
  readonly text: string;
  readonly blobs: ReadonlyMap<string, Buffer>;
}
