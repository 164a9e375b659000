import type { Clock } from '../base/clock.js';
import type { BundleSecret } from './bundle.js';
import { type CommitmentKey, commitmentOf, secretToken, type UsedSecret } from './commitment.js';
import { type Fetching, recordFetch } from './record-fetch.js';
import { type Filtering, recordFilters } from './record-filters.js';
import type { RedactedSecret } from './redact.js';
import type { WorkRecords } from './seal-bundle.js';

/** A secret that the work was given. */
export interface GrantedSecret extends UsedSecret {
  readonly hosts: readonly string[];
  readonly mayBeResult: boolean;
  /** Null where there is none: then nothing commits to the value. */
  readonly key: CommitmentKey | null;
}

/** The code that the work ran. */
export interface UsedCode {
  readonly functionId: bigint;
  readonly source: Buffer;
  /** Hosts that it may fetch from; null: any. */
  readonly allowedHosts: readonly string[] | null;
}

/** What watches one piece of work. */
export interface WorkRecorder {
  readonly fetch: Fetching;
  readonly filters: Filtering;
  /** To be told of each secret before it is used; its value is copied, until the work is sealed. */
  granted(secret: GrantedSecret): void;
  refused(name: string, reason: string): void;
  /** To be told of the code that runs, where there is any. */
  ran(code: UsedCode): void;
  /** To be told of the lines that the code logged. */
  logged(lines: readonly string[]): void;
  /** What was seen, once the work has ended. */
  records(): WorkRecords;
}

/** Watches one piece of work: what it fetches, which filters it runs, which secrets it is given. */
export function recordWork(options: {
  readonly requestId: bigint;
  readonly fetch: Fetching;
  readonly filters: Filtering;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}): WorkRecorder {
  const { requestId, clock } = options;
  const fetch = recordFetch(options.fetch, clock);
  const filters = recordFilters(options.filters);
  const granted: GrantedSecret[] = [];
  const refused: BundleSecret[] = [];
  let code: UsedCode | null = null;
  let logs: readonly string[] = [];
  return {
    fetch,
    filters,
    granted(secret) {
      const isKnown = granted.some(
        ({ name, value }) => name === secret.name && value.equals(secret.value),
      );
      if (!isKnown) granted.push({ ...secret, value: Buffer.from(secret.value) });
    },
    refused: (name, reason) => void refused.push({ granted: false, name, reason }),
    ran(used) {
      code = used;
    },
    logged(lines) {
      logs = lines;
    },
    records() {
      const used = [...granted, ...sentOnly(fetch.records, granted)].map((secret) => {
        const { key, name } = secret;
        const commitment = key === null ? null : commitmentOf(key, requestId, secret);
        return { ...secret, commitment, token: secretToken(name, commitment) };
      });
      return {
        code,
        logs,
        fetches: fetch.records,
        filters: filters.records,
        secrets: [...used.map(shownSecret), ...refused],
        redacted: used.map(({ name, value, token }): RedactedSecret => ({ name, value, token })),
        commitmentKey: used.find(({ key }) => key !== null)?.key?.id ?? null,
      };
    },
  };
}

function shownSecret(used: GrantedSecret & { readonly commitment: string | null }): BundleSecret {
  const { name, hosts, mayBeResult, commitment } = used;
  return { granted: true, name, commitment, hosts: [...hosts], mayBeResult };
}

/** Secrets that only the fetches tell of. */
function sentOnly(
  fetches: WorkRecords['fetches'],
  granted: readonly GrantedSecret[],
): GrantedSecret[] {
  const found: GrantedSecret[] = [];
  for (const { name, value } of fetches.flatMap(({ request }) => request.secrets ?? [])) {
    const isKnown = [...granted, ...found].some((one) => one.value.equals(value));
    if (isKnown) continue;
    found.push({ name, value: Buffer.from(value), hosts: [], mayBeResult: false, key: null });
  }
  return found;
}
