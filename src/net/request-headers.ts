import { type FetchFault, fault } from './fetch-result.js';
import type { HttpLimits } from './http-limits.js';

export const HTTP_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
export type HttpMethod = (typeof HTTP_METHODS)[number];

/** Whether repeating a request does no more than sending it once (RFC 9110, 9.2.2). */
export const isIdempotent = (method: HttpMethod): boolean =>
  method !== 'POST' && method !== 'PATCH';

/** Whether a body may go with the method; with GET and HEAD it has no meaning (RFC 9110, 9.3). */
export const takesBody = (method: HttpMethod): boolean => method !== 'GET' && method !== 'HEAD';

/** Headers that frame or route a message: they are the node's alone. */
const RESERVED = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
]);

/** The token of RFC 9110, 5.6.2, beginning with a letter or digit. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9!#$%&'*+.^_`|~-]*$/;
/** Printable ASCII, inner spaces and tabs. */
const VALUE = /^(?:[!-~](?:[ \t!-~]*[!-~])?)?$/;

/** Headers as names in lower case and values, in the order given. */
export type RequestHeaders = ReadonlyMap<string, string>;

/** Checks the headers that a caller wants to send; the fault names the header, never its value. */
export function checkHeaders(
  headers: Readonly<Record<string, string>>,
  limits: Pick<HttpLimits, 'maxRequestHeaders' | 'maxRequestHeaderBytes'>,
): Map<string, string> | FetchFault {
  const checked = new Map<string, string>();
  let bytes = 0;
  for (const [given, value] of Object.entries(headers)) {
    const name = given.toLowerCase();
    const wrong = wrongHeader(name, value) ?? (checked.has(name) ? 'stands there twice' : null);
    if (wrong !== null) return fault('bad-request', `the header "${given}" ${wrong}`);
    checked.set(name, value);
    bytes += name.length + value.length;
  }
  if (checked.size > limits.maxRequestHeaders || bytes > limits.maxRequestHeaderBytes) {
    return fault(
      'bad-request',
      `${checked.size} headers of ${bytes} bytes are too many: at most ` +
        `${limits.maxRequestHeaders} of ${limits.maxRequestHeaderBytes} bytes together`,
    );
  }
  return checked;
}

function wrongHeader(name: string, value: string): string | null {
  if (!NAME.test(name)) return 'has a name that is not allowed in HTTP';
  if (RESERVED.has(name) || name.startsWith('proxy-')) return 'is set by the node itself';
  if (!VALUE.test(value)) return 'has a value with other than printable ASCII characters';
  return null;
}

/** What may follow a redirect to another origin: nothing that could be a credential. */
const PORTABLE = new Set(['accept', 'accept-language', 'content-type', 'user-agent']);

/** The headers for another origin than the one they were meant for. */
export function headersForOtherOrigin(headers: RequestHeaders): RequestHeaders {
  return new Map([...headers].filter(([name]) => PORTABLE.has(name)));
}

/** The headers of a request whose body was dropped on a redirect (RFC 9110, 15.4). */
export function headersWithoutBody(headers: RequestHeaders): RequestHeaders {
  return new Map([...headers].filter(([name]) => !name.startsWith('content-')));
}
