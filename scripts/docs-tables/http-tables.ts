import { responseCodeName } from '../../src/base/outcome.js';
import type { FetchFailure } from '../../src/net/fetch-result.js';
import { nativeCodes, specCodes } from '../../src/resolvers/http-codes.js';
import { markdownTable } from './markdown.js';

/** What each failure of a fetch is to somebody who reads about codes. */
const FAILURES: Readonly<Record<Exclude<FetchFailure, 'aborted'>, string>> = {
  'malformed-url': 'the URL cannot be read',
  scheme: 'not https',
  credentials: 'user name or password in the URL',
  blocked: 'private address, or a port other than 443',
  'bad-request': 'header or body that HTTP or the node does not allow',
  'unknown-host': 'the name does not exist',
  dns: 'the name cannot be looked up now',
  connect: 'no connection',
  tls: 'certificate or handshake',
  timeout: 'the time is over',
  interrupted: 'the connection ended before the answer did',
  'body-too-large': 'body above 2 MiB',
  'headers-too-large': 'headers above 16 KiB',
  protocol: 'the answer is not HTTP',
  encoding: 'the body cannot be decompressed',
  'redirect-limit': 'too many redirects',
  'redirect-scheme': 'redirect to http',
  'redirect-target': 'redirect to something that is not a URL',
  'redirect-relative': 'redirect to a relative URL',
};

const STATUSES = [200, 201, 204, 206, 400, 401, 403, 404, 408, 410, 429, 500, 503, 504];

const PROFILES = [nativeCodes('csharp'), nativeCodes('neo-go'), specCodes()] as const;
const HEAD = ['`request`, profile csharp', '`request`, profile neo-go', '`requestHttp`'];

/** Codes of fetches that brought no answer. */
export function failureTable(): string {
  const rows = Object.entries(FAILURES).map(([failure, what]) => [
    what,
    ...PROFILES.map(({ failures, redirects }) => {
      if (failure === 'redirect-relative' && redirects?.relative !== 'refuse') return 'followed';
      return responseCodeName(failures[failure as FetchFailure]);
    }),
  ]);
  const redirects = PROFILES.map(({ redirects: rule }) => `${rule?.max ?? 3} followed`);
  return markdownTable(['what happened', ...HEAD], [['redirects', ...redirects], ...rows]);
}

/** Codes of answers by their status. */
export function statusTable(): string {
  const rows = STATUSES.map((status) => [
    String(status),
    ...PROFILES.map((profile) =>
      profile.isSuccess(status) ? 'Success' : responseCodeName(profile.codeOf(status)),
    ),
  ]);
  return markdownTable(['status', ...HEAD], rows);
}
