import { createHash } from 'node:crypto';
import { messageOf } from '../base/node-error.js';
import type { FetchFailure } from '../net/fetch-result.js';
import type { Fetcher } from './http.js';

/** sha256 of a function's source: 64 hex digits in the order of the bytes. */
export type CodeHash = string;

/** What the gateway's `codeOf` tells of a code. */
export interface RegisteredCode {
  /** Empty where the code lies elsewhere. */
  readonly source: Buffer;
  readonly uris: readonly string[];
}

export type FoundCode =
  | { readonly kind: 'found'; readonly source: Buffer; readonly from: string }
  /** `mayPass`: somebody who has it could not be asked just now. */
  | { readonly kind: 'missing'; readonly reason: string; readonly mayPass: boolean };

export type FindCode = (hash: CodeHash, signal: AbortSignal) => Promise<FoundCode>;

/** Hosts that a code may fetch from; null: wherever web requests may. */
export type HostsOf = (hash: CodeHash) => readonly string[] | null;

export interface CodePlaces {
  /** The operator's own file of that code, or null. */
  readonly inStore: (hash: CodeHash) => Promise<Buffer | null>;
  /** Rejects with a NodeError when no endpoint answers. */
  readonly onChain: (hash: CodeHash, signal: AbortSignal) => Promise<RegisteredCode | null>;
  readonly fetch: Fetcher;
  readonly maxSourceBytes: number;
  /** Codes that are kept in memory. */
  readonly maxKept: number;
}

export const sha256Hex = (bytes: Uint8Array): CodeHash =>
  createHash('sha256').update(bytes).digest('hex');

/** Anybody may add a uri to a code: slow ones must not hold up those behind them. */
const URIS_AT_ONCE = 4;

/** Failures of a fetch that may be gone the next time. */
const PASSING: ReadonlySet<FetchFailure> = new Set([
  'dns',
  'connect',
  'timeout',
  'interrupted',
  'aborted',
]);

/**
 * Finds code by its hash: in the operator's store, on the chain, or at one of its uris. Whatever
 * has another sha256 is not it, wherever it comes from.
 */
export function createCodeFinder(places: CodePlaces): FindCode {
  const { maxSourceBytes, maxKept } = places;
  const kept = new Map<CodeHash, { source: Buffer; from: string }>();

  function keep(hash: CodeHash, source: Buffer, from: string): FoundCode {
    kept.delete(hash);
    kept.set(hash, { source, from });
    const oldest = kept.keys().next().value;
    if (kept.size > maxKept && oldest !== undefined) kept.delete(oldest);
    return { kind: 'found', source, from };
  }

  async function atUri(uri: string, hash: CodeHash, signal: AbortSignal): Promise<FoundCode> {
    const missing = (why: string, mayPass = false): FoundCode => {
      return { kind: 'missing', reason: why, mayPass };
    };
    const result = await places.fetch.fetch({ url: uri }, signal);
    if (result.kind === 'failed') return missing(result.reason, PASSING.has(result.failure));
    const { host } = new URL(result.url);
    const { status, body } = result;
    if (status !== 200) return missing(`${host} answered with status ${status}`, status >= 500);
    if (body.length > maxSourceBytes) {
      return missing(`${host} has ${body.length} bytes, at most ${maxSourceBytes} are run`);
    }
    const found = sha256Hex(body);
    if (found !== hash) return missing(`${host} has other code, of sha256 ${found}`);
    return keep(hash, body, host);
  }

  /** What was found or not, by uri; what is found first ends the search. */
  async function atUris(uris: readonly string[], hash: CodeHash, signal: AbortSignal) {
    const found = new AbortController();
    const either = AbortSignal.any([signal, found.signal]);
    const ends: FoundCode[] = [];
    const left = uris.entries();
    async function lane(): Promise<void> {
      for (const [at, uri] of left) {
        if (either.aborted) return;
        const end = await atUri(uri, hash, either);
        ends[at] = end;
        if (end.kind === 'found') found.abort();
      }
    }
    await Promise.all(Array.from({ length: URIS_AT_ONCE }, lane));
    signal.throwIfAborted();
    return ends.filter((end) => end !== undefined);
  }

  return async (hash, signal) => {
    const known = kept.get(hash);
    if (known !== undefined) return keep(hash, known.source, known.from);
    const stored = await places.inStore(hash);
    if (stored !== null && sha256Hex(stored) === hash)
      return keep(hash, stored, "the node's store");
    const reasons = stored === null ? [] : ["the file in the node's store has another sha256"];
    let mayPass = false;
    try {
      const registered = await places.onChain(hash, signal);
      const { source, uris } = registered ?? { source: Buffer.alloc(0), uris: [] };
      if (source.length > 0 && sha256Hex(source) === hash) return keep(hash, source, 'the chain');
      for (const end of await atUris(uris, hash, signal)) {
        if (end.kind === 'found') return end;
        reasons.push(end.reason);
        mayPass ||= end.mayPass;
      }
      if (uris.length === 0) reasons.push('it is neither on the chain nor has it a uri');
    } catch (error) {
      signal.throwIfAborted();
      reasons.push(messageOf(error));
      mayPass = true;
    }
    return { kind: 'missing', reason: `no code of sha256 ${hash}: ${reasons.join('; ')}`, mayPass };
  };
}
