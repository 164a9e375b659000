import { createEvidenceStore } from '../evidence/evidence-store.js';
import type { Fetching } from '../evidence/record-fetch.js';
import type { Filtering } from '../evidence/record-filters.js';
import type { WorkRecorder } from '../evidence/record-work.js';
import { runRetention } from '../evidence/retention.js';
import { createEvidence, type KeepEvidence, type RowResolver } from '../pipeline/keep-evidence.js';
import { watchReveal } from '../pipeline/watch-reveal.js';
import { withPrices } from '../prices/price-source.js';
import { createRoundStore } from '../prices/round-store.js';
import type { RequestRow } from '../requests/request-store.js';
import { MAX_RESULT_BYTES } from '../resolvers/http.js';
import type { Database } from '../storage/database.js';
import type { Reveal } from '../vault/reveal.js';
import { secretInResult } from '../vault/secret-traces.js';
import type { KeyEncryptionKeys } from '../vault/vault-keys.js';
import type { NodeOptions } from './node-options.js';
import { outsideOf } from './outside.js';

/** What a resolver works with. */
export interface WorkTools {
  readonly fetch: Fetching;
  readonly filters: Filtering;
  readonly reveal: Reveal;
  /** Told of the code that runs. */
  readonly onCode?: WorkRecorder['ran'];
  /** Told of the lines that it logs. */
  readonly onLogs?: WorkRecorder['logged'];
}

export interface NodeEvidence {
  readonly resolver: RowResolver;
  /** Undefined where none is to be kept. */
  readonly keepEvidence: KeepEvidence | undefined;
  /** Packs and drops bundles, until the signal. */
  tidy(signal: AbortSignal): Promise<void>;
}

/**
 * Headers of answers that web requests depend on, or that tell how old what came was. Functions see
 * all of them; of web requests the others, cookies among them, are left out.
 */
const KEPT_HEADERS = new Set([
  'age',
  'content-type',
  'date',
  'etag',
  'last-modified',
  'location',
  'retry-after',
]);

/**
 * Puts the keeping of evidence around the node's resolver. `resolverFor` makes one that works with
 * the given tools and no others.
 */
export function openEvidence(
  options: NodeOptions,
  db: Database,
  tools: WorkTools & { readonly keys: Pick<KeyEncryptionKeys, 'open'> },
  resolverFor: (tools: WorkTools) => RowResolver,
): NodeEvidence {
  const { config, clock, log, version } = options;
  const { keep, bodies, maxBodyBytes, maxAgeMs, maxTotalBytes } = config.evidence;
  const store = createEvidenceStore(db);
  const limits = { maxAgeMs, maxTotalBytes };
  const tidy = (signal: AbortSignal): Promise<void> =>
    runRetention({ db, store, clock, log, limits, pack: outsideOf(options).packBlob }, signal);
  const rounds = createRoundStore(db);
  const fetchFor = (row: RequestRow) => withPrices(tools.fetch, rounds, row.createdBlock);
  if (!keep) {
    const resolver: RowResolver = (row, signal) =>
      resolverFor({ ...tools, fetch: fetchFor(row) })(row, signal);
    return { resolver, keepEvidence: undefined, tidy };
  }
  const watched = createEvidence({
    store,
    clock,
    fetchFor,
    filters: tools.filters,
    rules: (kind) => ({
      bodies,
      maxBodyBytes,
      headers: kind === 'function' ? null : KEPT_HEADERS,
    }),
    facts: factsOf(config, version),
    findSecret: secretInResult,
    resolverFor: (recorder) => {
      const reveal = watchReveal(tools.reveal, recorder, tools.keys);
      const { fetch, filters, ran: onCode, logged: onLogs } = recorder;
      return resolverFor({ fetch, filters, reveal, onCode, onLogs });
    },
  });
  return { resolver: watched.resolver, keepEvidence: watched.keep, tidy };
}

/** What of the configuration an outcome depends on. */
function factsOf({ network, gateway, http, filters }: NodeOptions['config'], version: string) {
  return {
    node: { version, magic: network.magic, gateway: gateway.hash },
    settings: { profile: http.profile, contentTypes: null },
    limits: {
      totalTimeoutMs: http.totalTimeoutMs,
      connectTimeoutMs: http.connectTimeoutMs,
      maxBodyBytes: http.maxBodyBytes,
      maxRedirects: http.maxRedirects,
      filterTimeoutMs: filters.timeoutMs,
      maxResultBytes: MAX_RESULT_BYTES,
    },
  };
}
