import { NodeError } from '../../src/base/node-error.js';
import type { ConnectAnnouncements } from '../../src/chain/block-announcements.js';
import { RpcTrouble } from '../../src/chain/rpc-error.js';
import type { ConnectRpc, HttpAnswer, PostLimits } from '../../src/chain/rpc-http.js';
import type { Faults } from './faults.js';
import type { History } from './history.js';
import { type Life, outward } from './life.js';
import type { SeededRandom } from './seeded-random.js';
import type { VirtualTime } from './virtual-time.js';

/** The network between a node and the endpoints of the chain. */
export interface NetworkParts {
  readonly time: VirtualTime;
  readonly faults: Faults;
  readonly random: SeededRandom;
  readonly history: History;
  /** Of an endpoint, as `HttpPoster` gives it. */
  readonly post: (endpoint: number, body: string) => HttpAnswer;
}

const LATENCY_MS = { least: 2, most: 40, slow: 2_500 };

export const rpcUrl = (endpoint: number): string => `http://chain-${endpoint}.test:10332/`;
const endpointOf = (url: string): number => Number(/chain-(\d+)/.exec(url)?.[1] ?? 0);

/** Reaches endpoints over a network in which anything may get lost on the way. */
export function createRpcConnections(
  parts: NetworkParts,
  life: Life,
  name: string,
): { readonly connect: ConnectRpc } {
  const { time, faults, random, history } = parts;

  function latencyMs(): number {
    const { least, most, slow } = LATENCY_MS;
    return faults.strikes('rpc slow') ? random.between(most, slow) : random.between(least, most);
  }

  /** Before it reaches the endpoint, or on the way back. */
  function transportFault(): 'unreachable' | 'stalled' | 'answer lost' | null {
    if (faults.strikes('rpc unreachable')) return 'unreachable';
    if (faults.strikes('rpc stalled')) return 'stalled';
    return faults.strikes('rpc answer lost') ? 'answer lost' : null;
  }

  /** A script on trial seems to take less than it does, or to FAULT. */
  function lieOf(answer: HttpAnswer): HttpAnswer {
    const { body } = answer;
    if (!body.includes('"gasconsumed"')) return answer;
    if (!faults.strikes('endpoint lies about preflights')) return answer;
    const lied = random.chance(0.5)
      ? body.replace(/"gasconsumed":"(\d+)"/g, (_, gas) => `"gasconsumed":"${BigInt(gas) / 2n}"`)
      : body.replace('"state":"HALT"', '"exception":"it is a lie","state":"FAULT"');
    return { ...answer, body: lied };
  }

  function spoiled(answer: HttpAnswer): HttpAnswer {
    if (faults.strikes('rpc status 5xx'))
      return { ...answer, status: 503, body: 'come back later' };
    if (faults.strikes('rpc answer garbled')) {
      return { ...answer, body: answer.body.slice(0, random.below(answer.body.length)) };
    }
    if (!faults.strikes('rpc error answered')) return lieOf(answer);
    const error = { code: random.pick([-32_603, -32_005, 429]), message: 'the endpoint is tired' };
    return { ...answer, body: JSON.stringify({ jsonrpc: '2.0', id: null, error }) };
  }

  function exchange(url: string, body: string, limits: PostLimits): Promise<HttpAnswer> {
    const label = labelOf(url);
    const endpoint = endpointOf(url);
    return new Promise((resolve, reject) => {
      const fault = transportFault();
      const settle = (work: () => void): void => {
        limit.callOff();
        limits.signal?.removeEventListener('abort', onAbort);
        work();
      };
      const onAbort = (): void => settle(() => reject(limits.signal?.reason));
      const limit = time.after(limits.timeoutMs, () =>
        settle(() => reject(timedOut(label, limits.timeoutMs))),
      );
      if (limits.signal?.aborted) return onAbort();
      limits.signal?.addEventListener('abort', onAbort, { once: true });
      time.after(latencyMs(), () => {
        if (fault === 'stalled') return;
        if (fault === 'unreachable') return settle(() => reject(unreachable(label)));
        const answer = spoiled(parts.post(endpoint, body));
        history.note(`${name} asked ${endpoint} ${methodsOf(body)}`, `${body}\n${answer.body}`);
        if (fault === 'answer lost') return;
        time.after(latencyMs(), () => settle(() => resolve(answer)));
      });
    });
  }

  return {
    connect: (url) => ({
      label: labelOf(url),
      post: (body, limits) => outward(life, 'rpc', () => exchange(url, body(), limits)),
      close: () => {},
    }),
  };
}

/** For the history: the methods of a call or a batch. */
function methodsOf(body: string): string {
  const methods = [...body.matchAll(/"method":"([a-z]+)"/g)].map(([, method]) => method);
  const others = methods.length > 1 ? ` and ${methods.length - 1} more` : '';
  return `${methods[0] ?? 'nothing'}${others}`;
}

const labelOf = (url: string): string => new URL(url).origin;

const timedOut = (label: string, timeoutMs: number): NodeError =>
  new NodeError(RpcTrouble.Timeout, `${label} did not answer within ${timeoutMs} ms`, {
    retryable: true,
    details: { endpoint: label, timeoutMs },
  });

const unreachable = (label: string): NodeError =>
  new NodeError(RpcTrouble.Unreachable, `${label} could not be reached`, { retryable: true });

/** Tells whoever listens of new blocks: late, twice, or not at all. */
export interface Announcer {
  readonly connectFor: (life: Life) => ConnectAnnouncements;
  announce(index: number): void;
}

const NOTICE_MS = { least: 1, most: 60, late: 6_000 };
const RECONNECT_MS = { least: 300, most: 8_000 };

export function createAnnouncer({
  time,
  faults,
  random,
}: Pick<NetworkParts, 'time' | 'faults' | 'random'>): Announcer {
  const listeners = new Set<{ hear(index: number): void }>();

  function delayMs(): number {
    const { least, most, late } = NOTICE_MS;
    return faults.strikes('notice late') ? random.between(most, late) : random.between(least, most);
  }

  return {
    connectFor: (life) => (_options, listener) => {
      const heard = (work: () => void): void => {
        if (!life.isOver() && listeners.has(own)) work();
      };
      const own = { hear: (index: number) => heard(() => listener.onAnnounced(index)) };
      const connect = (): void => {
        const afterMs = random.between(RECONNECT_MS.least, RECONNECT_MS.most);
        time.after(afterMs, () => {
          if (life.isOver() || isClosed) return;
          listeners.add(own);
          listener.onState(true, null);
          if (faults.strikes('notices end')) time.after(random.between(100, 20_000), drop);
        });
      };
      const drop = (): void => {
        if (!listeners.delete(own)) return;
        if (!life.isOver() && !isClosed) listener.onState(false, 'the connection was closed');
        connect();
      };
      let isClosed = false;
      connect();
      return {
        reconnect: drop,
        close() {
          isClosed = true;
          listeners.delete(own);
        },
      };
    },
    announce(index) {
      for (const listener of listeners) {
        if (faults.strikes('notice lost')) continue;
        time.after(delayMs(), () => listener.hear(index));
        if (faults.strikes('notice twice')) time.after(delayMs(), () => listener.hear(index));
      }
    },
  };
}
