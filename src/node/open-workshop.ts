import type { Clock } from '../base/clock.js';
import type { Hash160, Hash256 } from '../base/hash.js';
import type { Outcome } from '../base/outcome.js';
import type { Bundle, LoadedBundle } from '../evidence/bundle.js';
import { createFilterPool, type FilterPool } from '../filters/filter-pool.js';
import type { ReplayTools, Workshop } from '../operations/re-run.js';
import { functionWorkOf, httpWorkOf, type RequestPlace } from '../pipeline/resolve-request.js';
import { createFunctionResolver, type FunctionWork } from '../resolvers/function.js';
import type { FindCode } from '../resolvers/function-code.js';
import { createHttpResolver } from '../resolvers/http.js';
import { createSandbox, type Sandbox } from '../sandbox/sandbox.js';

/** A re-run has time to spare, where the node's filters had little. */
const FILTER_TIMEOUT_MS = 20_000;
const MAX_BODY_BYTES = 16 * 1024 * 1024;

/** Puts the real resolvers together for re-runs, without web, vault, database and chain. */
export function openWorkshop(clock: Clock): Workshop & { close(): Promise<void> } {
  const pools: FilterPool[] = [];
  let sandbox: Sandbox | null = null;
  const limits = { workers: 1, timeoutMs: FILTER_TIMEOUT_MS, maxBodyBytes: MAX_BODY_BYTES };

  function workOnFunction(loaded: LoadedBundle, tools: ReplayTools, signal: AbortSignal) {
    const { bundle } = loaded;
    const { magic, gateway } = bundle.node;
    sandbox ??= createSandbox({ workers: 1, clock });
    const resolver = createFunctionResolver({
      ...tools,
      sandbox,
      findCode: findRecorded(loaded),
      hostsOf: () => bundle.code?.allowedHosts ?? null,
      maxResultBytes: bundle.limits.maxResultBytes ?? 0,
    });
    const place = { magic, gateway: gateway as Hash160 };
    const work = functionWorkIn(bundle, place);
    if (work !== null) return resolver(work, signal);
    const reason = 'what the bundle asks for names no function';
    return Promise.resolve<Outcome>({ kind: 'fatal', reason });
  }

  return {
    filters(profile) {
      const pool = createFilterPool({ ...limits, profile, clock });
      pools.push(pool);
      return pool;
    },
    work(loaded, tools, signal) {
      const { request, settings, limits: recorded } = loaded.bundle;
      if (request.kind === 'function') return workOnFunction(loaded, tools, signal);
      if (request.kind !== 'oracle' && request.kind !== 'http') return null;
      const resolver = createHttpResolver({
        ...tools,
        profile: settings.profile,
        contentTypes: settings.contentTypes ?? undefined,
        maxResultBytes: recorded.maxResultBytes,
      });
      return resolver(httpWorkOf(askedIn(loaded.bundle, request.kind)), signal);
    },
    async close() {
      await Promise.all([...pools.map((pool) => pool.close()), sandbox?.close()]);
    },
  };
}

/** Null where somebody wrote something else into the request. */
function functionWorkIn(bundle: Bundle, place: RequestPlace): FunctionWork | null {
  try {
    return functionWorkOf(askedIn(bundle, 'function'), place);
  } catch {
    return null;
  }
}

/** The request as its row has it. */
function askedIn<K extends 'oracle' | 'http' | 'function'>({ request }: Bundle, kind: K) {
  return {
    id: BigInt(request.id),
    kind,
    requester: request.requester as Hash160,
    subject: request.subject,
    filter: request.filter,
    createdBlock: request.block,
    createdTimeMs: request.blockTimeMs,
    createdTx: request.tx as Hash256,
  };
}

/** The code that the bundle holds; where it holds none, there was none. */
function findRecorded({ bundle, blobs }: LoadedBundle): FindCode {
  return async (hash) => {
    const source = blobs.get(hash);
    if (bundle.code?.sha256 === hash && source !== undefined) {
      return { kind: 'found', source, from: 'the bundle' };
    }
    const mayPass = bundle.outcome.from === 'trouble';
    return { kind: 'missing', reason: 'the node could not get it', mayPass };
  };
}
