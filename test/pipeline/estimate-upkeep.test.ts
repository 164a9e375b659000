import assert from 'node:assert/strict';
import type { Datoshi } from '../../src/base/datoshi.js';
import { type Hash160, hash160 } from '../../src/base/hash.js';
import { NodeError } from '../../src/base/node-error.js';
import type { UpkeepRun } from '../../src/chain/gateway-calls.js';
import type { RegisteredUpkeep } from '../../src/chain/gateway-reads.js';
import type { Preflight } from '../../src/pipeline/chain-port.js';
import { estimateUpkeep, mayBeAskedAgain } from '../../src/pipeline/estimate-upkeep.js';
import type { UpkeepPort } from '../../src/pipeline/upkeep-port.js';

const ACCOUNT: Hash160 = hash160(`0x${'a1'.repeat(20)}`);
const MINUTE_MS = 60_000;
const NOW = { block: 500, timeMs: 100 * MINUTE_MS + 5 };
const UPKEEP: RegisteredUpkeep = {
  ...{ owner: ACCOUNT, target: ACCOUNT, method: 'tick', args: [], trigger: 'cron:* * * * *' },
  ...{ maxFee: 9_000n, premium: 7n, networkFeeCeiling: 30n, registered: 400, isFunded: true },
  ...{ lastDue: 99 * MINUTE_MS, lastRun: 450 },
};
const halted = (gasConsumed: Datoshi, delivered = true): Preflight => ({
  ...{ state: 'HALT', gasConsumed, expired: new Set(), contained: true },
  effects: new Map([[3n, { delivered, fee: 0n, lost: 0n, premium: 7n }]]),
});

describe('the estimate of an upkeep', () => {
  let tried: { run: UpkeepRun; paid: Datoshi; maxGas: Datoshi | null }[];
  beforeEach(() => {
    tried = [];
  });

  const estimate = (
    more: Partial<RegisteredUpkeep> = {},
    judge = ({ deliver }: UpkeepRun, _paid: Datoshi): Preflight => halted(deliver ? 300n : 200n),
    minimum = 0n,
  ) => {
    const runs: UpkeepRun[] = [];
    const port: UpkeepPort = {
      account: ACCOUNT,
      performScript: (given) => Buffer.from([runs.push(...given) - 1]),
      networkFee: () => 50n,
      hasMethod: async () => true,
      upkeepOf: async () => ({ ...UPKEEP, ...more }),
      conditions: async () => [],
      preflight: async (script, { systemFee: paid }, maxGas) => {
        const run = runs[script[0] ?? 0] ?? assert.fail();
        tried.push({ run, paid, maxGas });
        return judge(run, paid);
      },
    };
    const limits = { margin: { bps: 0n, minimum: 10n }, maxSystemFee: 1_000n };
    const upkeep = { ...UPKEEP, ...more };
    const question = { upkeepId: 3n, upkeep, minimum, safetyBps: 1_000n };
    return estimateUpkeep({ port, limits, now: NOW }, question);
  };
  const refusal = async (...args: Parameters<typeof estimate>) => {
    const error = await estimate(...args).then(
      () => assert.fail('it was told'),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof NodeError);
    return { told: `${error.code}: ${error.message}`, again: mayBeAskedAgain(error) };
  };

  it('adds up what the node would charge and hold back', async () => {
    const told = await estimate();
    // A run: 310 + 30 of the network fee's 50 + 7. Without a call: 210 + 50 + 7.
    assert.equal(told.chargeDatoshi, 347n);
    assert.equal(told.reserveDatoshi, 267n);
    assert.equal(told.neededDatoshi, 347n + 2n * 267n);
    assert.equal(told.maxFeeDatoshi, 881n + 89n);
    const sum = told.items.reduce((all, { datoshi }) => all + datoshi, 0n);
    assert.equal(sum, told.maxFeeDatoshi);
    assert.deepEqual(
      tried.map(({ run, paid, maxGas }) => [run.deliver, paid, maxGas]),
      [
        [false, 0n, null],
        [true, 267n, 1_000n],
        [true, 310n, 1_000n],
      ],
    );
    assert.equal((await estimate({}, undefined, 5_000n)).neededDatoshi, 5_000n);
  });

  it('takes the dearer of two trials', async () => {
    const growing = ({ deliver }: UpkeepRun, paid: Datoshi) =>
      halted(deliver && paid === 310n ? 320n : 300n);
    assert.equal((await estimate({}, growing)).chargeDatoshi, 330n + 37n);
  });

  it('is told of a run that needs all that one transaction may take', async () => {
    const told = await estimate({}, () => halted(990n));
    assert.equal(told.chargeDatoshi, 1_000n + 37n);
  });

  it('tries an occurrence that the gateway takes in the next block', async () => {
    const dueOf = async (more: Partial<RegisteredUpkeep>) => (await estimate(more)).due;
    assert.equal(await dueOf({}), 100 * MINUTE_MS);
    assert.equal(await dueOf({ trigger: 'every:10', lastDue: 490 }), 500);
    assert.equal(await dueOf({ trigger: 'every:101', lastDue: 400 }), 501);
    assert.equal(await dueOf({ trigger: 'when:due', lastDue: 500 }), 501);
    assert.equal(await dueOf({ trigger: `on:${ACCOUNT}:Beat`, lastDue: 499 }), 500);
  });

  it('is not told where there is none yet, which may be asked again', async () => {
    const none = [
      [{ lastDue: 100 * MINUTE_MS }, /within this minute/],
      [{ trigger: 'every:10', lastDue: 500 }, /the next is block 510, the latest block is 500/],
      [{ trigger: 'when:due', lastDue: 501 }, /in the latest block/],
      [{ trigger: `on:${ACCOUNT}:Beat`, lastDue: 500 }, /in the latest block/],
    ] as const;
    for (const [more, pattern] of none) {
      const { told, again } = await refusal(more);
      assert.match(told, pattern);
      assert.equal(again, true);
    }
    const condition = await refusal({ trigger: 'when:due', lastDue: 450 }, ({ deliver }) =>
      halted(1n, !deliver),
    );
    assert.match(condition.told, /the target would not be called: its condition does not hold/);
    assert.equal(condition.again, true);
  });

  it('is not told of what is never run, or costs too much', async () => {
    const faulted = (limit: 'gas' | null): Preflight => {
      return { state: 'FAULT', exception: 'ABORT', limit };
    };
    const cases: [Parameters<typeof estimate>, RegExp][] = [
      [[{ isFunded: false }], /^ESTIMATE_REFUSED: nothing is locked for its next run/],
      [[{ trigger: 'cron:0 0 31 2 *' }], /no node runs it: /],
      [[{}, () => faulted(null)], /a trial of the run FAULTed: ABORT/],
      [[{}, ({ deliver }) => halted(1n, !deliver)], /would not be called: its target's "tick"/],
      [[{}, () => faulted('gas')], /^ESTIMATE_TOO_DEAR: the run needs more, the limit .* 0\.00001/],
      [[{}, () => halted(991n)], /^ESTIMATE_TOO_DEAR: the run needs 0\.00001001 GAS of system fee/],
    ];
    for (const [args, pattern] of cases) {
      const { told, again } = await refusal(...args);
      assert.match(told, pattern);
      assert.equal(again, false);
    }
  });
});
