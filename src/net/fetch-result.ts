import { shorten } from '../base/bytes.js';

/** Why a fetch brought no answer. */
export type FetchFailure =
  /** Not a URL that can be fetched at all. */
  | 'malformed-url'
  /** Neither https, nor http to a host that may be asked so. */
  | 'scheme'
  /** A user name or password stands in the URL. */
  | 'credentials'
  /** A port or an address that the guard refuses. */
  | 'blocked'
  /** A method, header or body that is not allowed. */
  | 'bad-request'
  /** The name has no address: its zone says so. */
  | 'unknown-host'
  /** The name could not be looked up now. */
  | 'dns'
  /** No connection to any of the addresses. */
  | 'connect'
  /** Certificate or handshake. */
  | 'tls'
  /** The total time is over. */
  | 'timeout'
  /** The connection ended before the answer did. */
  | 'interrupted'
  /** The caller's signal. */
  | 'aborted'
  | 'body-too-large'
  | 'headers-too-large'
  /** Not HTTP, or not as HTTP says. */
  | 'protocol'
  /** A content coding that isn't known, or data that doesn't decode. */
  | 'encoding'
  | 'redirect-limit'
  /** To another scheme than https (or allowed http). */
  | 'redirect-scheme'
  /** To something that isn't a URL. */
  | 'redirect-target'
  /** To a relative URL, where the caller wants none. */
  | 'redirect-relative';

/** Headers of an answer by lower-case name, as Node joins repeated ones. */
export type FetchedHeaders = Readonly<Record<string, string>>;

export interface FetchedAnswer {
  readonly kind: 'response';
  readonly status: number;
  readonly headers: FetchedHeaders;
  /** After decompression. */
  readonly body: Buffer;
  /** Of the last hop. */
  readonly url: string;
  readonly redirects: number;
  /** The address that answered. */
  readonly address: string;
  /** Whether a kept connection served the last hop. */
  readonly reused: boolean;
}

export interface FetchFailed {
  readonly kind: 'failed';
  readonly failure: FetchFailure;
  /** One sentence; names hosts and limits, never paths, queries, headers or bodies. */
  readonly reason: string;
  /** Whether the source may have seen the request (so that repeating it may repeat its effect). */
  readonly sent: boolean;
  readonly redirects: number;
}

export type FetchResult = FetchedAnswer | FetchFailed;

/** A failure on its way out of a stream or a socket, where only an Error can travel. */
export class FetchFault extends Error {
  override readonly name = 'FetchFault';
  readonly failure: FetchFailure;

  constructor(failure: FetchFailure, reason: string) {
    super(reason);
    this.failure = failure;
  }
}

const MAX_REASON_CHARS = 300;

/** A reason made fit for records and terminals: strangers' text may be quoted in it. */
export const printable = (reason: string): string =>
  shorten(reason.replace(/[^\x20-\x7e…]+/g, ' '), MAX_REASON_CHARS);

/** A fault with a printable reason. */
export const fault = (failure: FetchFailure, reason: string): FetchFault =>
  new FetchFault(failure, printable(reason));
