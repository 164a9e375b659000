import { type Coding, codingOf, tooLarge } from './body-coding.js';
import { type FetchedHeaders, FetchFault, fault } from './fetch-result.js';
import type { HttpLimits } from './http-limits.js';
import type { HttpMethod } from './request-headers.js';

/** An answer that is there as a whole. */
export interface Answer {
  readonly status: number;
  readonly headers: FetchedHeaders;
  /** How `sent` is packed. */
  readonly coding: Coding;
  /** The body as it was sent; empty where nobody wants it. */
  readonly sent: Buffer;
}

/** Whether the body of an answer is worth reading. */
export type WantsBody = (status: number, headers: FetchedHeaders) => boolean;

/** Of a body that nobody wants, read only to keep the connection. */
const MAX_DISCARDED_BYTES = 64 * 1024;

const NOTHING = Buffer.alloc(0);

/**
 * Takes in one answer from whatever parses it, within the limits. Where a method gives false, the
 * connection is of no use any more, whatever else it may bring.
 */
export class AnswerReader {
  /** The answer, or why there is none; rejects only if `wantsBody` throws. */
  readonly outcome: Promise<Answer | FetchFault>;
  /** Whether the head of the answer has come: its source has taken up the request, then. */
  begun = false;
  settled = false;
  readonly #method: HttpMethod;
  readonly #host: string;
  readonly #limits: HttpLimits;
  readonly #wantsBody: WantsBody;
  #settle!: (outcome: Answer | FetchFault | Promise<never>) => void;
  #status = 0;
  #headers: FetchedHeaders = {};
  #coding: Coding = 'identity';
  #wanted = true;
  #informational = 0;
  #bytes = 0;
  #chunks: Buffer[] = [];

  constructor(method: HttpMethod, host: string, limits: HttpLimits, wantsBody: WantsBody) {
    this.#method = method;
    this.#host = host;
    this.#limits = limits;
    this.#wantsBody = wantsBody;
    this.outcome = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  /** One of the 1xx that may come before the answer. */
  informational(): boolean {
    const { maxInformational } = this.#limits;
    this.#informational += 1;
    if (this.#informational <= maxInformational) return true;
    return this.fail(fault('protocol', `more than ${maxInformational} 1xx answers`));
  }

  /** The head of the answer; `count` is of the headers as sent. */
  head(status: number, headers: FetchedHeaders, count: number): boolean {
    if (this.settled) return false;
    if (status < 100) return this.fail(notHttp('Invalid status code'));
    const { maxHeaders } = this.#limits;
    if (count > maxHeaders) {
      return this.fail(
        fault('headers-too-large', `the answer has more than ${maxHeaders} headers`),
      );
    }
    this.begun = true;
    this.#status = status;
    this.#headers = headers;
    try {
      this.#wanted = this.#wantsBody(status, headers);
    } catch (error) {
      this.settled = true;
      this.#settle(Promise.reject(error));
      return false;
    }
    const coding = this.#wanted ? codingOf(headers) : 'identity';
    if (coding instanceof FetchFault) return this.fail(coding);
    this.#coding = coding;
    // A body that is sent all the same would be taken for the answer to whoever comes next.
    return hasBody(this.#method, status) || !this.end();
  }

  /** A piece of the body. */
  data(chunk: Buffer): boolean {
    if (this.settled) return false;
    this.#bytes += chunk.length;
    if (!this.#wanted) return this.#bytes <= MAX_DISCARDED_BYTES || !this.end();
    const { maxBodyBytes } = this.#limits;
    if (this.#bytes > maxBodyBytes) return this.fail(tooLarge(maxBodyBytes, ''));
    this.#chunks.push(chunk);
    return true;
  }

  /** The end of the body; gives true. */
  end(): true {
    if (this.settled) return true;
    this.settled = true;
    this.#settle({
      status: this.#status,
      headers: this.#headers,
      coding: this.#coding,
      sent: this.#wanted ? joined(this.#chunks) : NOTHING,
    });
    return true;
  }

  /** What makes the answer none; gives false. */
  fail(reason: FetchFault): false {
    if (this.settled) return false;
    // What the head said stands all the same; only the connection is lost.
    if (this.begun && !this.#wanted) {
      this.end();
      return false;
    }
    this.settled = true;
    this.#settle(reason);
    return false;
  }

  /** The connection broke, with one of Node's codes. */
  broken(code: string): false {
    const reason = this.begun
      ? `the connection ended within the answer (${code})`
      : `${this.#host} ended the connection (${code})`;
    return this.fail(fault('interrupted', reason));
  }
}

/** Whether an answer has a body, whatever its headers say (RFC 9112, 6.3). */
const hasBody = (method: HttpMethod, status: number): boolean =>
  method !== 'HEAD' && status !== 101 && status !== 204 && status !== 304;

const joined = (chunks: readonly Buffer[]): Buffer =>
  chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);

/** The fault of headers or trailers beyond the limit. */
export const headersTooLarge = (): FetchFault =>
  fault('headers-too-large', 'the headers of the answer are too large');

/** The fault of what is no HTTP; `why` is the parser's word for it. */
export const notHttp = (why: string): FetchFault =>
  fault('protocol', `the answer is not proper HTTP (${why})`);

/** The fault of an answer that would make another protocol of the connection. */
export const switchedProtocol = (): FetchFault =>
  fault('protocol', 'the answer switches to a protocol nobody asked for');

/** Headers that are sent once; of several, the first holds, as with Node's own client. */
const SINGLE = new Set([
  'age',
  'authorization',
  'content-length',
  'content-type',
  'etag',
  'expires',
  'from',
  'host',
  'if-modified-since',
  'if-unmodified-since',
  'last-modified',
  'location',
  'max-forwards',
  'proxy-authorization',
  'referer',
  'retry-after',
  'server',
  'user-agent',
]);

/** Makes one value of those that came several times, in place. */
export function joinHeaders(
  headers: Record<string, string | string[] | undefined>,
): FetchedHeaders {
  for (const name in headers) {
    const value = headers[name];
    if (typeof value === 'string' && name !== '__proto__') continue;
    if (Array.isArray(value))
      headers[name] = SINGLE.has(name) ? (value[0] ?? '') : value.join(', ');
    else delete headers[name];
  }
  return headers as Record<string, string>;
}
