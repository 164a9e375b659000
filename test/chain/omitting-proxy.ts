import type { Hash160 } from '../../src/base/hash.js';
import { type LocalEndpoint, startEndpoint } from './local-endpoint.js';
import { forward } from './lying-proxy.js';

export interface OmittingProxy extends LocalEndpoint {
  isLying: boolean;
}

interface Answer {
  result?: { application?: { contract: string; eventname: string }[] };
}

/** In front of a real node, as if the gateway had emitted no request. */
export async function startOmittingProxy(
  nodeUrl: string,
  gateway: Hash160,
): Promise<OmittingProxy> {
  const endpoint = await startEndpoint(async (body, response) => {
    const text = await forward(nodeUrl, body);
    response.end(proxy.isLying ? withoutRequests(text, gateway) : text);
  });
  const proxy: OmittingProxy = { ...endpoint, isLying: true };
  return proxy;
}

function withoutRequests(text: string, gateway: Hash160): string {
  const answers = JSON.parse(text) as Answer | Answer[];
  for (const { result } of [answers].flat()) {
    if (!Array.isArray(result?.application)) continue;
    result.application = result.application.filter(
      ({ contract, eventname }) => contract !== gateway || !eventname.endsWith('Request'),
    );
  }
  return JSON.stringify(answers);
}
