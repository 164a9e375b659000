import { type FetchedHeaders, FetchFault, fault } from './fetch-result.js';
import type { HttpLimits } from './http-limits.js';
import type { Hop, RedirectRule } from './redirect.js';
import { checkHeaders, HTTP_METHODS, type HttpMethod, takesBody } from './request-headers.js';

/** A secret that stands in headers or body, and the name it was asked for by. */
export interface SentSecret {
  readonly name: string;
  readonly value: Buffer;
}

/** What to fetch. */
export interface FetchRequest {
  readonly url: string;
  /** GET by default. */
  readonly method?: HttpMethod | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: Buffer | undefined;
  /** By default up to the limit's number of the usual ones, relative ones included. */
  readonly redirects?: RedirectRule | undefined;
  /**
   * Whether the body of an answer is worth reading; by default all are. Where it isn't, the answer
   * comes with an empty one, and nothing about the body can make the fetch fail.
   */
  readonly wantsBody?: ((status: number, headers: FetchedHeaders) => boolean) | undefined;
  /** What in headers and body is secret: whoever keeps the fetch on record takes it out. */
  readonly secrets?: readonly SentSecret[] | undefined;
  /**
   * The only origins (`https://api.example.org`, another port said) that may be asked, redirects
   * included; by default any.
   */
  readonly onlyOrigins?: readonly string[] | undefined;
  /** The only hosts, on any port, that may be asked, redirects included; by default any. */
  readonly onlyHosts?: readonly string[] | undefined;
}

const DEFAULT_HEADERS = [
  ['accept', '*/*'],
  ['user-agent', 'Dodona (Neo N3 oracle node)'],
] as const;

/** The first hop of a request; throws a FetchFault that says what in it is not allowed. */
export function checkRequest(request: FetchRequest, limits: HttpLimits): Hop {
  const { url, method = 'GET', body = null } = request;
  if (!HTTP_METHODS.includes(method)) {
    throw fault('bad-request', `the method is not one of ${HTTP_METHODS.join(', ')}`);
  }
  if (body !== null && !takesBody(method)) {
    throw fault('bad-request', `a ${method} request takes no body`);
  }
  if (body !== null && body.length > limits.maxRequestBodyBytes) {
    throw fault(
      'bad-request',
      `the body has ${body.length} bytes, at most ${limits.maxRequestBodyBytes} are allowed`,
    );
  }
  const headers = checkHeaders(request.headers ?? {}, limits);
  if (headers instanceof FetchFault) throw headers;
  for (const [name, value] of DEFAULT_HEADERS) {
    if (!headers.has(name)) headers.set(name, value);
  }
  return { url, method, headers, body };
}
