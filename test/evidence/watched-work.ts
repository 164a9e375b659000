import { systemClock } from '../../src/base/clock.js';
import type { Hash160 } from '../../src/base/hash.js';
import type { Outcome } from '../../src/base/outcome.js';
import { type Bundle, type LoadedBundle, readBundle } from '../../src/evidence/bundle.js';
import type { Fetching } from '../../src/evidence/record-fetch.js';
import type { Filtering } from '../../src/evidence/record-filters.js';
import { recordWork, type WorkRecorder } from '../../src/evidence/record-work.js';
import { type KeepRules, sealBundle, type WorkFacts } from '../../src/evidence/seal-bundle.js';
import { watchReveal } from '../../src/pipeline/watch-reveal.js';
import { createHttpResolver, type HttpWork } from '../../src/resolvers/http.js';
import type { Reveal } from '../../src/vault/reveal.js';
import { secretInResult } from '../../src/vault/secret-traces.js';

export const REQUESTER: Hash160 = `0x${'11'.repeat(20)}`;
export const ALL_KEPT: KeepRules = {
  bodies: 'full',
  maxBodyBytes: 2 * 1024 * 1024,
  headers: new Set(['content-type', 'retry-after']),
};

const FACTS: WorkFacts = {
  node: { version: 'test', magic: 56_753, gateway: `0x${'22'.repeat(20)}` },
  request: {
    id: 7n,
    kind: 'http',
    requester: REQUESTER,
    payer: REQUESTER,
    subject: '',
    filter: '',
    maxFee: 200_000_000n,
    deadline: 900,
    createdBlock: 660,
    createdTx: `0x${'33'.repeat(32)}`,
    createdTimeMs: 1_700_000_000_000,
  },
  further: {},
  settings: { profile: 'csharp', contentTypes: null },
  limits: { maxResultBytes: 60 * 1024 },
};

export interface WatchedWork {
  readonly kind: 'oracle' | 'http';
  /** The url or the spec. */
  readonly subject: string;
  readonly filter?: string;
}

export interface WatchingOptions {
  readonly fetch: Fetching;
  readonly filters: Filtering;
  readonly reveal?: Reveal;
  readonly rules?: KeepRules;
  readonly signal?: AbortSignal;
}

/** Does a piece of work with the real resolver under a recorder, and seals what was seen. */
export async function watchWork(
  { kind, subject, filter = '' }: WatchedWork,
  options: WatchingOptions,
): Promise<{ outcome: Outcome; loaded: LoadedBundle; bundle: Bundle }> {
  const { fetch, filters, rules = ALL_KEPT } = options;
  const recorder = recordWork({ requestId: 7n, fetch, filters, clock: systemClock });
  const resolver = createHttpResolver({
    fetch: recorder.fetch,
    filters: recorder.filters,
    profile: 'csharp',
    ...(options.reveal === undefined ? {} : { reveal: watched(options.reveal, recorder) }),
  });
  const head = { requestId: 7n, requester: REQUESTER, filter };
  const work: HttpWork =
    kind === 'oracle'
      ? { ...head, style: 'native', url: subject }
      : { ...head, style: 'spec', spec: subject };
  const outcome = await resolver(work, options.signal ?? new AbortController().signal);
  const request = { ...FACTS.request, kind, subject, filter };
  const ended = endOf(outcome);
  const facts = { ...FACTS, request };
  const { text, blobs } = sealBundle(facts, recorder.records(), ended, rules, secretInResult);
  const bundle = readBundle(JSON.parse(text));
  if (typeof bundle === 'string') throw new Error(bundle);
  return { outcome, bundle, loaded: { bundle, text, blobs } };
}

/** As a keystore with one key would. */
const watched = (reveal: Reveal, recorder: WorkRecorder): Reveal =>
  watchReveal(reveal, recorder, {
    open: async () => ({
      ids: () => ['k1'],
      key: () => Buffer.alloc(32, 9),
      add: () => 'k2',
      remove: () => {},
    }),
  });

function endOf(outcome: Outcome) {
  const ended = { reason: outcome.reason, tries: 1, atMs: 1_700_000_001_000 };
  if (outcome.kind === 'answer') {
    return { ...ended, from: 'answer', code: outcome.code, result: outcome.result } as const;
  }
  if (outcome.kind === 'fatal') {
    return { ...ended, from: 'fault', code: 255, result: Buffer.alloc(0) } as const;
  }
  const { code } = outcome.otherwise;
  return { ...ended, from: 'trouble', code, result: Buffer.alloc(0) } as const;
}
