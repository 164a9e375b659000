import { request } from 'node:http';
import { type JsonRequest, type LocalEndpoint, startEndpoint } from './local-endpoint.js';

/**
 * `pass`: as the node behind. `refuse`: HTTP 503. `cut`: closes the connection. `stall`: never
 * answers. `freeze`: stays at the height it had when it froze.
 */
export type Fault = 'pass' | 'refuse' | 'cut' | 'stall' | 'freeze';

export interface FaultyProxy extends LocalEndpoint {
  fault: Fault;
  /** Requests that came, of any kind. */
  asked: number;
}

interface Answer {
  readonly id: number;
  result?: unknown;
  error?: unknown;
}

/** A real HTTP server in front of a real node, which can be told to misbehave. */
export async function startFaultyProxy(nodeUrl: string): Promise<FaultyProxy> {
  let frozenCount: number | null = null;
  const endpoint = await startEndpoint(async (body, response) => {
    proxy.asked += 1;
    if (proxy.fault === 'stall') return;
    if (proxy.fault === 'refuse') return response.writeHead(503).end('out of order');
    if (proxy.fault === 'cut') return response.destroy();
    const text = await forward(nodeUrl, body);
    if (proxy.fault !== 'freeze') {
      frozenCount = null;
      return response.end(text);
    }
    frozenCount ??= await blockCount(nodeUrl);
    return response.end(asFrozen(JSON.parse(body), JSON.parse(text), frozenCount));
  });
  const proxy: FaultyProxy = { ...endpoint, fault: 'pass', asked: 0 };
  return proxy;
}

function asFrozen(asked: JsonRequest | JsonRequest[], answers: Answer | Answer[], count: number) {
  const requests = new Map([asked].flat().map((one) => [one.id, one]));
  for (const answer of [answers].flat()) {
    const one = requests.get(answer.id);
    if (one?.method === 'getblockcount') answer.result = count;
    if (typeof one?.params[0] === 'number' && one.params[0] >= count) {
      delete answer.result;
      answer.error = { code: -101, message: 'Unknown block' };
    }
  }
  return JSON.stringify(answers);
}

async function blockCount(nodeUrl: string): Promise<number> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'getblockcount', params: [] });
  return (JSON.parse(await forward(nodeUrl, body)) as { result: number }).result;
}

function forward(url: string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST' }, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      resolve(Buffer.concat(chunks).toString('utf8'));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
