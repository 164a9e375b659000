import { type FetchedHeaders, type FetchFault, fault } from './fetch-result.js';
import {
  type HttpMethod,
  headersForOtherOrigin,
  headersWithoutBody,
  type RequestHeaders,
} from './request-headers.js';

/** One hop of a fetch. */
export interface Hop {
  readonly url: string;
  readonly method: HttpMethod;
  readonly headers: RequestHeaders;
  readonly body: Buffer | null;
}

/** What counts as a redirect and which are followed. */
export interface RedirectRule {
  /** How many are followed. */
  readonly max: number;
  /** `status`: 301, 302, 303, 307, 308 with a Location; `location`: any status with one. */
  readonly on: 'status' | 'location';
  /** What to do with a Location that isn't an absolute URL. */
  readonly relative: 'follow' | 'refuse';
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** Those that repeat the request as it was. */
const SAME_REQUEST = new Set([307, 308]);

/** Whether an answer asks for a next hop. */
export function isRedirect(status: number, headers: FetchedHeaders, rule: RedirectRule): boolean {
  const { location } = headers;
  if (location === undefined || location === '') return false;
  return rule.on === 'location' || REDIRECTS.has(status);
}

/**
 * The next hop that an answer asks for, or a fault when it can't be read. Credentials stay with the
 * origin that they were given for; the body goes where HTTP says (RFC 9110, 15.4).
 */
export function nextHop(
  hop: Hop,
  status: number,
  headers: FetchedHeaders,
  rule: RedirectRule,
): Hop | FetchFault {
  // Node reads headers as Latin-1, but what isn't ASCII in a Location is meant as UTF-8.
  const location = Buffer.from(headers.location ?? '', 'latin1').toString();
  if (!URL.canParse(location, hop.url)) {
    return fault('redirect-target', 'a redirect to something that is not a URL');
  }
  if (rule.relative === 'refuse' && !URL.canParse(location)) {
    return fault('redirect-relative', 'a redirect to a relative URL is not followed');
  }
  const from = new URL(hop.url);
  const to = new URL(location, from);
  const kept = SAME_REQUEST.has(status) || !dropsBody(status, hop.method);
  const sent = kept ? hop.headers : headersWithoutBody(hop.headers);
  return {
    url: to.href,
    method: kept ? hop.method : 'GET',
    headers: to.origin === from.origin ? sent : headersForOtherOrigin(sent),
    body: kept ? hop.body : null,
  };
}

/** 303 always, 301 and 302 for POST: the answer is to be fetched with GET. */
function dropsBody(status: number, method: HttpMethod): boolean {
  if (method === 'GET' || method === 'HEAD') return false;
  return status === 303 || method === 'POST';
}
