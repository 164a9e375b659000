import { isIP } from 'node:net';

/**
 * Whether a Host header names this server rather than a web page's own name that was pointed here
 * (DNS rebinding): an address, localhost, or a name that the operator listed.
 */
export function isOwnHost(header: string | undefined, ownNames: readonly string[]): boolean {
  const match = /^(\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(:\d{1,5})?$/.exec(header ?? '');
  if (match?.[1] === undefined) return false;
  const host = match[1].toLowerCase().replace(/^\[|\]$/g, '');
  return isIP(host) !== 0 || host === 'localhost' || ownNames.includes(host);
}
