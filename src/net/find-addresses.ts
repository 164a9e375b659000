import { judgeAddress, parseAddress } from './address-guard.js';
import type { AllowList } from './allow-list.js';
import { type FetchFault, fault } from './fetch-result.js';
import type { Target } from './target-url.js';

/**
 * Those of the found addresses that a target may be connected to, IPv4 first. One address that the
 * guard refuses makes all of them refused: a name that points inside as well as outside means no
 * good.
 */
export function checkAddresses(
  target: Target,
  found: readonly string[],
  allow: AllowList,
): readonly string[] | FetchFault {
  if (found.length === 0) return fault('unknown-host', `the name ${target.host} has no address`);
  const v4: string[] = [];
  const v6: string[] = [];
  for (const address of found) {
    const parsed = parseAddress(address);
    if (parsed === null) return fault('blocked', `${target.host} has no proper address`);
    const refused = whyRefused(target, address, allow);
    if (refused !== null) return fault('blocked', refused);
    const plain = parsed.toString();
    const same = parsed.kind() === 'ipv4' ? v4 : v6;
    if (!same.includes(plain)) same.push(plain);
  }
  return v6.length === 0 ? v4 : [...v4, ...v6];
}

function whyRefused(target: Target, address: string, allow: AllowList): string | null {
  const { host, port } = target;
  if (target.trusted || allow.covers(address)) return null;
  const verdict = judgeAddress(address);
  if (verdict.kind === 'blocked') {
    const named = target.isAddress ? verdict.address : `${host} at ${verdict.address}`;
    return `${named} is not on the public internet (${verdict.why})`;
  }
  return target.portIsOpen ? null : `port ${port} of ${host} is not allowed, only 443 is`;
}
