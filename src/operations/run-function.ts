import type { Clock } from '../base/clock.js';
import type { Hash160 } from '../base/hash.js';
import type { Outcome } from '../base/outcome.js';
import { LEFT_OUT } from '../evidence/bundle.js';
import type { Fetching, FetchRecord } from '../evidence/record-fetch.js';
import { recordFetch } from '../evidence/record-fetch.js';
import { createFunctionResolver } from '../resolvers/function.js';
import { type HostsOf, sha256Hex } from '../resolvers/function-code.js';
import { MAX_RESULT_BYTES } from '../resolvers/http.js';
import type { Execution } from '../sandbox/execution.js';
import { createSandbox } from '../sandbox/sandbox.js';
import type { Reveal } from '../vault/reveal.js';
import { withoutSecrets } from '../vault/secret-traces.js';

/** A secret on its author's machine. */
export interface LocalSecret {
  readonly value: string;
  /** Origins that it may be sent to. */
  readonly hosts: readonly string[];
}

export interface LocalRun {
  readonly source: Buffer;
  /** JSON text. */
  readonly args: string;
  readonly requestId: bigint;
  readonly requester: Hash160;
  readonly block: { readonly index: number; readonly timeMs: number };
  readonly fetch: Fetching;
  readonly secrets: ReadonlyMap<string, LocalSecret>;
  readonly hostsOf: HostsOf;
  readonly clock: Clock;
}

export interface LocalResult {
  readonly codeHash: string;
  /** What the contract would get. */
  readonly outcome: Outcome;
  /** Null where the code did not run. */
  readonly execution: Execution | null;
  readonly fetches: readonly FetchRecord[];
}

/** Runs a function as the node does: the same sandbox, limits, rules and codes. */
export async function runFunction(run: LocalRun, signal: AbortSignal): Promise<LocalResult> {
  const { clock, source } = run;
  const sandbox = createSandbox({ workers: 1, clock });
  const fetch = recordFetch(run.fetch, clock);
  const codeHash = sha256Hex(source);
  let execution: Execution | null = null;
  const resolver = createFunctionResolver({
    sandbox: {
      async run(...call) {
        execution = await sandbox.run(...call);
        return execution;
      },
    },
    findCode: async () => ({ kind: 'found', source, from: 'the file' }),
    fetch,
    reveal: revealLocal(run.secrets),
    hostsOf: run.hostsOf,
    maxResultBytes: MAX_RESULT_BYTES,
  });
  const { args, requestId, requester, block } = run;
  const seed = `local:${requestId}`;
  const work = { requestId, requester, functionId: 0n, codeHash, args, block, seed };
  try {
    await sandbox.ready();
    const outcome = await resolver(work, signal);
    const seen = execution === null ? null : withoutValues(execution, run.secrets);
    return { codeHash, outcome, execution: seen, fetches: fetch.records };
  } finally {
    await sandbox.close();
  }
}

/** Terminals are logged, too: what the author prints there must not hold a secret. */
function withoutValues(execution: Execution, secrets: LocalRun['secrets']): Execution {
  const values = [...secrets].map(([name, { value }]) => ({ name, value: Buffer.from(value) }));
  const shown = (text: string): string => (withoutSecrets(text, values) === text ? text : LEFT_OUT);
  const { logs, fetches } = execution;
  return {
    ...execution,
    logs: logs.map(shown),
    fetches: fetches.map((made) => ({ ...made, url: shown(made.url) })),
  };
}

const revealLocal =
  (secrets: LocalRun['secrets']): Reveal =>
  async ({ name }) => {
    const secret = secrets.get(name);
    if (secret === undefined) {
      return { kind: 'forbidden', reason: `the secret ${name} is not in the file of secrets` };
    }
    const { value, hosts } = secret;
    return { kind: 'granted', value: Buffer.from(value), hosts, optOut: false };
  };
