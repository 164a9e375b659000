import { shorten } from '../base/bytes.js';
import type { Hash160 } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import {
  answerCode,
  answerSuccess,
  type FailureAnswer,
  type Outcome,
  ResponseCode,
  type RetryLater,
} from '../base/outcome.js';
import type { Dialect, FilterFailure, FilterOutcome } from '../filters/filter-outcome.js';
import {
  type FetchedAnswer,
  type FetchFailed,
  type FetchFailure,
  type FetchResult,
  printable,
} from '../net/fetch-result.js';
import type { FetchRequest } from '../net/request.js';
import { isIdempotent } from '../net/request-headers.js';
import { pairOfUrl } from '../prices/price-source.js';
import type { Reveal } from '../vault/reveal.js';
import { borrowSecrets } from './borrow-secrets.js';
import { type HttpCodes, type NativeProfile, nativeCodes, specCodes } from './http-codes.js';
import { type HttpSpec, parseHttpSpec } from './http-spec.js';
import { secretPlaces } from './secret-places.js';

/** A request for web data, as its event says it. */
export type HttpWork = {
  readonly requestId: bigint;
  readonly requester: Hash160;
  /** JSONPath; "" takes the body as it is. */
  readonly filter: string;
} & (
  | { readonly style: 'native'; readonly url: string }
  | { readonly style: 'spec'; readonly spec: string }
);

/** What the resolver needs of src/net. */
export interface Fetcher {
  fetch(request: FetchRequest, signal?: AbortSignal): Promise<FetchResult>;
}

/** What the resolver needs of src/filters. */
export interface FilterEvaluator {
  evaluate(
    dialect: Dialect,
    path: string,
    body: Buffer,
    signal?: AbortSignal,
  ): Promise<FilterOutcome>;
}

/**
 * Finds the answer to a request for web data. Rejects only with the signal's reason, once it is
 * aborted, and on bugs: all that the web does is in the outcome.
 */
export type HttpResolver = (work: HttpWork, signal: AbortSignal) => Promise<Outcome>;

export interface HttpResolverOptions {
  readonly fetch: Fetcher;
  readonly filters: FilterEvaluator;
  /** Whose rules `request` follows where the native oracles differ. */
  readonly profile: NativeProfile;
  /** Media types that `request` takes; application/json by default. */
  readonly contentTypes?: readonly string[] | undefined;
  /** Bytes of a result; 60 KiB by default. */
  readonly maxResultBytes?: number | undefined;
  /** Gives secrets to those that they were granted to; without it nobody gets any. */
  readonly reveal?: Reveal | undefined;
}

/** The design's limit of a result on the chain. */
export const MAX_RESULT_BYTES = 60 * 1024;

/** How soon a source in trouble may be asked again, unless it says so itself, and then at most. */
const RETRY_AFTER_MS = 1_000;
const MAX_RETRY_AFTER_MS = 30_000;

/** One request, ready to be fetched, with the rules of its kind. */
interface Job {
  readonly codes: HttpCodes;
  readonly dialect: Dialect;
  readonly filter: string;
  readonly request: FetchRequest;
  /** Secrets that are still to be put into the request. */
  readonly secretNames: readonly string[];
}

/**
 * Builds the resolver of `request` and `requestHttp`. Trouble that may pass comes back as a retry
 * with the answer that ends it; what would be the same the next time is answered at once.
 */
