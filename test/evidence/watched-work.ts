import assert from 'node:assert/strict';
import { systemClock } from '../../src/base/clock.js';
import type { Hash160 } from '../../src/base/hash.js';
import type { Outcome } from '../../src/base/outcome.js';
import { type Bundle, type LoadedBundle, readBundle } from '../../src/evidence/bundle.js';
import type { Fetching } from '../../src/evidence/record-fetch.js';
import type { Filtering } from '../../src/evidence/record-filters.js';
import { recordWork, type WorkRecorder } from '../../src/evidence/record-work.js';
import { type KeepRules, sealBundle, type WorkFacts } from '../../src/evidence/seal-bundle.js';
import { openWorkshop } from '../../src/node/open-workshop.js';
import type { Workshop } from '../../src/operations/re-run.js';
import { functionWorkOf } from '../../src/pipeline/resolve-request.js';
import { watchReveal } from '../../src/pipeline/watch-reveal.js';
import { createFunctionResolver, type FunctionRunner } from '../../src/resolvers/function.js';
import { sha256Hex } from '../../src/resolvers/function-code.js';
import { createHttpResolver, type HttpWork } from '../../src/resolvers/http.js';
import type { Reveal } from '../../src/vault/reveal.js';
import { secretInResult } from '../../src/vault/secret-traces.js';
import type { KeyRing } from '../../src/vault/vault-keys.js';

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
  /** Keys of commitments. */
  readonly ring?: Pick<KeyRing, 'ids' | 'key'>;
  readonly rules?: KeepRules;
  readonly signal?: AbortSignal;
}

export interface Watched {
  readonly outcome: Outcome;
  readonly bundle: Bundle;
  readonly loaded: LoadedBundle;
}

/** Does a piece of work with the real resolver under a recorder, and seals what was seen. */
export async function watchWork(
  { kind, subject, filter = '' }: WatchedWork,
  options: WatchingOptions,
): Promise<Watched> {
  const { fetch, filters, rules = ALL_KEPT } = options;
  const recorder = recordWork({ requestId: 7n, fetch, filters, clock: systemClock });
  const resolver = createHttpResolver({
    fetch: recorder.fetch,
    filters: recorder.filters,
    profile: 'csharp',
    ...(options.reveal === undefined
      ? {}
      : { reveal: watched(options.reveal, recorder, options.ring) }),
  });
  const head = { requestId: 7n, requester: REQUESTER, filter };
  const work: HttpWork =
    kind === 'oracle'
      ? { ...head, style: 'native', url: subject }
      : { ...head, style: 'spec', spec: subject };
  const outcome = await resolver(work, options.signal ?? new AbortController().signal);
  return sealed(recorder, { kind, subject, filter }, outcome, rules);
}

export interface WatchedFunction {
  /** Body of the function. */
  readonly code: string;
  /** JSON text. */
  readonly args?: string;
  readonly allowedHosts?: readonly string[];
}

/** As above, of a function. */
export async function watchFunction(
  { code, args = 'null', allowedHosts }: WatchedFunction,
  options: Omit<WatchingOptions, 'filters'> & { readonly sandbox: FunctionRunner },
): Promise<Watched> {
  const source = Buffer.from(`export default async (args, ctx) => { ${code} }`);
  const { fetch, sandbox, rules = { ...ALL_KEPT, headers: null } } = options;
  const filters = { evaluate: () => Promise.reject(new Error('functions have no filters')) };
  const recorder = recordWork({ requestId: 7n, fetch, filters, clock: systemClock });
  const reveal = options.reveal ?? (async () => ({ kind: 'forbidden', reason: 'no vault' }));
  const resolver = createFunctionResolver({
    sandbox,
    fetch: recorder.fetch,
    reveal: watched(reveal, recorder),
    findCode: async () => ({ kind: 'found', source, from: 'the test' }),
    hostsOf: () => allowedHosts ?? null,
    maxResultBytes: 60 * 1024,
    onCode: recorder.ran,
    onLogs: recorder.logged,
  });
  const subject = `function 3, code ${sha256Hex(source)}`;
  const row = { ...FACTS.request, kind: 'function', subject, filter: args } as const;
  const work = functionWorkOf(row, FACTS.node);
  const outcome = await resolver(work, options.signal ?? new AbortController().signal);
  return sealed(recorder, { kind: 'function', subject, filter: args }, outcome, rules);
}

function sealed(
  recorder: WorkRecorder,
  asked: { readonly kind: string; readonly subject: string; readonly filter: string },
  outcome: Outcome,
  rules: KeepRules,
): Watched {
  const facts = { ...FACTS, request: { ...FACTS.request, ...asked } };
  const ended = endOf(outcome);
  const { text, blobs } = sealBundle(facts, recorder.records(), ended, rules, secretInResult);
  const bundle = readBundle(JSON.parse(text));
  if (typeof bundle === 'string') throw new Error(bundle);
  return { outcome, bundle, loaded: { bundle, text, blobs } };
}

/** As a keystore with one key would. */
const ONE_KEY = { ids: () => ['k1'], key: () => Buffer.alloc(32, 9) };

const watched = (
  reveal: Reveal,
  recorder: WorkRecorder,
  ring: Pick<KeyRing, 'ids' | 'key'> = ONE_KEY,
): Reveal => {
  const whole = { ...ring, add: () => assert.fail('no key is added'), remove: () => {} };
  return watchReveal(reveal, recorder, { open: async () => whole });
};

function endOf(outcome: Outcome) {
  const ended = { reason: outcome.reason, tries: 1, atMs: 1_700_000_001_000 };
  if (outcome.kind === 'answer') {
    const from = outcome.ownTrouble ? 'trouble' : 'answer';
    return { ...ended, from, code: outcome.code, result: outcome.result } as const;
  }
  if (outcome.kind === 'fatal') {
    return { ...ended, from: 'fault', code: 255, result: Buffer.alloc(0) } as const;
  }
  const { code } = outcome.otherwise;
  return { ...ended, from: 'trouble', code, result: Buffer.alloc(0) } as const;
}

/** The workshop of the command line, with filters that a test has already. */
export const workshopOf = (filters: Filtering): Workshop => ({
  ...openWorkshop(systemClock),
  filters: () => filters,
});
