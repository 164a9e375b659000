import assert from 'node:assert/strict';
import { depositCredit } from '../../scripts/devnet/contracts.js';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { createUpkeepStore } from '../../src/automation/upkeep-store.js';
import { type Datoshi, parseGas } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';
import { callScript } from '../../src/chain/script.js';
import { commandLine, longestLine } from '../cli/command-line.js';
import { mustHalt, type NodeFixture, nodeFixture, setTerms } from './node-fixture.js';
import { startNode } from './running-node.js';
import { deployMetronomes, performedRuns, register } from './upkeeps.js';

describe('an upkeep with the maxFee that dodona estimate tells', function () {
  this.timeout(60_000);
  const cli = commandLine();
  let fixture: NodeFixture;
  let beating: Hash160;
  let other: Hash160;
  before(async () => {
    fixture = await nodeFixture(await sharedNetwork());
    const { network, gateway, owner } = fixture;
    await depositCredit(network, network.faucet, gateway, owner.hash, parseGas('100'));
    await setTerms(fixture, { minimum: 0n, premium: 12_345n });
    [beating = beating, other = other] = await deployMetronomes(fixture, [0, 1_000_000]);
  });
  after(async () => {
    cli.remove();
    await fixture?.stop();
  });

  const send = (script: Buffer) =>
    mustHalt(fixture.network.send(fixture.owner, script).then(fixture.network.applied));
  const added = async (trigger: string, args: readonly number[], maxFee = parseGas('5')) => {
    const { ids } = await register(fixture, [{ target: beating, trigger, args, maxFee }]);
    return ids[0] ?? assert.fail('not registered');
  };
  const cancel = (id: bigint) => send(callScript(fixture.gateway, 'cancelUpkeep', [id]));
  const run = (id: bigint | string, ...words: string[]) =>
    cli.run('estimate', '--upkeep', String(id), ...words, '--config', fixture.config.file);
  const estimate = async (id: bigint, ...words: string[]) => {
    const { exitCode, out, err } = await run(id, '--json', ...words);
    assert.equal(exitCode, 0, out + err);
    const told = JSON.parse(out);
    return { told, amount: (name: string): Datoshi => BigInt(told[name]) };
  };

  it('is run for about what was foretold, and not with nothing to hold back', async () => {
    const generous = await added(`on:${beating}:Beat`, [1]);
    const { told, amount } = await estimate(generous, '--wait', '--margin', '0');
    assert.equal(told.isEnough, true);
    assert.equal(amount('registeredMaxFeeDatoshi'), parseGas('5'));
    const [charge, reserve] = [amount('chargeDatoshi'), amount('reserveDatoshi')];
    assert.equal(amount('maxFeeDatoshi'), charge + 2n * reserve);
    await cancel(generous);
    const enough = await added(`on:${beating}:Beat`, [2], amount('maxFeeDatoshi'));
    const little = await added(`on:${other}:Beat`, [3], charge);
    const running = await startNode(fixture.config);
    try {
      await send(callScript(beating, 'beat', []));
      await running.until('it ran', async () => (await performedRuns(fixture, enough)).length > 0);
      const [ran] = await performedRuns(fixture, enough);
      assert.equal(ran?.delivered, true);
      const charged = (ran?.fee ?? 0n) + (ran?.premium ?? 0n);
      const far = charged > charge ? charged - charge : charge - charged;
      assert.ok(far < charge / 50n, `${charged} charged, ${charge} foretold`);
      await send(callScript(other, 'beat', []));
      const store = createUpkeepStore(running.db);
      const why = () => store.get(little)?.reason ?? '';
      await running.until('the other is refused', () => why().startsWith('it needs '));
      assert.match(why(), /for a run without a call after it, maxFee is/);
      assert.deepEqual(await performedRuns(fixture, little), []);
    } finally {
      await running.stop();
    }
  });

  it('is told with what is due, which every: knows, and waits for it', async () => {
    const far = await added('every:1000000', [4]);
    const refusal = await run(far);
    assert.equal(refusal.exitCode, 1);
    assert.match(refusal.err, /no occurrence is due: the next is block \d+, the latest block is/);
    const soon = await added('every:20', [5]);
    const { told } = await estimate(soon, '--wait');
    assert.ok(told.height >= told.due - 1, `${told.height}, due ${told.due}`);
    assert.match(told.items[0].what, /^a run of tick, tried on the node$/);
    const met = await estimate(await added('when:due', [6]), '--wait');
    assert.ok(met.amount('chargeDatoshi') > 0n);
  });

  it('is told in items that add up, for people within 100 columns', async () => {
    const id = await added(`on:${beating}:Beat`, [7], parseGas('0.1'));
    const { exitCode, out, err } = await run(id, '--wait');
    assert.equal(exitCode, 0, err);
    assert.equal(longestLine(out) <= 100, true, out);
    const amounts = [...out.matchAll(/^ +(\d+\.\d{8}) {2}(.*)$/gm)].map(([, amount = '']) =>
      BigInt(amount.replace('.', '')),
    );
    const total = amounts.pop();
    assert.equal(
      amounts.reduce((sum, amount) => sum + amount, 0n),
      total,
    );
    assert.match(
      out,
      /^now +registered with 0\.10000000 GAS, which is too little: cancel it, and/m,
    );
  });

  it('is not told of one that is cancelled, unknown, or asked in a way that makes no sense', async () => {
    const cancelled = await added(`on:${beating}:Beat`, [8]);
    await cancel(cancelled);
    const cases: [string, string[], RegExp][] = [
      [String(cancelled), [], /the gateway knows no upkeep \d+\n.*one that was cancelled is gone/],
      ['999999', [], /the gateway knows no upkeep 999999/],
      ['x', [], /decimal id of an upkeep/],
      ['1', ['--url', 'x', '--fetch'], /--upkeep excludes --url, --fetch/],
    ];
    for (const [id, words, pattern] of cases) {
      const { exitCode, out, err } = await run(id, ...words);
      assert.deepEqual([exitCode, out], [1, ''], id);
      assert.match(err, pattern);
    }
  });
});
