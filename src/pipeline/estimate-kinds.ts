import type { Datoshi } from '../base/datoshi.js';
import type { Hash160 } from '../base/hash.js';
import type { GatewayPolicy } from '../chain/gateway-reads.js';
import { type ScriptArg, utf8 } from '../chain/script.js';
import type { HttpWork } from '../resolvers/http.js';

/** What a kind of request asks, as far as its fee depends on it. */
export interface EstimateKind {
  /** The gateway's method. */
  readonly method: string;
  /** Its event; the parameter that says what is asked. */
  readonly event: string;
  readonly subjectField: string;
  /** The kind's place in the lists of the policy. */
  readonly index: number;
  /** What its callback gets first. */
  firstArgument(subject: string, id: bigint): ScriptArg;
  /** How its data is found; null where that is not by fetching it. */
  work: ((subject: string, filter: string, requester: Hash160) => HttpWork) | null;
}

/** By the kind's name, as `requests list` shows it. A later kind is one more entry. */
export const ESTIMATE_KINDS = {
  oracle: {
    method: 'request',
    event: 'OracleRequest',
    subjectField: 'url',
    index: 0,
    firstArgument: (url) => utf8(url),
    work: (url, filter, requester) => ({ requestId: 0n, requester, style: 'native', url, filter }),
  },
  http: {
    method: 'requestHttp',
    event: 'HttpRequest',
    subjectField: 'spec',
    index: 1,
    firstArgument: (_, id) => id,
    work: (spec, filter, requester) => ({ requestId: 0n, requester, style: 'spec', spec, filter }),
  },
  function: {
    method: 'requestFunction',
    event: 'FunctionRequest',
    subjectField: 'args',
    index: 2,
    firstArgument: (_, id) => id,
    work: null,
  },
  random: {
    method: 'requestRandom',
    event: 'RandomRequest',
    subjectField: 'seed',
    index: 3,
    firstArgument: (_, id) => id,
    work: null,
  },
} as const satisfies Record<string, EstimateKind>;

export type EstimatedKind = keyof typeof ESTIMATE_KINDS;

/** What the policy asks for a kind. */
export function termsOf(
  policy: GatewayPolicy,
  kind: EstimatedKind,
): { readonly premium: Datoshi; readonly minimum: Datoshi } {
  const { index } = ESTIMATE_KINDS[kind];
  return { premium: policy.premiums[index] ?? 0n, minimum: policy.minimums[index] ?? 0n };
}
