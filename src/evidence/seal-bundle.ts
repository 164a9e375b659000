import type { Hash160, Hash256 } from '../base/hash.js';
import type { FetchResult } from '../net/fetch-result.js';
import {
  type BlobRef,
  BUNDLE_FORMAT,
  type Bundle,
  type BundleFetch,
  type BundleSecret,
  blobHash,
  bundleHash,
  bundleText,
  LEFT_OUT,
} from './bundle.js';
import type { FetchRecord } from './record-fetch.js';
import type { FilterRecord } from './record-filters.js';
import type { UsedCode } from './record-work.js';
import {
  createRedact,
  type FindSecret,
  NOTHING_TO_REDACT,
  type Redact,
  type RedactedSecret,
} from './redact.js';

/** What is known of the work before it begins. */
export interface WorkFacts {
  readonly node: { readonly version: string; readonly magic: number; readonly gateway: Hash160 };
  readonly request: {
    readonly id: bigint;
    readonly kind: string;
    readonly requester: Hash160;
    readonly payer: Hash160;
    readonly subject: string;
    readonly filter: string;
    readonly maxFee: bigint;
    readonly deadline: number;
    readonly createdBlock: number;
    readonly createdTx: Hash256;
    readonly createdTimeMs: number;
  };
  /** What else the request's kind brings with it, by name. */
  readonly further: Bundle['request']['further'];
  readonly settings: Bundle['settings'];
  readonly limits: Bundle['limits'];
}

/** What was seen while it was done. */
export interface WorkRecords {
  readonly code: UsedCode | null;
  readonly logs: readonly string[];
  readonly fetches: readonly FetchRecord[];
  readonly filters: readonly FilterRecord[];
  readonly secrets: readonly BundleSecret[];
  /** Those of them whose values were given out. */
  readonly redacted: readonly RedactedSecret[];
  readonly commitmentKey: string | null;
}

export interface WorkOutcome {
  readonly from: Bundle['outcome']['from'];
  readonly code: number;
  readonly result: Buffer;
  readonly reason: string;
  readonly tries: number;
  readonly atMs: number;
}

export interface KeepRules {
  /** `hash`: of what sources sent only the hash is kept. */
  readonly bodies: 'full' | 'hash';
  /** A longer body is only hashed. */
  readonly maxBodyBytes: number;
  /** Headers of answers that are kept, in lower case; null keeps all. */
  readonly headers: ReadonlySet<string> | null;
}

export interface SealedBundle {
  readonly hash: Buffer;
  readonly text: string;
  readonly blobs: ReadonlyMap<string, Buffer>;
}

/**
 * Makes the bundle of a piece of work that has ended. No secret is in it: what was given out is
 * replaced by its token wherever it stands, and what it can't be taken out of is left out.
 */
export function sealBundle(
  facts: WorkFacts,
  records: WorkRecords,
  outcome: WorkOutcome,
  rules: KeepRules,
  find: FindSecret,
): SealedBundle {
  const redact = createRedact(records.redacted, find);
  const blobs = new Map<string, Buffer>();
  const parts = { redact, rules, blobs, refs: new Map<Buffer, BlobRef>() };
  const fetches = records.fetches.map((record) => sealedFetch(record, parts));
  const filters = records.filters.map(({ dialect, path, body, outcome: ended }) => ({
    dialect,
    path,
    bodySha256: refOf(body, parts, true).sha256,
    outcome: ended.kind,
    reason: ended.kind === 'matched' ? '' : textWithout(redact, ended.reason),
  }));
  const bundle: Bundle = {
    format: BUNDLE_FORMAT,
    node: facts.node,
    request: requestOf(facts),
    code: codeOf(records.code, blobs),
    settings: facts.settings,
    limits: facts.limits,
    resolvedAtMs: Math.round(outcome.atMs),
    tries: outcome.tries,
    commitmentKey: records.commitmentKey,
    secrets: [...records.secrets],
    logs: linesWithout(redact, records.logs),
    fetches,
    filters,
    outcome: {
      from: outcome.from,
      code: outcome.code,
      result: { sha256: blobHash(outcome.result), size: outcome.result.length },
      reason: textWithout(redact, outcome.reason),
    },
  };
  const text = bundleText(bundle);
  return { hash: bundleHash(text), text, blobs };
}

