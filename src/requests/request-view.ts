import type { Datoshi } from '../base/datoshi.js';
import type { Hash160, Hash256 } from '../base/hash.js';
import type { RequestKind, RequestState } from './request-machine.js';

/** One persisted step of a request's life. */
export interface RequestStepView {
  readonly atMs: number;
  /** Block in which it happened on the chain, if it did. */
  readonly block: number | null;
  readonly tx: Hash256 | null;
  /** What happened, e.g. "requested", "resolved", "answer sent". */
  readonly what: string;
  /** Why, in one sentence; null where what says it all. */
  readonly why: string | null;
  readonly feeDatoshi: Datoshi | null;
}

/** What an operator sees of a request. Nothing secret is in it. */
export interface RequestView {
  readonly id: bigint;
  readonly kind: RequestKind;
  readonly requester: Hash160;
  readonly payer: Hash160;
  readonly state: RequestState;
  /** The url (`request`) or spec (`requestHttp`) as given; else what `askedFor` makes of it. */
  readonly subject: string;
  /** Of a `requestFunction` its args. */
  readonly filter: string;
  readonly maxFeeDatoshi: Datoshi;
  readonly createdBlock: number;
  readonly createdTx: Hash256;
  readonly createdTimeMs: number;
  /** Last block in which it can be answered. */
  readonly deadlineBlock: number;
  readonly attempts: number;
  /** Response code, once an answer is known. */
  readonly code: number | null;
  readonly resultBytes: number | null;
  readonly delivered: boolean | null;
  /** Parts of the charge as the contract's event told them. */
  readonly feeDatoshi: Datoshi | null;
  readonly lostDatoshi: Datoshi | null;
  readonly premiumDatoshi: Datoshi | null;
  readonly endedBlock: number | null;
  readonly endedTx: Hash256 | null;
  /** Why the request is where it is. */
  readonly reason: string;
  /** What happens next, and when. */
  readonly next: string;
}

export interface RequestExplanation extends RequestView {
  readonly steps: readonly RequestStepView[];
  /** Lines that its function logged, as far as its evidence is kept; without secrets. */
  readonly logs: readonly string[];
}

export interface RequestQuery {
  readonly state?: RequestState;
  readonly kind?: RequestKind;
  readonly requester?: Hash160;
  readonly payer?: Hash160;
  /** Newest first; only ids below this one. */
  readonly beforeId?: bigint;
  /** No ids below this one. */
  readonly fromId?: bigint;
  /** 1..1000, default 50. */
  readonly limit?: number;
}