export function createHttpResolver(options: HttpResolverOptions): HttpResolver {
  const { fetch, filters, maxResultBytes = MAX_RESULT_BYTES } = options;
  const native = () => nativeCodes(options.profile, options.contentTypes?.slice());

  async function run(job: Job, signal: AbortSignal): Promise<Outcome> {
    const result = await fetch.fetch(job.request, signal);
    signal.throwIfAborted();
    const noPrice = priceRefusal(job.request.url, result);
    if (noPrice !== null) return answerCode(ResponseCode.NotFound, noPrice);
    if (result.kind === 'failed') return outcomeOfFailure(job, result);
    const { codes, filter } = job;
    if (!codes.isSuccess(result.status)) return outcomeOfStatus(job, result);
    const refused =
      codes.refuseType(result.headers['content-type']) ?? codes.refuseBody(result.body);
    if (refused !== null) return answerCode(refused.code, refused.reason);
    if (filter === '') return answerSuccess(result.body, describe(result));
    return outcomeOfFilter(job, result, filters, signal);
  }

  const resolve: HttpResolver = async (work, signal) => {
    const job = work.style === 'native' ? nativeJob(work, native()) : specJob(work, specCodes());
    if ('code' in job) return answerCode(job.code, job.reason);
    if (job.secretNames.length === 0) return run(job, signal);
    const lent = await borrowSecrets(job.secretNames, work, options.reveal ?? noVault);
    if (lent.kind === 'refused') return answerCode(lent.code, lent.reason);
    if (lent.kind === 'trouble') return retry(RETRY_AFTER_MS, ResponseCode.Error, lent.reason);
    try {
      return lent.withhold(await run({ ...job, request: lent.fill(job.request) }, signal));
    } finally {
      lent.wipe();
    }
  };
  return async (work, signal) => fitForRecord(await resolve(work, signal), maxResultBytes);
}

/** Why a price: URL has no answer: the pair has no round, or nobody here knows of prices. */
function priceRefusal(url: string, result: FetchResult): string | null {
  const pair = pairOfUrl(url);
  if (pair === null || (result.kind === 'response' && result.status === 200)) return null;
  return `no price of ${shorten(pair, 40)} was published up to the request's block`;
}

function nativeJob(work: HttpWork & { style: 'native' }, codes: HttpCodes): Job | FailureAnswer {
  if (pairOfUrl(work.url) !== null) {
    // The native oracle knows no such scheme.
    const reason = 'a price: URL is for requestHttp';
    return { code: ResponseCode.ProtocolNotSupported, reason };
  }
  const { headers, redirects } = codes;
  const request = { url: work.url, headers, redirects, wantsBody: wantsBody(codes) };
  return { codes, dialect: 'native', filter: work.filter, request, secretNames: [] };
}

function specJob(work: HttpWork & { style: 'spec' }, codes: HttpCodes): Job | FailureAnswer {
  const spec = parseHttpSpec(work.spec);
  if (spec.kind === 'bad-spec') return { code: ResponseCode.Error, reason: spec.reason };
  const places = secretPlaces(spec);
  if (places.kind === 'in-url') {
    const reason = 'a secret is never put into a URL: use a header or the body';
    return { code: ResponseCode.Forbidden, reason };
  }
  if (places.kind === 'bad-place') return { code: ResponseCode.Error, reason: places.reason };
  if (pairOfUrl(spec.url) !== null) {
    const isPlain = spec.method === 'GET' && Object.keys(spec.headers).length === 0;
    const reason = 'a price takes no method, headers or body';
    if (!isPlain) return { code: ResponseCode.Error, reason };
  }
  const request = requestOf(spec, codes);
  return { codes, dialect: 'rfc9535', filter: work.filter, request, secretNames: places.names };
}

function requestOf(spec: HttpSpec, codes: HttpCodes): FetchRequest {
  const given = Object.keys(spec.headers).map((name) => name.toLowerCase());
  const defaults = Object.entries(codes.headers).filter(([name]) => !given.includes(name));
  return {
    url: spec.url,
    method: spec.method,
    headers: { ...Object.fromEntries(defaults), ...spec.headers },
    body: spec.body === null ? undefined : Buffer.from(spec.body),
    redirects: codes.redirects,
    wantsBody: wantsBody(codes),
  };
}

const noVault: Reveal = async () => ({ kind: 'forbidden', reason: 'this node has no vault' });

/** Nothing of a body that will not be the result can change the outcome: it isn't even read. */
const wantsBody =
  (codes: HttpCodes): NonNullable<FetchRequest['wantsBody']> =>
  (status, headers) =>
    codes.isSuccess(status) && codes.refuseType(headers['content-type']) === null;

/** Failures that may be gone the next time. */
const TRANSIENT: ReadonlySet<FetchFailure> = new Set([
  'dns',
  'connect',
  'timeout',
  'interrupted',
  'aborted',
]);