interface Parts {
  readonly redact: Redact;
  readonly rules: KeepRules;
  readonly blobs: Map<string, Buffer>;
  /** The same bytes are looked through and hashed once. */
  readonly refs: Map<Buffer, BlobRef>;
}

/** The code is no secret: it stands on the chain, or where its uri says. */
function codeOf(code: UsedCode | null, blobs: Map<string, Buffer>): Bundle['code'] {
  if (code === null) return null;
  const sha256 = blobHash(code.source);
  blobs.set(sha256, code.source);
  const { functionId, allowedHosts } = code;
  return { functionId: String(functionId), sha256, allowedHosts: allowedHosts?.slice() ?? null };
}

function requestOf({ request, further }: WorkFacts): Bundle['request'] {
  const { id, kind, requester, payer, subject, filter, maxFee, deadline } = request;
  return {
    id: String(id),
    kind,
    requester,
    payer,
    subject,
    filter,
    maxFee: String(maxFee),
    deadline,
    block: request.createdBlock,
    blockTimeMs: request.createdTimeMs,
    tx: request.createdTx,
    further,
  };
}

function sealedFetch(record: FetchRecord, parts: Parts): BundleFetch {
  const { url, method = 'GET', headers = {}, body, redirects } = record.request;
  return {
    method,
    url: textWithout(parts.redact, url),
    headers: headersOf(headers, null, parts.redact),
    body: body === undefined ? null : refOf(body, parts, false),
    redirects: redirects ?? null,
    askedMs: record.askedMs,
    endedMs: record.endedMs,
    ended: record.ended,
    result: record.result === null ? null : sealedResult(record.result, parts),
  };
}

function sealedResult(result: FetchResult, parts: Parts): BundleFetch['result'] {
  const { redact, rules } = parts;
  if (result.kind === 'failed') {
    const { failure, sent, redirects } = result;
    const reason = textWithout(redact, result.reason);
    return { kind: 'failed', failure, reason, sent, redirects };
  }
  const { status, body, url, redirects, address } = result;
  return {
    kind: 'response',
    status,
    headers: headersOf(result.headers, rules.headers, redact),
    body: refOf(body, parts, true),
    url: textWithout(redact, url),
    redirects,
    address,
  };
}

/** `isFromSource`: the operator may want such bytes hashed only. */
function refOf(bytes: Buffer, parts: Parts, isFromSource: boolean): BlobRef {
  const known = parts.refs.get(bytes);
  if (known !== undefined) return known;
  const { rules, blobs } = parts;
  const { bytes: redacted, changed } = parts.redact(bytes);
  const clean = redacted ?? Buffer.alloc(0);
  const fits = !isFromSource || (rules.bodies === 'full' && clean.length <= rules.maxBodyBytes);
  const kept = redacted !== null && fits;
  const ref = { sha256: blobHash(clean), size: clean.length, kept, redacted: changed };
  if (kept) blobs.set(ref.sha256, clean);
  parts.refs.set(bytes, ref);
  return ref;
}

/** In the order of names: the order on the wire is not known any more. */
function headersOf(
  headers: Readonly<Record<string, string>>,
  kept: ReadonlySet<string> | null,
  redact: Redact,
): [string, string][] {
  const found: [string, string][] = [];
  for (const [given, value] of Object.entries(headers)) {
    const name = given.toLowerCase();
    if (kept?.has(name) ?? true) found.push([name, textWithout(redact, value)]);
  }
  return found.sort(([a], [b]) => (a < b ? -1 : 1));
}

/** No line may hold a secret, nor may they all together, one behind the other. */
function linesWithout(redact: Redact, lines: readonly string[]): string[] {
  const clean = lines.map((line) => textWithout(redact, line));
  const hidden = redact(Buffer.from(clean.join('')));
  return hidden.changed ? clean.map(() => LEFT_OUT) : clean;
}

function textWithout(redact: Redact, text: string): string {
  if (redact === NOTHING_TO_REDACT) return text;
  const { bytes, changed } = redact(Buffer.from(text));
  if (!changed) return text;
  return bytes === null ? LEFT_OUT : bytes.toString();
}
