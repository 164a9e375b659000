import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { messageOf } from '../../../base/node-error.js';
import {
  type Check,
  check,
  type Finding,
  fail,
  failForNow,
  given,
  ok,
  warning,
} from '../finding.js';
import type { Endpoint } from './endpoint.js';
import { UNREACHED } from './height.js';

/** An answer waits for several calls in a row: at more than this each, blocks go by. */
const SLOW_MS = 1_000;
/** What OpenSSL and Node say of a certificate that is not trusted: waiting does not help. */
const DISTRUST = /certificate|altnames|self.signed|CERT_|ERR_TLS/i;

export const reachableCheck = (endpoint: Endpoint, all: readonly Endpoint[]): Check =>
  check(
    'rpc.reachable',
    async () => {
      try {
        await endpoint.facts();
      } catch (error) {
        return unreachable(messageOf(error), await answersAny(all));
      }
      return wayOf(endpoint.url);
    },
    endpoint.label,
  );

/** Who can change what an endpoint that answers says. */
export function wayOf(url: string): Finding {
  const { protocol, hostname } = new URL(url);
  if (protocol === 'https:') return ok('by TLS, its certificate is trusted');
  if (isNear(hostname)) return ok('without TLS, on this machine or a private network');
  return warning({
    expected: 'https, where the way goes through networks of others',
    found: 'http: whoever is on the way can forge what it answers',
    fix: 'Name its https:// URL in network.rpc, or run a node of your own beside this one.',
  });
}

async function answersAny(all: readonly Endpoint[]): Promise<boolean> {
  const answers = await Promise.all(
    all.map((each) =>
      each.facts().then(
        () => true,
        () => false,
      ),
    ),
  );
  return answers.includes(true);
}

/** While another one answers, the node works: it leaves this one until it is back. */
function unreachable(found: string, isAnotherThere: boolean) {
  const trouble = {
    expected: 'an answer of a Neo N3 node',
    found,
    fix: 'Check the URL, DNS, and whether this machine may connect; or name another endpoint.',
  };
  if (DISTRUST.test(found)) {
    return fail({ ...trouble, fix: 'Name it as its certificate does, or name another endpoint.' });
  }
  return isAnotherThere ? warning(trouble) : failForNow(trouble);
}

/** On this machine, or in a network where nobody else should be. */
function isNear(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) === 0) return host === 'localhost' || !host.includes('.');
  const near = ['loopback', 'private', 'uniqueLocal', 'linkLocal'];
  return near.includes(ipaddr.process(host).range());
}

export const latencyCheck = (endpoint: Endpoint): Check =>
  check(
    'rpc.latency',
    () =>
      given(endpoint.facts(), UNREACHED, ({ latencyMs }) => {
        const found = `${Math.round(latencyMs)} ms a call`;
        if (latencyMs <= SLOW_MS) return ok(found);
        return warning({
          expected: `${SLOW_MS} ms at most`,
          found,
          fix: 'Put a nearer endpoint first in network.rpc.',
        });
      }),
    endpoint.label,
  );