function outcomeOfFailure(job: Job, { failure, reason, sent }: FetchFailed): Outcome {
  const code = job.codes.failures[failure];
  const again = TRANSIENT.has(failure) && (!sent || mayRepeat(job));
  return again ? retry(RETRY_AFTER_MS, code, reason) : answerCode(code, reason);
}

/** Statuses that say: nothing was done, come again. */
const COME_AGAIN = new Set([408, 425, 429]);

function outcomeOfStatus(job: Job, { status, headers, url }: FetchedAnswer): Outcome {
  const code = job.codes.codeOf(status);
  const reason = `${new URL(url).host} answered with status ${status}`;
  const again = COME_AGAIN.has(status) || (status >= 500 && mayRepeat(job));
  if (!again) return answerCode(code, reason);
  return retry(retryAfterMs(headers['retry-after']), code, reason);
}

/** What may have had an effect at the source is not sent twice. */
const mayRepeat = ({ request }: Job): boolean => isIdempotent(request.method ?? 'GET');

function retry(afterMs: number, code: FailureAnswer['code'], reason: string): RetryLater {
  return { kind: 'retry', reason, afterMs, otherwise: { code, reason } };
}

/** Only the form in seconds; a date would need the source's clock to be right. */
function retryAfterMs(header: string | undefined): number {
  if (header === undefined || !/^\d{1,9}$/.test(header)) return RETRY_AFTER_MS;
  return Math.min(Math.max(Number(header) * 1_000, RETRY_AFTER_MS), MAX_RETRY_AFTER_MS);
}

const FILTER_CODES: Readonly<
  Record<Exclude<FilterFailure, 'busy' | 'cancelled'>, FailureAnswer['code']>
> = {
  'bad-path': ResponseCode.Error,
  'not-json': ResponseCode.Error,
  limit: ResponseCode.Error,
  'inexact-number': ResponseCode.Error,
  'too-large': ResponseCode.ResponseTooLarge,
  timeout: ResponseCode.Timeout,
  'out-of-memory': ResponseCode.Error,
  crashed: ResponseCode.Error,
};

async function outcomeOfFilter(
  job: Job,
  result: FetchedAnswer,
  filters: FilterEvaluator,
  signal: AbortSignal,
): Promise<Outcome> {
  const filtered = await evaluate(job, result, filters, signal);
  signal.throwIfAborted();
  if (filtered.kind === 'matched') return answerSuccess(filtered.json, describe(result));
  const reason = `filter: ${filtered.reason}`;
  if (filtered.kind === 'busy' || filtered.kind === 'cancelled') {
    // The node's own trouble. What the source did is done, so its answer may be fetched again.
    const code = ResponseCode.Error;
    return mayRepeat(job) ? retry(RETRY_AFTER_MS, code, reason) : answerCode(code, reason);
  }
  return answerCode(FILTER_CODES[filtered.kind], reason);
}

async function evaluate(
  { dialect, filter }: Job,
  { body }: FetchedAnswer,
  filters: FilterEvaluator,
  signal: AbortSignal,
): Promise<FilterOutcome> {
  try {
    return await filters.evaluate(dialect, filter, body, signal);
  } catch (error) {
    if (!(error instanceof NodeError)) throw error;
    return { kind: 'busy', reason: error.message };
  }
}

/** Keeps results to their limit and strangers' text in reasons to what can be printed. */
function fitForRecord(outcome: Outcome, maxBytes: number): Outcome {
  const reason = printable(outcome.reason);
  if (outcome.kind === 'retry') {
    return { ...outcome, reason, otherwise: { ...outcome.otherwise, reason } };
  }
  if (outcome.kind !== 'answer' || outcome.result.length <= maxBytes) return { ...outcome, reason };
  const size = `the result has ${outcome.result.length} bytes, at most ${maxBytes} are allowed`;
  return answerCode(ResponseCode.ResponseTooLarge, size);
}

function describe({ url, status, body, redirects }: FetchedAnswer): string {
  const pair = pairOfUrl(url);
  if (pair !== null) return `the round of ${shorten(pair, 40)} at the request's block`;
  const hops = redirects === 0 ? '' : ` after ${redirects} redirects`;
  return `${new URL(url).host} answered with status ${status}, ${body.length} bytes${hops}`;
}
