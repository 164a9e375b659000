import type { Clock } from '../base/clock.js';
import type { RequestOutcome } from '../base/outcome.js';
import type { EvidenceStore } from '../evidence/evidence-store.js';
import type { Fetching } from '../evidence/record-fetch.js';
import type { Filtering } from '../evidence/record-filters.js';
import { recordWork, type WorkRecorder } from '../evidence/record-work.js';
import type { FindSecret } from '../evidence/redact.js';
import { type KeepRules, sealBundle, type WorkFacts } from '../evidence/seal-bundle.js';
import type { RequestRow } from '../requests/request-store.js';

/** An answer as it is recorded, after `tries` tries. */
export interface FoundAnswer {
  readonly row: RequestRow;
  /** What the last try ended with. */
  readonly outcome: RequestOutcome;
  readonly code: number;
  readonly result: Buffer;
  readonly reason: string;
  readonly tries: number;
}

/** Joins the transaction that records the answer. */
export type KeepEvidence = (found: FoundAnswer) => void;

export type RowResolver = (row: RequestRow, signal: AbortSignal) => Promise<RequestOutcome>;

export interface EvidenceParts {
  readonly store: EvidenceStore;
  readonly clock: Clock;
  /** What a request's work fetches by: prices are those of its block. */
  readonly fetchFor: (row: RequestRow) => Fetching;
  readonly filters: Filtering;
  /** By the kind of the request. */
  readonly rules: (kind: RequestRow['kind']) => KeepRules;
  readonly facts: Pick<WorkFacts, 'node' | 'settings' | 'limits'>;
  readonly findSecret: FindSecret;
  /** The resolver that works under the eyes of a recorder: one for each piece of work. */
  readonly resolverFor: (recorder: WorkRecorder) => RowResolver;
}

/**
 * A resolver that is watched, and what keeps the evidence of the answers that it finds. A try that
 * is to be repeated is forgotten with its outcome.
 */
export function createEvidence(parts: EvidenceParts): {
  readonly resolver: RowResolver;
  readonly keep: KeepEvidence;
} {
  const { store, clock, fetchFor, filters } = parts;
  const seen = new WeakMap<RequestOutcome, WorkRecorder>();

  async function resolver(row: RequestRow, signal: AbortSignal): Promise<RequestOutcome> {
    const fetch = fetchFor(row);
    const recorder = recordWork({ requestId: row.id, fetch, filters, clock });
    // A copy, since an outcome may be one and the same for many requests.
    const outcome = { ...(await parts.resolverFor(recorder)(row, signal)) };
    seen.set(outcome, recorder);
    return outcome;
  }

  function keep({ row, outcome, code, result, reason, tries }: FoundAnswer): void {
    // A random number proves itself on the chain.
    if (row.kind === 'random') return;
    const unseen = { requestId: row.id, fetch: fetchFor(row), filters, clock };
    const recorder = seen.get(outcome) ?? recordWork(unseen);
    const records = recorder.records();
    const atMs = clock.nowMs();
    const ended = { from: fromOf(outcome, seen.has(outcome)), code, result, reason, tries, atMs };
    const { node, settings, limits } = parts.facts;
    const facts = { node, settings, limits, request: row, further: {} };
    const sealed = sealBundle(facts, records, ended, parts.rules(row.kind), parts.findSecret);
    for (const { value } of records.redacted) value.fill(0);
    store.add(row.id, sealed, atMs);
  }

  return { resolver, keep };
}

/** An outcome that nobody watched came of what the resolver threw. */
function fromOf(outcome: RequestOutcome, wasWatched: boolean): 'answer' | 'trouble' | 'fault' {
  if (!wasWatched || outcome.kind === 'fatal') return 'fault';
  const isTrouble = outcome.kind === 'retry' || (outcome.kind === 'answer' && outcome.ownTrouble);
  return isTrouble ? 'trouble' : 'answer';
}
