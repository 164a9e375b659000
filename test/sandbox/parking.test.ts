import assert from 'node:assert/strict';
import type { FunctionFetchAnswer } from '../../src/sandbox/execution.js';
import { ParkingLot } from '../../src/sandbox/parking-lot.js';
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.js';
import { callOf, hostOf, responseOf, returned, type TestHost } from './function-calls.js';

const QUICK = 'export default () => 1';
const WAITS = `export default async (args, ctx) => (await ctx.fetch('https://a.example/')).status`;
const MIB = 1024 * 1024;

/** A host whose fetches hang until they are let go, and the number that hang. */
function hangingHost(body: string | Uint8Array = '{}') {
  let letGo: () => void = () => undefined;
  const released = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const host: TestHost = hostOf(async () => {
    await released;
    return responseOf(body);
  });
  return { host, letGo: () => letGo() };
}

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise(setImmediate);
};

describe('executions that wait for answers', () => {
  let sandbox: Sandbox;
  before(async () => {
    sandbox = createSandbox({ workers: 2, workersPerRequester: 1 });
    await sandbox.ready();
  });
  after(() => sandbox.close());

  /** A host that answers when the execution has been parked, since others want the threads. */
  const crowdedHost = (
    answer: FunctionFetchAnswer,
    secrets: Readonly<Record<string, string>> = {},
  ): TestHost => {
    return hostOf(async () => {
      let isFull = false;
      const crowd = hostOf(async () => {
        await until(() => {
          isFull ||= sandbox.status().parked >= 2;
          return isFull;
        });
        return responseOf('1');
      });
      const others = ['0xe1', '0xe2', '0xe3'].map((requester) =>
        sandbox.run(callOf(WAITS, { requester }), crowd),
      );
      await Promise.all(others);
      return answer;
    }, secrets);
  };

  it('hold up nobody: 20 of others hang, and an honest one is answered within a second', async () => {
    const { host, letGo } = hangingHost();
    const hanging = Array.from({ length: 20 }, (_, at) =>
      sandbox.run(callOf(WAITS, { requester: `0x${at}` }), host),
    );
    await until(() => host.fetched.length === 20);
    const start = performance.now();
    assert.equal(returned(await sandbox.run(callOf(QUICK, { requester: '0xf' }), hostOf())), 1);
    assert.ok(performance.now() - start < 1_000, `${performance.now() - start} ms`);
    assert.ok(sandbox.status().parked >= 18, JSON.stringify(sandbox.status()));
    letGo();
    for (const execution of await Promise.all(hanging)) assert.equal(returned(execution), 200);
    assert.equal(sandbox.status().parked, 0);
    assert.equal(sandbox.status().lostThreads, 0);
  });

  it('hold up nobody with full heaps either', async () => {
    const { host, letGo } = hangingHost();
    const large = `export default async (args, ctx) => {
      const all = Array.from({ length: 300 }, (_, at) => new Uint8Array(100000).fill(at));
      await ctx.fetch('https://a.example/');
      return all.filter((part, at) => part[0] === at % 256 && part[99_999] === part[0]).length;
    }`;
    const hanging = Array.from({ length: 8 }, (_, at) =>
      sandbox.run(callOf(large, { requester: `0x${at}`, limits: { wallMs: 60_000 } }), host),
    );
    await until(() => host.fetched.length === 8);
    const start = performance.now();
    assert.equal(returned(await sandbox.run(callOf(QUICK, { requester: '0xf' }), hostOf())), 1);
    assert.ok(performance.now() - start < 2_000, `${performance.now() - start} ms`);
    letGo();
    for (const execution of await Promise.all(hanging)) assert.equal(returned(execution), 300);
  }).timeout(60_000);

  it('go on where they were: data, open promises, bodies that were not read yet, and logs', async () => {
    const source = `export default async (args, ctx) => {
      const seen = [Math.random() > 0, new Map([['a', [1, { b: 2 }]]])];
      ctx.log('before');
      const first = await ctx.fetch('https://a.example/1');
      const both = [ctx.fetch('https://a.example/2'), ctx.secrets.get('s')];
      const [second, secret] = await Promise.all(both);
      ctx.log('after', seen[1].get('a')[1].b);
      return [seen[0], await first.text(), await second.json(), secret, Date.now()];
    }`;
    const run = async (host: TestHost) => {
      const { end, logs, fuel, fetches, secrets } = await sandbox.run(callOf(source), host);
      return { end, logs, fuel, fetches, secrets };
    };
    const answer = responseOf('{"c":3}');
    const alone = await run(hostOf(() => answer, { s: 'value' }));
    assert.equal(alone.end.kind, 'returned');
    assert.deepEqual(alone.logs, ['before', 'after 2']);
    assert.deepEqual(await run(crowdedHost(answer, { s: 'value' })), alone);
  });

  it('meet every limit where they are: time in all, fetches, secrets, what is forbidden', async () => {
    const { host, letGo } = hangingHost();
    const logs = `export default async (args, ctx) => {
      ctx.log('seen');
      await ctx.fetch('https://a.example/');
    }`;
    const hanging = ['0x1', '0x2', '0x3'].map((requester) =>
      sandbox.run(callOf(logs, { requester, limits: { wallMs: 300 } }), host),
    );
    await until(() => sandbox.status().parked === 1);
    for (const { end, logs: kept, wallMs } of await Promise.all(hanging)) {
      assert.deepEqual(end, {
        kind: 'timeout',
        limit: 'wall',
        reason: 'it took longer than 300 ms, waiting included',
      });
      assert.deepEqual(kept, ['seen']);
      assert.ok(wallMs >= 299 && wallMs < 2_000, `${wallMs} ms`);
    }
    assert.equal(sandbox.status().parked, 0);
    letGo();
    const again = `export default async (args, ctx) => {
      for (let at = 0; at < 11; at++) await ctx.fetch('https://a.example/' + at);
    }`;
    assert.equal(
      (await sandbox.run(callOf(again), crowdedHost(responseOf('1')))).end.kind,
      'tooManyFetches',
    );
    const refusing = crowdedHost({ kind: 'forbidden', reason: 'not there' });
    const refused = await sandbox.run(callOf(logs), refusing);
    assert.deepEqual(refused.end, { kind: 'forbidden', reason: 'not there' });
    assert.deepEqual(refused.logs, ['seen']);
  });

  it('add up the time that they ran, on whatever thread', async () => {
    const burns = `export default async (args, ctx) => {
      for (;;) {
        await ctx.fetch('https://a.example/');
        for (let sum = 0; sum < 1e4; sum++);
      }
    }`;
    const limits = { busyMs: 20, fetches: 1_000 };
    const { end, busyMs, fetches } = await sandbox.run(
      callOf(burns, { limits }),
      crowdedHost(responseOf('1')),
    );
    assert.equal(end.kind === 'timeout' && end.limit, 'busy', JSON.stringify(end));
    assert.ok(fetches.length > 1 && busyMs >= 20, `${fetches.length} fetches, ${busyMs} ms`);
  });

  it('are given up while they are parked, and when the sandbox is closed', async () => {
    const closed = createSandbox({ workers: 1 });
    const { host } = hangingHost();
    const giveUp = new AbortController();
    const first = closed.run(callOf(WAITS), host, giveUp.signal);
    const second = closed.run(callOf(WAITS, { requester: '0x2' }), host);
    await until(() => host.fetched.length === 2);
    assert.equal(returned(await closed.run(callOf(QUICK, { requester: '0x3' }), hostOf())), 1);
    assert.equal(closed.status().parked, 2);
    giveUp.abort();
    assert.equal((await first).end.kind, 'cancelled');
    assert.equal(closed.status().parked, 1);
    await closed.close();
    assert.equal((await second).end.kind, 'cancelled');
  });

  it('keep their threads when the parked ones have all the room', async () => {
    const small = createSandbox({ workers: 1, maxParked: 1 });
    const { host, letGo } = hangingHost();
    const hanging = [1, 2].map((at) => small.run(callOf(WAITS, { requester: `0x${at}` }), host));
    const quick = small.run(callOf(QUICK, { requester: '0x3' }), hostOf());
    await until(() => host.fetched.length === 2);
    assert.deepEqual(small.status(), {
      threads: 2,
      running: 1,
      waiting: 1,
      parked: 1,
      lostThreads: 0,
    });
    letGo();
    assert.equal(returned(await quick), 1);
    for (const execution of await Promise.all(hanging)) assert.equal(returned(execution), 200);
    await small.close();
  });
});

