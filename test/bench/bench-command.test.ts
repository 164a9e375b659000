import assert from 'node:assert/strict';
import { bench, BENCH_LIMIT_MS as LIMIT_MS } from './run-bench.js';

/** What of its figures each benchmark is asked for. */
const WANTED: Readonly<Record<string, { figures: readonly string[]; floor: readonly string[] }>> = {
  latency: { figures: ['p50', 'p99', 'inNextBlock'], floor: ['floorP50', 'floorP99'] },
  throughput: {
    figures: ['answersPerSecond', 'nodeCpu', 'chainCpu'],
    floor: ['floorAnswersPerSecond'],
  },
  catchup: { figures: ['ratio', 'blocksPerSecond'], floor: ['bareBlocksPerSecond'] },
  sandbox: {
    figures: ['trivialP50', 'trivialP99', 'trivialToBareEval', 'realisticP50', 'residentGrowth'],
    floor: ['trivial.bareEvalP50', 'trivial.freshRuntimeP50'],
  },
  ledger: {
    figures: ['ratio', 'transfersPerSecond', 'balanceGrowth', 'pageGrowth', 'olderPageGrowth'],
    floor: ['barePerSecond'],
  },
  automation: {
    figures: ['addedP50', 'addedP99', 'findP50', 'runsPerBlock'],
    floor: ['addedP50OfFew'],
  },
  random: {
    figures: ['provingP50', 'provingP99', 'checkingP50', 'checkingP99', 'wholeP50', 'wholeP99'],
    floor: ['multiplicationP50', 'multiplicationP99'],
  },
  prices: {
    figures: ['roundsPerSecond', 'pairsPerSecond', 'microsecondsPerPair'],
    floor: ['sortOnlyPairsPerSecond'],
  },
  growth: {
    figures: ['latencyRatio', 'p50', 'start', 'endedRequests', 'ledgerTransfers'],
    floor: ['youngP50', 'youngStart'],
  },
  load: {
    figures: ['x2.queued', 'x2.emptyAfter', 'x2.smallP99', 'x2.overtaken', 'x2.bytesPerAsked'],
    floor: ['capacity'],
  },
  native: {
    figures: ['p50', 'answersPerSecond', 'cpuPerAnswer', 'gas', 'gasAtTenth', 'latencyToNative'],
    floor: ['nativeP50', 'nativeAnswersPerSecond', 'nativeGas', 'nativeGasAtTenth'],
  },
};

describe('the bench command', () => {
  for (const [name, wanted] of Object.entries(WANTED)) {
    it(`prints one line of JSON with the figures of ${name}, their units and the floor`, async () => {
      const { code, stdout, stderr } = await bench(name, '--quick', '--json');
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^[^\n]+\n$/);
      const line = JSON.parse(stdout) as Record<string, Record<string, unknown>>;
      assert.deepEqual(Object.keys(line), ['bench', 'figures', 'units', 'floor']);
      const { figures = {}, units = {}, floor = {} } = line;
      assert.equal(line.bench, name);
      for (const key of wanted.figures) assert.ok(key in figures, `figure ${key}`);
      for (const key of wanted.floor) assert.ok(key in floor, `floor ${key}`);
      const all = { ...figures, ...floor };
      for (const [key, value] of Object.entries(all)) {
        assert.ok(Number.isFinite(value), `${key} is ${String(value)}`);
      }
      assert.deepEqual(Object.keys(units).sort(), Object.keys(all).sort());
      assert.match(stderr, /\| figure +\| measured +\| target +\|/);
    }).timeout(LIMIT_MS);
  }

  it('says which benchmarks there are when it is asked for another', async () => {
    const { code, stdout, stderr } = await bench('speed', '--json');
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.match(
      stderr,
      /'speed' is invalid.*Allowed choices are latency, throughput, catchup, sandbox, ledger, aut/,
    );
  });
});
