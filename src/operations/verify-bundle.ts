import { toHex } from '../base/bytes.js';
import type { Clock } from '../base/clock.js';
import { type Bundle, blobHash, bundleHash, type LoadedBundle } from '../evidence/bundle.js';
import { reRun, type Workshop } from './re-run.js';

/** One thing that was looked at. */
export interface Check {
  readonly what: string;
  /** `skipped`: there was nothing to hold it against. */
  readonly found: 'holds' | 'fails' | 'unproven' | 'skipped';
  /** What was found, a sentence each. */
  readonly details: readonly string[];
}

/**
 * - `verified`: all that was looked at holds, the re-run among it
 * - `differs`: something is not as it is claimed to be
 * - `unproven`: nothing is wrong, but it could not be re-run
 */
export type Verdict = 'verified' | 'differs' | 'unproven';

export interface Verification {
  readonly verdict: Verdict;
  readonly requestId: string;
  /** Whose request it claims to be: anybody can deploy a gateway of his own. */
  readonly gateway: string;
  readonly magic: number;
  /** SHA-256 of the bundle that was looked at. */
  readonly hash: string;
  readonly checks: readonly Check[];
}

/** Where a hash that a bundle must have comes from, e.g. "the node's record". */
export interface ExpectedHash {
  readonly source: string;
  readonly hash: string;
}

/** A re-run takes no longer; what was recorded as never ended does not end here. */
export const RE_RUN_TIMEOUT_MS = 60_000;

/**
 * Verifies a bundle offline: that it is the one whose hash is known, that its bytes are those it
 * names, and that the work, done again on them, ends the same. `further` are checks made elsewhere.
 */
export async function verifyBundle(
  loaded: LoadedBundle,
  options: {
    readonly expected: readonly ExpectedHash[];
    readonly workshop: Workshop;
    readonly clock: Clock;
    readonly further?: readonly Check[];
  },
): Promise<Verification> {
  const hash = toHex(bundleHash(loaded.text));
  const checks = [
    ...options.expected.map((expected) => checkHash(hash, expected)),
    checkBlobs(loaded),
    await checkReRun(withoutFalseBlobs(loaded), options.workshop, options.clock),
    ...(options.further ?? []),
  ];
  const { node, request } = loaded.bundle;
  const { gateway, magic } = node;
  return { verdict: verdictOf(checks), requestId: request.id, gateway, magic, hash, checks };
}

export function verdictOf(checks: readonly Check[]): Verdict {
  if (checks.some(({ found }) => found === 'fails')) return 'differs';
  return checks.some(({ found }) => found === 'unproven') ? 'unproven' : 'verified';
}

function checkHash(hash: string, { source, hash: expected }: ExpectedHash): Check {
  const what = `the hash is that of ${source}`;
  return hash === expected.toLowerCase()
    ? { what, found: 'holds', details: [] }
    : { what, found: 'fails', details: [`${source} has ${expected}, the bundle ${hash}`] };
}

/** Every body that a bundle says was kept must be there with its very bytes. */
function checkBlobs({ bundle, blobs }: LoadedBundle): Check {
  const what = 'what was sent and received is there, byte by byte';
  const details: string[] = [];
  for (const { name, sha256, size } of keptBlobs(bundle)) {
    const bytes = blobs.get(sha256);
    if (bytes === undefined) details.push(`${name} is missing`);
    else if (blobHash(bytes) !== sha256) {
      details.push(`${name} was changed: ${bytes.length} bytes instead of ${size}, or other ones`);
    }
  }
  const wanted = new Set(keptBlobs(bundle).map(({ sha256 }) => sha256));
  const strays = [...blobs.keys()].filter((hash) => !wanted.has(hash)).length;
  if (strays > 0) details.push(`${strays} bodies are there that the bundle does not name`);
  return { what, found: details.length === 0 ? 'holds' : 'fails', details };
}

function keptBlobs({ fetches, code }: Bundle) {
  const bodies = fetches.flatMap(({ body, result }, index) => [
    ...(body === null ? [] : [{ name: `what fetch ${index + 1} sent`, ...body }]),
    ...(result?.kind === 'response'
      ? [{ name: `what fetch ${index + 1} brought`, ...result.body }]
      : []),
  ]);
  const kept = bodies.filter((body) => body.kept);
  return code === null
    ? kept
    : [...kept, { name: 'the code of the function', sha256: code.sha256, size: 0 }];
}

/** What is not what its name says is not worked on. */
function withoutFalseBlobs(loaded: LoadedBundle): LoadedBundle {
  const blobs = new Map([...loaded.blobs].filter(([hash, bytes]) => blobHash(bytes) === hash));
  return { ...loaded, blobs };
}

async function checkReRun(loaded: LoadedBundle, workshop: Workshop, clock: Clock): Promise<Check> {
  const what = 'the work, done again offline, ends with the same code and the same bytes';
  const stop = new AbortController();
  const done = new AbortController();
  clock.sleep(RE_RUN_TIMEOUT_MS, done.signal).then(
    () => stop.abort(new Error('the time is over')),
    () => {},
  );
  try {
    const ended = await reRun(loaded, workshop, stop.signal);
    if (ended.kind === 'same') return { what, found: 'holds', details: ended.asRecorded };
    if (ended.kind === 'unproven') return { what, found: 'unproven', details: ended.why };
    return { what, found: 'fails', details: ended.differences };
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    const details = [`it did not end within ${RE_RUN_TIMEOUT_MS / 1_000} s`];
    return { what, found: 'unproven', details };
  } finally {
    done.abort();
  }
}
