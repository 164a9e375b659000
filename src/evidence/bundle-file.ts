import { shorten, toHex, utf8Text } from '../base/bytes.js';
import { messageOf, NodeError } from '../base/node-error.js';
import { bundleHash, bundleText, type LoadedBundle, readBundle } from './bundle.js';

/** Bytes of a file that is read; ten bodies of 2 MiB as JSON stay below it. */
export const MAX_BUNDLE_FILE_BYTES = 64 * 1024 * 1024;

/** The answer on the chain, known only after the bundle was sealed: its hash does not bind it. */
export interface AnsweredIn {
  readonly tx: string;
  readonly block: number | null;
}

export interface BundleFile extends LoadedBundle {
  /** What the file says that the bundle's hash is. */
  readonly claimedHash: string;
  readonly answeredIn: AnsweredIn | null;
}

/** The file of a bundle: JSON for people and programs, whole without anything beside it. */
export function writeBundleFile(
  { text, blobs }: LoadedBundle,
  answeredIn: AnsweredIn | null,
): string {
  const bodies = [...blobs].map(([hash, bytes]) => [hash, encoded(bytes)]);
  const file = {
    dodonaEvidence: 1,
    hash: toHex(bundleHash(text)),
    answeredIn,
    bundle: JSON.parse(text) as unknown,
    bodies: Object.fromEntries(bodies),
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

function encoded(bytes: Buffer): { text: string } | { base64: string } {
  const text = utf8Text(bytes);
  return text === null ? { base64: bytes.toString('base64') } : { text };
}

const KEYS: readonly string[] = ['dodonaEvidence', 'hash', 'answeredIn', 'bundle', 'bodies'];

/** Reads such a file. Throws a NodeError EVIDENCE_FILE. */
export function readBundleFile(content: string): BundleFile {
  const file = objectOf(parsed(content), 'the file');
  if (file.dodonaEvidence !== 1) {
    throw malformed(`dodonaEvidence is ${shownFormat(file.dodonaEvidence)}, 1 was expected`);
  }
  const stray = Object.keys(file).find((key) => !KEYS.includes(key));
  if (stray !== undefined) throw malformed(`the key ${shorten(stray)} is not known`);
  const bundle = readBundle(file.bundle);
  if (typeof bundle === 'string') throw malformed(bundle);
  if (typeof file.hash !== 'string') throw malformed('hash is missing');
  return {
    bundle,
    text: bundleText(file.bundle),
    blobs: bodiesOf(objectOf(file.bodies, 'bodies')),
    claimedHash: file.hash,
    answeredIn: answeredInOf(file.answeredIn),
  };
}

/** What is no format at all is not shown: not all that JSON can hold becomes a text. */
function shownFormat(format: unknown): string {
  if (format === undefined) return 'missing';
  if (typeof format === 'object' && format !== null) return 'no number';
  return shorten(String(format));
}

function parsed(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch (error) {
    throw malformed(`it is no JSON: ${shorten(messageOf(error))}`);
  }
}

type Fields = Readonly<Record<string, unknown>>;

function objectOf(value: unknown, what: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw malformed(`${what} must be an object`);
}

/** The keys are hashes, but nothing hangs on them: who uses the bytes takes their hash. */
function bodiesOf(bodies: Fields): Map<string, Buffer> {
  return new Map(
    Object.entries(bodies).map(([hash, value]) => {
      const { text, base64 } = objectOf(value, 'a body');
      if (typeof text === 'string') return [hash, Buffer.from(text)];
      if (typeof base64 === 'string') return [hash, Buffer.from(base64, 'base64')];
      throw malformed('a body has neither text nor base64');
    }),
  );
}

function answeredInOf(value: unknown): AnsweredIn | null {
  if (value === null) return null;
  const { tx, block } = objectOf(value, 'answeredIn');
  if (typeof tx !== 'string' || !/^0x[0-9a-f]{64}$/.test(tx)) {
    throw malformed('answeredIn.tx is no hash of a transaction');
  }
  return { tx, block: typeof block === 'number' ? block : null };
}

const malformed = (problem: string): NodeError =>
  new NodeError('EVIDENCE_FILE', `not a bundle of evidence: ${problem}`, {
    hint: 'give a file that `dodona evidence export` wrote, as it was written',
  });
