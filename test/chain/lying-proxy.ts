import { request } from 'node:http';
import { type JsonRequest, type LocalEndpoint, startEndpoint } from './local-endpoint.js';

/**
 * What is told of the balances that a node reads to prove its books; all else is passed on.
 * `truth`: as it is. `balance`: the first has a little more. `height`: they are said to be of a
 * later block. `stale`: they are those of the block at which the lie began. `fault`: the script is
 * said to have failed. `short`: there are fewer of them. `once`: as `balance`, and then the truth.
 */
export type Lie = 'truth' | 'balance' | 'once' | 'height' | 'stale' | 'fault' | 'short';

export interface LyingProxy extends LocalEndpoint {
  lie: Lie;
  /** False: it refuses to look back, as most nodes do. */
  keepsPast: boolean;
  /** How often it lied. */
  told: number;
}

/** By which an account that a lie is about has more than it has. */
export const LIE_DATOSHI = 7n;

interface Item {
  type: string;
  value: string;
}
interface Answer {
  id: number;
  result?: { state: string; exception: string | null; stack: Item[] };
}

/** A real HTTP server in front of a real node, which can be told to lie. */
export async function startLyingProxy(nodeUrl: string): Promise<LyingProxy> {
  let staleAt: number | null = null;
  const endpoint = await startEndpoint(async (body, response) => {
    const { lie } = proxy;
    if (lie !== 'stale') staleAt = null;
    const asked = JSON.parse(body) as JsonRequest | JsonRequest[];
    const one = Array.isArray(asked) ? null : asked;
    if (!proxy.keepsPast && one?.method === 'invokescripthistoric') {
      const error = { code: -606, message: 'Old state not supported' };
      return response.end(JSON.stringify({ jsonrpc: '2.0', id: one.id, error }));
    }
    const text = await forward(nodeUrl, body);
    if (lie === 'truth' || one?.method !== 'invokescript') return response.end(text);
    const answer = JSON.parse(text) as Answer;
    if (!isOfBooks(answer)) return response.end(text);
    proxy.told += 1;
    if (lie === 'stale') {
      staleAt ??= Number(answer.result?.stack[0]?.value);
      const params = [staleAt, ...one.params];
      const past = { ...one, method: 'invokescripthistoric', params };
      return response.end(await forward(nodeUrl, JSON.stringify(past)));
    }
    if (lie === 'once') proxy.lie = 'truth';
    tell(lie, answer.result as NonNullable<Answer['result']>);
    return response.end(JSON.stringify(answer));
  });
  const proxy: LyingProxy = { ...endpoint, lie: 'truth', keepsPast: true, told: 0 };
  return proxy;
}

/** Index, supply, balances, supply. */
function isOfBooks({ result }: Answer): boolean {
  const stack = result?.stack ?? [];
  const supply = stack.at(-1)?.value;
  return stack.length > 3 && stack[1]?.value === supply && BigInt(supply ?? 0) > 10n ** 15n;
}

function tell(lie: Lie, result: NonNullable<Answer['result']>): void {
  const [height, , balance] = result.stack;
  if (height === undefined || balance === undefined) return;
  if (lie === 'balance' || lie === 'once')
    balance.value = String(BigInt(balance.value) + LIE_DATOSHI);
  if (lie === 'height') height.value = String(BigInt(height.value) + 1_000n);
  if (lie === 'short') result.stack.pop();
  if (lie === 'fault') {
    result.state = 'FAULT';
    result.exception = 'made up';
  }
}

export function forward(url: string, body: string): Promise<string> {
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
