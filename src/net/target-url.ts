import { isIP } from 'node:net';
import type { AllowList } from './allow-list.js';
import { hostOf } from './allow-list.js';
import { type FetchFault, fault } from './fetch-result.js';

/** A URL that passed every check that needs no look-up. */
export interface Target {
  /** Without user name, password and fragment. */
  readonly url: URL;
  readonly secure: boolean;
  /** Lower case, punycode, no trailing dot; an IP address without brackets. */
  readonly host: string;
  readonly isAddress: boolean;
  readonly port: number;
  /** The operator vouches for this host: its addresses are taken as they are. */
  readonly trusted: boolean;
  /** Where false, only addresses in the operator's ranges may be asked on this port. */
  readonly portIsOpen: boolean;
}

const HTTPS_PORT = 443;
const HTTP_PORT = 80;

/**
 * Reads a URL as browsers do (WHATWG), so that 0x7f.1 or 2130706433 are 127.0.0.1 before anything
 * is checked, and refuses what no look-up can make right: the scheme, credentials, the port.
 */
export function parseTarget(text: string, allow: AllowList): Target | FetchFault {
  const url = readUrl(text);
  if (url === null) return fault('malformed-url', 'the URL can not be read');
  const scheme = url.protocol.slice(0, -1);
  if (scheme !== 'https' && scheme !== 'http') {
    return fault('scheme', `the scheme ${scheme} is not supported, only https is`);
  }
  const host = hostOf(url);
  if (host === null) return fault('malformed-url', 'the URL has no valid host');
  const secure = scheme === 'https';
  const entry = allow.host(host);
  if (!secure && entry?.http !== true) {
    return fault('scheme', `plain http to ${host} is not allowed, only https is`);
  }
  if (url.username !== '' || url.password !== '') {
    return fault('credentials', 'a user name or password in the URL is not allowed');
  }
  const port = url.port === '' ? (secure ? HTTPS_PORT : HTTP_PORT) : Number(url.port);
  if (port === 0 || (entry?.ports !== undefined && !entry.ports.includes(port))) {
    return fault('blocked', `port ${port} of ${host} is not allowed`);
  }
  const portIsOpen = entry !== null || port === HTTPS_PORT;
  if (!portIsOpen && !allow.hasRanges) {
    return fault('blocked', `port ${port} of ${host} is not allowed, only ${HTTPS_PORT} is`);
  }
  const isAddress = isIP(host) !== 0;
  // Without its trailing dot, which many servers don't know as their name.
  if (!isAddress && url.hostname !== host) url.hostname = host;
  return { url, secure, host, isAddress, port, trusted: entry !== null, portIsOpen };
}

/** Without the forgiveness that browsers have for control characters and missing slashes. */
function readUrl(text: string): URL | null {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(text) || !URL.canParse(text)) return null;
  if (/^https?:/i.test(text) && !/^https?:\/\/[^/\\?#]/i.test(text)) return null;
  const url = new URL(text);
  // Each assignment writes and reads the whole URL anew.
  if (url.href.includes('#')) url.hash = '';
  return url;
}