describe('the room for parked executions', () => {
  it('has so many places and so much memory, and an eighth of both for one requester', () => {
    const lot = new ParkingLot<number>({ maxParked: 16, maxParkedBytes: 80 * MIB });
    assert.equal(lot.reserve(1, 'a', 6 * MIB), true);
    assert.equal(lot.reserve(2, 'a', 5 * MIB), false, 'more than an eighth of the memory');
    assert.equal(lot.reserve(2, 'a', 4 * MIB), true);
    assert.equal(lot.reserve(3, 'a', 0), false, 'more than an eighth of the places');
    for (let at = 10; at < 17; at++) assert.equal(lot.reserve(at, `${at}`, 10 * MIB), true);
    assert.equal(lot.reserve(20, 'b', 1), false, 'all the memory is taken');
    lot.measured(10, MIB);
    assert.equal(lot.reserve(20, 'b', 9 * MIB), true);
    for (let at = 21; at < 27; at++) assert.equal(lot.reserve(at, `${at}`, 0), true);
    assert.equal(lot.count, 16);
    assert.equal(lot.reserve(30, 'c', 0), false, 'all places are taken');
    lot.release(1);
    assert.equal(lot.reserve(30, 'c', 0), true);
  });

  it('lets one requester have a place even where an eighth is none', () => {
    const lot = new ParkingLot<number>({ maxParked: 2, maxParkedBytes: 80 * MIB });
    assert.equal(lot.reserve(1, 'a', 0), true);
    assert.equal(lot.reserve(2, 'a', 0), false);
    const none = new ParkingLot<number>({ maxParked: 0, maxParkedBytes: 80 * MIB });
    assert.equal(none.reserve(1, 'a', 0), false);
  });
});
