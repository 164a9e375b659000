import assert from 'node:assert/strict';
import { freePorts } from '../../scripts/devnet/free-port.js';
import type { PrivateNetwork } from '../../scripts/devnet/private-network.js';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { systemClock } from '../../src/base/clock.js';
import { isRpcError } from '../../src/chain/rpc.js';
import {
  createRpcPool,
  type RpcExchange,
  type RpcPool,
  type RpcPoolOptions,
} from '../../src/chain/rpc-pool.js';
import { type Log, silentLog } from '../../src/telemetry/log.js';
import { eventually } from './eventually.js';
import { type FaultyProxy, startFaultyProxy } from './faulty-proxy.js';
import { holds } from './holds.js';
import {
  type JsonRequest,
  type LocalEndpoint,
  startEndpoint,
  startJsonEndpoint,
} from './local-endpoint.js';

/** More than any machine takes; mocha ends the test before. */
const PATIENT_MS = 60_000;

describe('rpc pool', () => {
  let network: PrivateNetwork;
  let first: FaultyProxy;
  let second: FaultyProxy;
  let pool: RpcPool;
  let exchanges: RpcExchange[];
  let lines: string[];

  before(async () => {
    network = await sharedNetwork();
  });
  after(() => network.disconnect());
  beforeEach(async () => {
    [first, second] = await Promise.all([
      startFaultyProxy(network.rpcUrl),
      startFaultyProxy(network.rpcUrl),
    ]);
    exchanges = [];
    lines = [];
  });
  afterEach(async () => {
    pool.stop();
    await Promise.all([first.stop(), second.stop()]);
  });

  const log: Log = {
    ...silentLog,
    info: (event, facts) => lines.push(`${event} ${facts?.endpoint}`),
    warn: (event, facts) => lines.push(`${event} ${facts?.endpoint} ${facts?.state}`),
  };
  const start = (options: Partial<RpcPoolOptions> = {}): RpcPool => {
    pool = createRpcPool({
      urls: [first.url, second.url],
      magic: network.magic,
      clock: systemClock,
      log,
      timeoutMs: PATIENT_MS,
      probeEveryMs: 20,
      probeTimeoutMs: PATIENT_MS,
      backOff: { firstMs: 20, maxMs: 50 },
      onExchange: (exchange) => exchanges.push(exchange),
      ...options,
    });
    return pool;
  };
  const stateOf = (at: number) => pool.health()[at]?.state;
  const usedLast = () => exchanges.at(-1)?.endpoint;
  const bothUp = () =>
    eventually('both are up', () => pool.health().every(({ state }) => state === 'up'), PATIENT_MS);
  /** Until that endpoint has answered a call: on a busy machine one may come too late. */
  const askUntil = ({ url }: FaultyProxy) =>
    eventually(
      `a call is answered by ${url}`,
      async () => {
        await pool.call('getversion').catch(() => {});
        const last = exchanges.at(-1);
        return last?.endpoint === url && last.outcome === 'ok';
      },
      PATIENT_MS,
    );
  const grows = async (blocks: number) => {
    const from = await network.rpc.call<number>('getblockcount');
    await eventually(`${blocks} blocks more`, async () => {
      return (await network.rpc.call<number>('getblockcount')) >= from + blocks;
    });
  };

  it('asks the first endpoint while it is well', async () => {
    start();
    await bothUp();
    for (let at = 0; at < 5; at++) {
      await pool.call('getversion');
      assert.equal(usedLast(), first.url);
    }
    const results = await pool.batch([{ method: 'getblockcount', params: [] }]);
    assert.equal(results[0]?.ok, true);
    const { endpoint, method, calls, outcome } = exchanges.at(-1) as RpcExchange;
    assert.deepEqual([endpoint, method, calls, outcome], [first.url, 'batch', 1, 'ok']);
  });

  for (const fault of ['refuse', 'cut', 'stall'] as const) {
    it(`leaves an endpoint that is out of order (${fault}) until it recovers`, async () => {
      const limit = { timeoutMs: 1_000, probeTimeoutMs: 1_000 };
      start(fault === 'stall' ? limit : {});
      await bothUp();
      first.fault = fault;
      if (fault === 'stall') await askUntil(second);
      else await pool.call('getversion');
      assert.equal(usedLast(), second.url);
      assert.equal(stateOf(0), 'down');
      assert.notEqual(pool.health()[0]?.reason, null);
      await askUntil(second);
      first.fault = 'pass';
      await eventually('the first is up again', () => stateOf(0) === 'up', PATIENT_MS);
      await askUntil(first);
      holds(lines.includes(`rpc endpoint is left ${first.url} down`));
    });
  }

  it('asks a failed endpoint less and less often', async () => {
    start({ backOff: { firstMs: 10, maxMs: 100_000 } });
    await bothUp();
    first.fault = 'refuse';
    await pool.call('getversion').catch(() => {});
    // Probes after 10, 30, 70, 150, 310, 630 ms: the bound leaves room for a slow machine.
    const { asked } = first;
    await systemClock.sleep(500);
    const probes = first.asked - asked;
    holds(probes >= 1 && probes <= 8, `${probes} probes`);
  });

  it('leaves an endpoint that lags behind, and takes it back once it has caught up', async () => {
    start({ maxLagBlocks: 2 });
    await bothUp();
    first.fault = 'freeze';
    await eventually('the first lags', () => stateOf(0) === 'lagging');
    assert.match(pool.health()[0]?.reason ?? '', /3 blocks behind, at \d+/);
    await pool.call('getversion');
    assert.equal(usedLast(), second.url);
    first.fault = 'pass';
    await eventually('the first is up again', () => stateOf(0) === 'up');
  });

  it('has a question with a height answered by an endpoint that is that high', async () => {
    start({ maxLagBlocks: 1000 });
    await bothUp();
    first.fault = 'freeze';
    await pool.call('getblockcount');
    await grows(2);
    const tip = await network.rpc.call<number>('getblockcount');
    await pool.call('getblockhash', [tip - 1], { minHeight: tip - 1 });
    assert.equal(usedLast(), second.url);
    await pool.call('getblockhash', [0], { minHeight: 0 });
    assert.equal(usedLast(), first.url);
  });

  it('says which heights there are when no endpoint is high enough', async () => {
    start();
    await bothUp();
    await assert.rejects(pool.call('getversion', [], { minHeight: 1_000_000 }), (thrown: Error) => {
      assert.match(thrown.message, /no endpoint has block 1000000 yet; heights: http.*\d+, http/);
      assert.deepEqual([...Object.entries(thrown)].find(([key]) => key === 'retryable')?.[1], true);
      return true;
    });
  });

  it('still asks a failed endpoint when there is no other, and is well when it is', async () => {
    start({ urls: [first.url], backOff: { firstMs: 60_000, maxMs: 60_000 } });
    await bothUp();
    first.fault = 'refuse';
    await assert.rejects(pool.call('getversion'), /HTTP status 503/);
    assert.equal(stateOf(0), 'down');
    first.fault = 'pass';
    await pool.call('getversion');
    assert.equal(stateOf(0), 'up');
  });

  it('fails with the last trouble when every endpoint is out of order', async () => {
    first.fault = 'refuse';
    second.fault = 'stall';
    start({ timeoutMs: 200, probeTimeoutMs: 200 });
    await assert.rejects(pool.call('getversion'), /503|did not answer within/);
  });

  it('starts with whichever endpoint answers first', async () => {
    first.fault = 'stall';
    start();
    const startMs = performance.now();
    await pool.call('getversion');
    assert.equal(usedLast(), second.url);
    holds(performance.now() - startMs < PATIENT_MS);
  });

  it('never uses an endpoint of another network, and says so when there is no other', async () => {
    let other: LocalEndpoint | undefined;
    try {
      other = await startJsonEndpoint(({ method }) => ({
        result: method === 'getversion' ? { protocol: { network: 5 } } : 1_000_000,
      }));
      start({ urls: [other.url, second.url] });
      await pool.call('getversion');
      assert.equal(usedLast(), second.url);
      await eventually('it is known', () => stateOf(0) === 'wrongNetwork');
      holds((pool.bestHeight() ?? 0) < 1_000_000);
      pool.stop();
      start({ urls: [other.url] });
      const message = /no endpoint is of the network: .* is of network 5 instead of \d+/;
      await assert.rejects(pool.call('getversion'), { code: 'RPC_WRONG_NETWORK', message });
    } finally {
      await other?.stop();
    }
  });

  it('looks at the network of an endpoint again before it uses it after a failure', async () => {
    let magic = network.magic;
    const other = await startEndpoint((body, response) => {
      if (body.includes('getblockhash')) return;
      const answers = (JSON.parse(body) as JsonRequest[]).map(({ id, method }) => {
        return { id, result: method === 'getversion' ? { protocol: { network: magic } } : 10 };
      });
      response.end(JSON.stringify(answers));
    });
    try {
      const backOff = { firstMs: 60_000, maxMs: 60_000 };
      const urls = [other.url, second.url];
      start({ urls, backOff, timeoutMs: 200, maxLagBlocks: 1_000_000, probeEveryMs: 60_000 });
      await bothUp();
      magic = 5;
      second.fault = 'refuse';
      await assert.rejects(pool.call('getblockhash', [1]));
      assert.equal(stateOf(0), 'down');
      await assert.rejects(pool.call('getblockhash', [1]), /503/);
      assert.equal(stateOf(0), 'wrongNetwork');
    } finally {
      await other.stop();
    }
  });

  it('does not take an answered error for an endpoint out of order', async () => {
    start();
    await bothUp();
    await assert.rejects(pool.call('nosuchmethod'), (thrown) => isRpcError(thrown, -32601));
    assert.equal(stateOf(0), 'up');
    assert.equal(exchanges.at(-1)?.outcome, 'error');
  });

  it('ends with the reason of the signal, and after its own stop', async () => {
    start();
    await bothUp();
    first.fault = 'stall';
    const abort = new AbortController();
    const call = pool.call('getversion', [], { signal: abort.signal });
    abort.abort(new Error('enough'));
    await assert.rejects(call, /enough/);
    const pending = pool.call('getversion');
    pool.stop();
    await assert.rejects(pending, { code: 'RPC_STOPPED' });
    await assert.rejects(pool.call('getversion'), { code: 'RPC_STOPPED' });
  });

  it('starts before any endpoint does', async () => {
    const [port] = await freePorts(1);
    start({ urls: [`http://127.0.0.1:${port}`] });
    await assert.rejects(pool.call('getversion'), { code: 'RPC_UNREACHABLE' });
    assert.equal(pool.bestHeight(), null);
    assert.deepEqual(pool.health()[0]?.height, null);
  });
});
