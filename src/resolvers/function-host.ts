import { utf8Text } from '../base/bytes.js';
import type { Hash160 } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import { type FailureAnswer, ResponseCode } from '../base/outcome.js';
import type { FetchFailure, FetchResult } from '../net/fetch-result.js';
import type { FetchRequest } from '../net/request.js';
import { HTTP_METHODS, type HttpMethod, isIdempotent } from '../net/request-headers.js';
import { pairOfUrl } from '../prices/price-source.js';
import type {
  FunctionFetch,
  FunctionFetchAnswer,
  FunctionHost,
  SecretAnswer,
} from '../sandbox/execution.js';
import type { Reveal } from '../vault/reveal.js';
import { type GivenSecret, withoutSecrets } from '../vault/secret-traces.js';
import type { CodeHash } from './function-code.js';
import type { Fetcher } from './http.js';

export interface FunctionHostOptions {
  readonly work: {
    readonly requestId: bigint;
    readonly requester: Hash160;
    readonly codeHash: CodeHash;
  };
  readonly fetch: Fetcher;
  readonly reveal: Reveal;
  /** Hosts that functions may fetch from; null: any that the guard lets through. */
  readonly allowedHosts: readonly string[] | null;
}

interface Given extends GivenSecret {
  /** Origins that it may be sent to. */
  readonly hosts: readonly string[];
  /** The owner lets results hold it. */
  readonly optOut: boolean;
}

/** Why the host ended an execution in which nothing was refused. */
interface HostTrouble extends FailureAnswer {
  readonly mayPass: boolean;
}

/** Of what has this name nobody can have a grant. */
const NAME_WITH_SECRET = '(a text with a secret in it)';

/** Failures that say nothing about the next time. */
const PASSING: ReadonlySet<FetchFailure> = new Set(['dns', 'connect', 'timeout', 'interrupted']);

/**
 * What one execution may ask for. From the first secret on, fetches go only to origins that every
 * secret given out may be sent to: nobody can tell by looking where in a request one is hidden.
 */
export function createFunctionHost(options: FunctionHostOptions) {
  const { work, allowedHosts } = options;
  const given: Given[] = [];
  let failed = false;
  let hadEffect = false;
  let trouble: HostTrouble | null = null;

  /** Why a request must not go there, or null. */
  function refusal(url: URL): string | null {
    if (allowedHosts !== null && !allowedHosts.includes(url.hostname)) {
      return `functions of this node may not fetch from ${url.hostname}`;
    }
    const withheld = given.find(({ hosts }) => !hosts.includes(url.origin));
    if (withheld === undefined) return null;
    return `the secret ${withheld.name} may not be sent to ${url.origin}`;
  }

  async function fetch(request: FunctionFetch, signal: AbortSignal): Promise<FunctionFetchAnswer> {
    const method = HTTP_METHODS.find((known) => known === request.method.toUpperCase());
    if (method === undefined) {
      const reason = `the method is not one of ${HTTP_METHODS.join(', ')}`;
      return { kind: 'failed', reason };
    }
    // Prices come from the chain: no host is asked, and nothing is sent.
    if (URL.canParse(request.url) && pairOfUrl(request.url) === null) {
      const refused = refusal(new URL(request.url));
      if (refused !== null) return { kind: 'forbidden', reason: refused };
    }
    const result = await options.fetch.fetch(asked(request, method), signal);
    if (!isIdempotent(method) && (result.kind === 'response' || result.sent)) hadEffect = true;
    if (result.kind === 'failed' && PASSING.has(result.failure)) failed = true;
    return answerOf(result);
  }

  const asked = ({ url, headers, body }: FunctionFetch, method: HttpMethod): FetchRequest => ({
    url,
    method,
    headers: joined(headers),
    ...(body === null ? {} : { body: Buffer.from(body) }),
    ...(allowedHosts === null ? {} : { onlyHosts: allowedHosts }),
    ...(given.length === 0 ? {} : { onlyOrigins: commonOrigins(given), secrets: given }),
  });

  /** Ends the execution; what it ends with is not the function's doing. */
  function endWith(reason: string, mayPass: boolean): SecretAnswer {
    trouble = { code: ResponseCode.Error, reason, mayPass };
    return { kind: 'forbidden', reason };
  }

  async function secret(asked: string): Promise<SecretAnswer> {
    const { requestId, requester, codeHash } = work;
    const use = { kind: 'function', codeHash } as const;
    // Names go into the audit log and into evidence, for whoever has no grant as well.
    const name = withoutSecrets(asked, given) === asked ? asked : NAME_WITH_SECRET;
    try {
      const revealed = await options.reveal({ requester, use, name, requestId });
      if (revealed.kind === 'forbidden') return revealed;
      const { value, hosts, optOut } = revealed;
      given.push({ name, value, hosts, optOut });
      const text = utf8Text(value);
      if (text !== null) return { kind: 'secret', value: text };
      return endWith(`the secret ${name} is not text, and functions get texts only`, false);
    } catch (error) {
      if (!(error instanceof NodeError)) throw error;
      // What exactly is wrong is the operator's: it is in the audit log.
      return endWith(`the vault cannot be used (${error.code})`, true);
    }
  }

  const host: FunctionHost = { fetch, secret };

  return {
    ...host,
    /** All that were given out. */
    secrets: (): readonly GivenSecret[] => given,
    /** Those that no result may hold. */
    guardedSecrets: (): readonly GivenSecret[] => given.filter(({ optOut }) => !optOut),
    /** A source could not be reached, and asking again repeats no effect. */
    failedForNow: (): boolean => failed && !hadEffect,
    /** Something was sent that may have changed what it was sent to. */
    hadEffect: (): boolean => hadEffect,
    /** Why it was ended where nothing was refused: the node's trouble, or the owner's mistake. */
    trouble: (): HostTrouble | null => trouble,
    /** Takes the secrets out of memory. */
    wipe(): void {
      for (const { value } of given) value.fill(0);
    },
  };
}

const commonOrigins = ([first, ...others]: readonly Given[]): string[] =>
  (first?.hosts ?? []).filter((origin) => others.every(({ hosts }) => hosts.includes(origin)));

/** Repeated names become one, as HTTP lets them. */
function joined(headers: FunctionFetch['headers']): Record<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of headers) {
    const before = values.get(name);
    values.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return Object.fromEntries(values);
}

function answerOf(result: FetchResult): FunctionFetchAnswer {
  if (result.kind === 'response') {
    const { status, headers, body, url } = result;
    return { kind: 'response', status, headers, body, url };
  }
  const { failure, reason } = result;
  if (failure === 'body-too-large') return { kind: 'tooLarge', reason };
  return { kind: failure === 'blocked' ? 'forbidden' : 'failed', reason };
}
