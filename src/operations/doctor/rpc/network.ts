import type { NodeConfig } from '../../../config/node-config.js';
import { type Check, check, type Finding, fail, given, ok, warning } from '../finding.js';
import type { Endpoint } from './endpoint.js';
import { UNREACHED } from './height.js';

export const networkCheck = (endpoint: Endpoint, expected: number): Check =>
  check(
    'rpc.network',
    () =>
      given(endpoint.facts(), UNREACHED, ({ magic }) => {
        if (magic === expected) return ok(`magic ${magic}`);
        return fail({
          expected: `magic ${expected} (network.magic)`,
          found: `${magic}: the node would never use this endpoint`,
          fix: 'Correct network.rpc, or network.magic if the endpoint is the right one.',
        });
      }),
    endpoint.label,
  );

/** Which program it is decides which calls there are; each is looked at by itself. */
export const softwareCheck = (endpoint: Endpoint): Check =>
  check(
    'rpc.software',
    () => given(endpoint.facts(), UNREACHED, ({ userAgent }) => softwareOf(userAgent)),
    endpoint.label,
  );

function softwareOf(userAgent: string): Finding {
  const [, name = '', version = ''] = /^\/([^:/]{1,40}):([^/]{1,40})/.exec(userAgent) ?? [];
  if (name.toUpperCase() === 'NEO-GO') return ok(`neo-go ${version}`);
  if (name.toUpperCase() === 'NEO') return ok(`Neo (C#) ${version}: by standard calls, polling`);
  return warning({
    expected: 'neo-go or Neo (C#)',
    found: userAgent === '' ? 'it does not say' : userAgent.slice(0, 80),
    fix: 'See that all other checks of it are ok; this node is tried with these two.',
  });
}

/** One endpoint is one machine that everything hangs on. */
export const endpointsCheck = ({ network }: Pick<NodeConfig, 'network'>): Check =>
  check('rpc.endpoints', () => {
    const hosts = new Set(network.rpcUrls.map((url) => new URL(url).hostname));
    if (hosts.size > 1) return ok(`${network.rpcUrls.length}, on ${hosts.size} hosts`);
    return warning({
      expected: 'endpoints on two hosts or more, so that the node outlives one',
      found: `${network.rpcUrls.length}, on one host`,
      fix: 'Add another one to network.rpc.',
    });
  });
