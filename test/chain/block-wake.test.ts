import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type WebSocket, WebSocketServer } from 'ws';
import type { PrivateNetwork } from '../../scripts/devnet/private-network.js';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { systemClock } from '../../src/base/clock.js';
import { webSocketUrlOf } from '../../src/chain/block-announcements.js';
import {
  type BlockWake,
  type BlockWakeOptions,
  createBlockWake,
} from '../../src/chain/block-wake.js';
import { type Log, silentLog } from '../../src/telemetry/log.js';
import { eventually } from './eventually.js';
import { holds } from './holds.js';
import { startTcpProxy } from './tcp-proxy.js';

/** So long that a test which waits for it fails. */
const NEVER_MS = 600_000;

describe('block wake', () => {
  let wake: BlockWake | undefined;
  let lines: string[] = [];
  const log: Log = {
    ...silentLog,
    info: (event) => lines.push(event),
    warn: (event) => lines.push(event),
  };
  const start = (options: Partial<BlockWakeOptions>): BlockWake => {
    wake?.close();
    wake = createBlockWake({
      urls: [],
      clock: systemClock,
      log,
      pollMs: NEVER_MS,
      backOff: { firstMs: 10, maxMs: 50 },
      ...options,
    });
    return wake;
  };
  const signal = new AbortController().signal;
  const announcing = (on: boolean) =>
    eventually(`announcements ${on ? 'come' : 'end'}`, () => wake?.announces() === on);
  const lasts = async (wait: Promise<void>): Promise<number> => {
    const startMs = performance.now();
    await wait;
    return performance.now() - startMs;
  };
  afterEach(() => {
    wake?.close();
    lines = [];
  });

  describe('on a real node', () => {
    let network: PrivateNetwork;
    before(async () => {
      network = await sharedNetwork();
    });
    after(() => network.disconnect());

    it('wakes when a block is announced, each time', async () => {
      start({ urls: [network.wsUrl] });
      await announcing(true);
      const next = (await network.height()) + 2;
      for (let index = next; index < next + 5; index++) {
        await wake?.wait(index, signal);
        while ((await network.height()) < index) await wake?.wait(index, signal);
        holds((await network.height()) >= index);
      }
      assert.deepEqual(lines, ['new blocks are announced']);
    });

    it('polls while the connection is lost, and connects again', async () => {
      const proxy = await startTcpProxy(Number(new URL(network.wsUrl).port));
      try {
        start({ urls: [`ws://127.0.0.1:${proxy.port}/ws`], pollMs: 5, quietPollMs: NEVER_MS });
        await announcing(true);
        proxy.refuse(true);
        proxy.cut();
        await announcing(false);
        const far = 10_000_000;
        for (let at = 0; at < 5; at++) await wake?.wait(far + at, signal);
        const { accepted } = proxy;
        const tries = accepted();
        await eventually('it tries again', () => accepted() > tries + 1);
        proxy.refuse(false);
        await announcing(true);
        const next = (await network.height()) + 2;
        await wake?.wait(next, signal);
        assert.deepEqual(lines, [
          'new blocks are announced',
          'new blocks are no longer announced: polling',
          'new blocks are announced',
        ]);
      } finally {
        wake?.close();
        await proxy.stop();
      }
    });

    it('takes the next URL when one has no WebSocket', async () => {
      start({ urls: [`${network.wsUrl}/nothing-here`, network.wsUrl] });
      await announcing(true);
    });
  });

  describe('on a server that does as told', () => {
    let server: WebSocketServer;
    let url: string;
    let onSubscribe: (socket: WebSocket) => void;
    let connections = 0;

    before(async () => {
      server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
      await once(server, 'listening');
      const address = server.address();
      if (typeof address === 'string' || address === null) throw new Error('no port');
      url = `ws://127.0.0.1:${address.port}/ws`;
      server.on('connection', (socket) => {
        connections += 1;
        socket.on('message', () => onSubscribe(socket));
      });
    });
    beforeEach(() => {
      connections = 0;
      onSubscribe = (socket) => socket.send('{"jsonrpc":"2.0","id":1,"result":"0"}');
    });
    after(() => server.close());

    const send = (message: unknown): void => {
      for (const socket of server.clients) socket.send(JSON.stringify(message));
    };
    const announce = (index: unknown): void =>
      send({ method: 'header_of_added_block', params: [{ index }] });
    /** Waits once, to use up the ring that the connection itself gives. */
    const settle = async (index: number): Promise<void> => {
      await announcing(true);
      await wake?.wait(index, signal);
    };

    it('remembers an announcement that came before anyone waited', async () => {
      start({ urls: [url] });
      await settle(1);
      announce(5);
      await wake?.wait(5, signal);
      // This one was announced before it was waited for: no further announcement comes.
      await wake?.wait(4, signal);
    });

    it('looks again soon, but not without pause, for a block announced but not there', async () => {
      start({ urls: [url] });
      await settle(1);
      announce(5);
      await wake?.wait(5, signal);
      const pauses: number[] = [];
      for (let at = 0; at < 4; at++)
        pauses.push(await lasts(wake?.wait(5, signal) as Promise<void>));
      // 10, 20, 40, 80 ms; a timer may be up to 1 ms early.
      pauses.forEach((pause, at) => {
        holds(pause >= 10 * 2 ** at - 2 && pause < 2000, `${at}: ${pause} ms`);
      });
    });

    it('wakes at once when announcements were missed', async () => {
      start({ urls: [url] });
      await settle(7);
      const waiting = wake?.wait(7, signal);
      send({ method: 'missed_event', params: [] });
      await waiting;
    });

    it('trusts no announcement: an absurd one costs a look now and then', async () => {
      start({ urls: [url], pollMs: 30 });
      await settle(1);
      announce(Number.MAX_SAFE_INTEGER);
      announce('many');
      send('nonsense');
      send(null);
      const startMs = performance.now();
      for (let at = 0; at < 8; at++) await wake?.wait(2, signal);
      holds(performance.now() - startMs > 100);
    });

    it('makes a new connection when blocks come that it did not announce', async () => {
      start({ urls: [url], quietPollMs: 1 });
      await settle(1);
      assert.equal(connections, 1);
      for (let index = 2; index < 6; index++) await wake?.wait(index, signal);
      await eventually('it connects again', () => connections === 2);
    });

    it('polls where the subscription is refused or never confirmed', async () => {
      for (const answer of [
        '{"id":1,"error":{"code":-32601,"message":"Method not found"}}',
        null,
      ]) {
        onSubscribe = (socket) => answer !== null && socket.send(answer);
        connections = 0;
        const connectTimeoutMs = answer === null ? 20 : NEVER_MS;
        start({ urls: [url], pollMs: 5, connectTimeoutMs });
        for (let index = 0; index < 5; index++) await wake?.wait(index, signal);
        assert.equal(wake?.announces(), false);
        await eventually('it tries again', () => connections > 1);
      }
    });

    it('does not keep a caller waiting whose signal comes', async () => {
      start({ urls: [url] });
      await settle(1);
      const stop = new AbortController();
      const waiting = wake?.wait(1, stop.signal);
      stop.abort(new Error('stopping'));
      await assert.rejects(waiting as Promise<void>, /stopping/);
      await assert.rejects(wake?.wait(1, stop.signal) as Promise<void>, /stopping/);
    });
  });

  it('polls where there is no WebSocket at all', async () => {
    start({ pollMs: 25, quietPollMs: NEVER_MS });
    const pause = await lasts(wake?.wait(1, signal) as Promise<void>);
    holds(pause >= 24 && pause < 2000, `${pause} ms`);
    assert.equal(wake?.announces(), false);
  });

  it('refuses what is not a WebSocket URL, without repeating it', () => {
    assert.throws(
      () => start({ urls: ['http://user:geheim@host'] }),
      (thrown: Error) => {
        assert.match(thrown.message, /not a ws:\/\/ or wss:\/\/ URL/);
        assert.doesNotMatch(thrown.message, /geheim/);
        return true;
      },
    );
  });

  it('finds the WebSocket of neo-go beside its RPC URL', () => {
    assert.equal(webSocketUrlOf('http://127.0.0.1:10332'), 'ws://127.0.0.1:10332/ws');
    assert.equal(webSocketUrlOf('https://node.example/v1/key/'), 'wss://node.example/v1/key/ws');
  });
});
