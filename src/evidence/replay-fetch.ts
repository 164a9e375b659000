import { setImmediate as nextTurn } from 'node:timers/promises';
import { shorten } from '../base/bytes.js';
import type { FetchFailed, FetchFailure, FetchResult } from '../net/fetch-result.js';
import type { FetchRequest } from '../net/request.js';
import { type BlobRef, type BundleFetch, blobHash, LEFT_OUT, type LoadedBundle } from './bundle.js';
import type { Fetching } from './record-fetch.js';

export interface FetchReplay extends Fetching {
  /** What was asked otherwise than in the record, or not asked at all. */
  differences(): readonly string[];
  /** Why what was asked could not be given. */
  gaps(): readonly string[];
}

/**
 * Gives what was recorded to work that is done again: nothing goes out. The nth fetch must be the
 * one that was the nth before; answers come in the order in which they came then.
 */
export function replayFetch({ bundle, blobs }: LoadedBundle): FetchReplay {
  const { fetches } = bundle;
  const differences: string[] = [];
  const gaps: string[] = [];
  const turns = createTurns(fetches);
  let asked = 0;

  function given(record: BundleFetch, request: FetchRequest, nth: string): FetchResult {
    const { result } = record;
    if (result?.kind !== 'response') return failedAsBefore(result, record);
    const { status, redirects, address } = result;
    const url = result.url === LEFT_OUT ? record.url : result.url;
    const headers = Object.fromEntries(result.headers);
    const head = { kind: 'response', status, headers, url, redirects, address } as const;
    const isWanted = request.wantsBody?.(status, headers) ?? true;
    if (!isWanted) return { ...head, body: Buffer.alloc(0), reused: false };
    const body = result.body.size === 0 ? Buffer.alloc(0) : blobs.get(result.body.sha256);
    if (body !== undefined) return { ...head, body, reused: false };
    gaps.push(`${nth}: ${missing(result.body)}`);
    return failed('aborted', 'the body was not kept', record);
  }

  return {
    differences: () =>
      asked < fetches.length
        ? [...differences, `${fetches.length - asked} recorded fetches were not asked for`]
        : differences,
    gaps: () => gaps,
    async fetch(request, signal) {
      const index = asked++;
      const nth = `fetch ${index + 1}`;
      const record = fetches[index];
      if (record === undefined) {
        differences.push(`${nth}, of ${shorten(request.url)}, is not in the record`);
        return failed('aborted', 'this fetch was not recorded', null);
      }
      const difference = differenceOf(record, request);
      if (difference !== null) {
        differences.push(`${nth}: ${difference}`);
        return failed('aborted', 'another fetch was recorded', record);
      }
      await turns.take(index, signal);
      return given(record, request, nth);
    },
  };
}

const missing = ({ size, redacted }: BlobRef): string =>
  `its body of ${size} bytes was not kept${redacted ? ', since a secret stood in it' : ''}`;

function failedAsBefore(result: BundleFetch['result'], record: BundleFetch): FetchResult {
  if (result?.kind !== 'failed') return failed('aborted', 'it never ended', record);
  const { failure, reason, sent, redirects } = result;
  return { kind: 'failed', failure: failure as FetchFailure, reason, sent, redirects };
}

const failed = (
  failure: FetchFailure,
  reason: string,
  record: BundleFetch | null,
): FetchFailed => ({
  kind: 'failed',
  failure,
  reason,
  sent: false,
  redirects: record?.result?.redirects ?? 0,
});

function differenceOf(record: BundleFetch, request: FetchRequest): string | null {
  const { url, method = 'GET', headers = {}, body, redirects = null } = request;
  const differs = (what: string, before: unknown, now: unknown): string | null => {
    const [was, is] = [before, now].map((value) => JSON.stringify(value));
    return was === is ? null : `${what} was ${shorten(was ?? '')}, now ${shorten(is ?? '')}`;
  };
  const sorted = Object.entries(headers)
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const rule = redirects && {
    max: redirects.max,
    on: redirects.on,
    relative: redirects.relative,
  };
  return (
    differs('the method', record.method, method) ??
    differs('the URL', record.url, url) ??
    differs('the headers', record.headers, sorted) ??
    differs('the rule for redirects', record.redirects, rule) ??
    differs('the body', record.body?.sha256 ?? null, body === undefined ? null : blobHash(body))
  );
}

const NEVER = new Promise<void>(() => {});

/** Lets each through after those that ended before it; one that never ended, never. */
function createTurns(fetches: readonly BundleFetch[]) {
  const order = fetches
    .map(({ ended }, index) => ({ ended, index }))
    .filter(({ ended }) => ended !== null)
    .sort((a, b) => (a.ended ?? 0) - (b.ended ?? 0))
    .map(({ index }) => index);
  const passed = order.map(() => createGate());
  return {
    async take(index: number, signal?: AbortSignal): Promise<void> {
      const place = order.indexOf(index);
      const mine = passed[place];
      await beforeAbort(mine === undefined ? NEVER : before(place), signal);
      // Whoever waited for the one before gets to act on it first.
      await nextTurn();
      mine?.open();
    },
  };

  function before(place: number): Promise<void> {
    return passed[place - 1]?.opened ?? Promise.resolve();
  }
}

function createGate() {
  let open: () => void = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

function beforeAbort(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return work;
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
