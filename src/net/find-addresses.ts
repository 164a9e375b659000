import { isIPv4 } from 'node:net';
import { judgeAddress, parseAddress } from './address-guard.js';
import type { AllowList } from './allow-list.js';
import { FetchFault, fault } from './fetch-result.js';
import type { ResolveHost } from './resolve-host.js';
import type { Target } from './target-url.js';

/**
 * The addresses that a target may be connected to, IPv4 first. One address that the guard refuses
 * makes all of them refused: a name that points inside as well as outside means no good.
 */
export async function findAddresses(
  target: Target,
  deps: { resolve: ResolveHost; allow: AllowList },
): Promise<readonly string[] | FetchFault> {
  const found = await lookUp(target, deps.resolve);
  if (found instanceof FetchFault) return found;
  const checked = new Set<string>();
  for (const address of found) {
    const refused = whyRefused(target, address, deps.allow);
    if (refused !== null) return fault('blocked', refused);
    checked.add(parseAddress(address)?.toString() ?? address);
  }
  return [...checked].sort((left, right) => Number(isIPv4(right)) - Number(isIPv4(left)));
}

async function lookUp(
  target: Target,
  resolve: ResolveHost,
): Promise<readonly string[] | FetchFault> {
  if (target.isAddress) return [target.host];
  const answer = await resolve(target.host);
  if (answer instanceof FetchFault) return answer;
  return answer.addresses.length > 0
    ? answer.addresses
    : fault('unknown-host', `the name ${target.host} has no address`);
}

function whyRefused(target: Target, address: string, allow: AllowList): string | null {
  const { host, port } = target;
  if (parseAddress(address) === null) return `${host} has no proper address`;
  if (target.trusted || allow.covers(address)) return null;
  const verdict = judgeAddress(address);
  if (verdict.kind === 'blocked') {
    const named = target.isAddress ? verdict.address : `${host} at ${verdict.address}`;
    return `${named} is not on the public internet (${verdict.why})`;
  }
  return target.portIsOpen ? null : `port ${port} of ${host} is not allowed, only 443 is`;
}
