import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { freePorts } from '../../scripts/devnet/free-port.js';
import { systemClock } from '../../src/base/clock.js';
import { createRpcPool } from '../../src/chain/rpc-pool.js';
import { silentLog } from '../../src/telemetry/log.js';
import { heldClock } from '../base/held-clock.js';
import type { JsonRequest } from './local-endpoint.js';
import { asked, rejects, rpcUnderTest } from './rpc-fixture.js';

describe('connections of the rpc client', () => {
  const rpc = rpcUnderTest();
  const { endpoint, client, answerWith } = rpc;
  /** An endpoint that is told of each connection. */
  const listen = async (onConnection: (socket: Socket) => void) => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      onConnection(socket);
    });
    const [port] = await freePorts(1);
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
  };

  it('asks nobody again after it was closed, though a kept connection was cut by it', async () => {
    const one = client({ maxConnections: 1 });
    answerWith(() => ({ result: 1 }));
    await one.call('getblockcount');
    let hanging = 0;
    const hangs = new Promise<void>((resolve) => {
      rpc.answer = () => {
        hanging += 1;
        resolve();
      };
    });
    const call = one.call('getblockcount', [], { timeoutMs: 2_000 });
    await hangs;
    one.close();
    await rejects(call, 'RPC_UNREACHABLE', /could not be reached/);
    assert.equal(hanging, 1);
  });

  it('asks again when a kept connection was closed just as it was used', async () => {
    let exchanges = 0;
    const server = await listen((socket) => {
      let served = 0;
      socket.on('data', (data) => {
        served += 1;
        // The second request of a connection finds it closed without an answer.
        if (served === 2) {
          socket.resetAndDestroy();
          return;
        }
        exchanges += 1;
        const { id } = JSON.parse(String(data).split('\r\n\r\n')[1] ?? '') as JsonRequest;
        const body = JSON.stringify({ id, result: exchanges });
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
      });
    });
    const one = client({ url: server.url });
    assert.equal(await one.call('getversion'), 1);
    assert.equal(await one.call('getversion'), 2);
    one.close();
    server.close();
  });

  it('asks no second time where a new connection is closed without an answer', async () => {
    let connections = 0;
    const server = await listen((socket) => {
      connections += 1;
      socket.on('data', () => socket.end());
    });
    const one = client({ url: server.url });
    await rejects(one.call('getversion'), 'RPC_UNREACHABLE', /could not be reached/);
    assert.equal(connections, 1);
    server.close();
  });

  it('does not send what nobody waits for any more when a connection is free', async () => {
    const seen: string[] = [];
    let release = (): void => {};
    rpc.answer = (body, response) => {
      const { id, method } = asked(body);
      seen.push(method);
      release = () => response.end(JSON.stringify({ jsonrpc: '2.0', id, result: 1 }));
      if (seen.length > 1) release();
    };
    const one = client({ maxConnections: 1 });
    const first = one.call('first');
    const stop = new AbortController();
    const second = one.call('second', [], { signal: stop.signal });
    const third = one.call('third');
    stop.abort(new Error('stopping'));
    await assert.rejects(second, /stopping/);
    while (seen.length === 0) await new Promise(setImmediate);
    release();
    assert.deepEqual(await Promise.all([first, third]), [1, 1]);
    assert.deepEqual(seen, ['first', 'third']);
  });

  it('asks last what gives way, in turn, and makes its text only then', async () => {
    const seen: string[] = [];
    let release = (): void => {};
    rpc.answer = (body, response) => {
      const calls = JSON.parse(body) as JsonRequest | JsonRequest[];
      const answers = [calls].flat().map(({ id, method }) => {
        const result = method === 'getversion' ? { protocol: { network: 1 } } : 1;
        return { jsonrpc: '2.0', id, result };
      });
      const method = [calls].flat()[0]?.method ?? '';
      seen.push(method);
      const answer = () =>
        response.end(JSON.stringify(Array.isArray(calls) ? answers : answers[0]));
      if (method === 'slow') release = answer;
      else answer();
    };
    const pool = createRpcPool({
      ...{ urls: [endpoint().url], clock: systemClock, log: silentLog },
      maxConnections: 1,
    });
    await pool.call('first');
    seen.length = 0;
    const slow = pool.call('slow');
    const made: string[] = [];
    const ahead = (name: string) => {
      const call = {
        ...{ method: name, params: [] },
        get text() {
          made.push(name);
          return `"method":"${name}","params":[]`;
        },
      };
      return pool.batch([call], { givesWay: true });
    };
    const calls = [ahead('ahead1'), ahead('ahead2'), pool.call('now1'), pool.call('now2')];
    while (!seen.includes('slow')) await new Promise(setImmediate);
    assert.deepEqual(made, []);
    release();
    await Promise.all([slow, ...calls]);
    assert.deepEqual(seen, ['slow', 'now1', 'now2', 'ahead1', 'ahead2']);
    pool.stop();
  });

  it('limits the time of what gives way from its turn on', async () => {
    const answers: (() => void)[] = [];
    rpc.answer = (body, response) => {
      const [{ id }] = JSON.parse(body) as [JsonRequest];
      answers.push(() => response.end(JSON.stringify([{ jsonrpc: '2.0', id, result: id }])));
    };
    const clock = heldClock(0);
    const one = client({ maxConnections: 1, clock });
    const call = { method: 'm', params: [] };
    const limits = { givesWay: true, timeoutMs: 1_000 };
    const batches = [1, 2, 3].map(() => one.batch([call], limits));
    for (let turn = 1; turn <= 3; turn++) {
      while (answers.length < turn) await new Promise(setImmediate);
      clock.advance(900);
      answers[turn - 1]?.();
      await batches[turn - 1];
    }
  });

  it('gives up what gives way once the server does not answer another', async () => {
    let exchanges = 0;
    rpc.answer = (body, response) => {
      exchanges += 1;
      const [{ id }] = JSON.parse(body) as [JsonRequest];
      if (exchanges > 1) response.end(JSON.stringify([{ jsonrpc: '2.0', id, result: 1 }]));
    };
    const clock = heldClock(0);
    const one = client({ maxConnections: 1, clock });
    const limits = { givesWay: true, timeoutMs: 1_000 };
    const ask = () => one.batch([{ method: 'm', params: [] }], limits);
    const batches = [ask(), ask(), ask()];
    while (exchanges === 0) await new Promise(setImmediate);
    clock.advance(1_001);
    for (const batch of batches) await rejects(batch, 'RPC_TIMEOUT', /within 1000 ms/);
    assert.equal(exchanges, 1);
    // The next one finds a place.
    await ask();
    assert.equal(exchanges, 2);
  });

  it('has room for another when one was not answered in time, or was cut short', async () => {
    rpc.answer = (body, response) => {
      const { id, method } = asked(body);
      if (method === 'cut') response.destroy();
      else if (method !== 'hang') response.end(JSON.stringify({ jsonrpc: '2.0', id, result: 1 }));
    };
    const one = client({ maxConnections: 1 });
    for (let round = 0; round < 3; round++) {
      const fine = one.call('fine');
      await assert.rejects(one.call('no text', [1n]), TypeError);
      assert.equal(await fine, 1);
      await rejects(one.call('hang', [], { timeoutMs: 50 }), 'RPC_TIMEOUT', /did not answer/);
      await rejects(one.call('cut'), 'RPC_UNREACHABLE', /could not be reached/);
      assert.equal(await one.call('fine'), 1);
    }
  });

  it('keeps connections open, and at most four', async () => {
    answerWith(() => ({ result: 1 }));
    const one = client();
    const before = endpoint().opened();
    for (let round = 0; round < 3; round++) {
      await Promise.all(Array.from({ length: 12 }, () => one.call('getversion')));
    }
    assert.equal(endpoint().opened() - before, 4);
  });
});
