/** Bounds of one guarded fetch. Times in milliseconds, sizes in bytes. */
export interface HttpLimits {
  /** From the call to the last byte of the body, redirects included. */
  readonly totalTimeoutMs: number;
  /** Name look-up, TCP and TLS together, for each hop. */
  readonly connectTimeoutMs: number;
  /** Of the answer's body, both as sent and after decompression. */
  readonly maxBodyBytes: number;
  /** Redirects that are followed; one more ends the fetch. */
  readonly maxRedirects: number;
  /** Status line, headers and trailers of an answer. */
  readonly maxHeaderBytes: number;
  readonly maxHeaders: number;
  /** 1xx answers before the final one. */
  readonly maxInformational: number;
  /** Headers that a caller may set, and the bytes of their names and values together. */
  readonly maxRequestHeaders: number;
  readonly maxRequestHeaderBytes: number;
  readonly maxRequestBodyBytes: number;
  /** Addresses of one name that are tried, one after the other; all of them are checked. */
  readonly maxConnectAttempts: number;
  /** Connections kept open between requests, over all hosts; the oldest goes first. */
  readonly maxIdleConnections: number;
  readonly idleTimeoutMs: number;
  /** How long a looked-up name is kept at most; its own lifetime may be shorter. */
  readonly maxDnsCacheMs: number;
  readonly maxDnsCacheNames: number;
}

/** The design's Numbers, and for what it leaves open values that honest sources stay far below. */
export const DEFAULT_HTTP_LIMITS: HttpLimits = {
  totalTimeoutMs: 10_000,
  connectTimeoutMs: 5_000,
  maxBodyBytes: 2 * 1024 * 1024,
  maxRedirects: 3,
  maxHeaderBytes: 16 * 1024,
  maxHeaders: 100,
  maxInformational: 8,
  maxRequestHeaders: 32,
  maxRequestHeaderBytes: 8 * 1024,
  maxRequestBodyBytes: 64 * 1024,
  maxConnectAttempts: 4,
  maxIdleConnections: 128,
  idleTimeoutMs: 30_000,
  maxDnsCacheMs: 30_000,
  maxDnsCacheNames: 2_048,
};
