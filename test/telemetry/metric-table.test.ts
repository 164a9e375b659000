import assert from 'node:assert/strict';
import { ALERTS } from '../../src/alerts/alert-table.js';
import { TRIGGER_KINDS } from '../../src/automation/trigger.js';
import { UPKEEP_STATES } from '../../src/automation/upkeep-machine.js';
import { ResponseCode } from '../../src/base/outcome.js';
import { HOLD_CAUSES } from '../../src/gasbank/held-spending.js';
import { REFUSALS } from '../../src/keystore/signer-protocol.js';
import { REQUEST_KINDS, REQUEST_STATES } from '../../src/requests/request-machine.js';
import { maxSeries } from '../../src/telemetry/metric-declaration.js';
import { METRIC_TABLE } from '../../src/telemetry/metric-table.js';
import { createMetrics, type Metrics } from '../../src/telemetry/metrics.js';

/** Names that nobody but a stranger would give; a new one each time. */
function* hostileWords(): Generator<string> {
  for (let at = 0; ; at++) yield `"}\n{evil="${at}`;
}

const VALUES = 300;

/** Tells every metric that takes a word from outside many that nobody declared. */
function tellHostileWords(metrics: Metrics): void {
  const words = hostileWords();
  const word = (): string => words.next().value as string;
  for (let at = 0; at < VALUES; at++) {
    metrics.queue({ [word()]: 1 });
    metrics.oldestRequests({ [word()]: 1 });
    metrics.unanswered(word());
    metrics.step(word(), 1);
    metrics.retry(word());
    metrics.response({ kind: word(), code: at, delivered: true, delayMs: 1 });
    metrics.fetch(word(), 1);
    metrics.filter(word(), 1);
    metrics.functionRun({ outcome: word(), busyMs: 1 });
    metrics.endpoint({ endpoint: word(), healthy: true, height: 1 });
    metrics.rpcCall({ endpoint: word(), method: word(), durationMs: 1, failure: word() });
    metrics.upkeeps({ [word()]: 1 }, { count: 1, longestMs: 1 });
    metrics.upkeepRun({ delivered: true, trigger: word(), lag: 1 });
    metrics.feesPaid(word(), 1n);
    metrics.charged(word(), 1n);
    metrics.spendingHeld([word()]);
    metrics.budgets([{ key: word(), used: 1 }]);
    metrics.chargeDifference(word());
    metrics.priceSource({ pair: word(), source: word(), rejected: word() });
    metrics.pricePoll(word(), { hasQuorum: true, isHeld: true });
    metrics.priceAge(word(), 1, 1);
    metrics.databaseError(word());
    metrics.apiRejected(word());
    metrics.signerRefused(word());
    metrics.signerUp(true);
    metrics.rpcContradiction();
    metrics.alertsFiring([{ alert: word(), severity: word() }]);
    metrics.alertDelivery(word(), 'failed');
  }
}

describe('the table of metrics', () => {
  it('declares every metric that the node gives, and none besides', async () => {
    const text = await createMetrics({ version: '1', process: false }).text();
    const given = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [
      name,
      type,
    ]);
    const declared = METRIC_TABLE.map(({ name, type }) => [name, type]);
    assert.deepEqual(given.sort(), declared.sort());
  });

  it('has names as Prometheus expects them, with the unit last and a help that is a sentence', () => {
    for (const { name, type, unit, help } of METRIC_TABLE) {
      assert.match(name, /^dodona_[a-z0-9]+(_[a-z0-9]+)*$/);
      assert.equal(type === 'counter', name.endsWith('_total'), name);
      assert.match(help, /^\S.+[^.]\.$/, name);
      const bare = name.replace(/_total$/, '');
      for (const inName of ['seconds', 'bytes', 'ratio']) {
        assert.equal(bare.endsWith(`_${inName}`), unit.startsWith(inName), `${name}: ${unit}`);
      }
      if (unit === 'GAS') assert.match(bare, /_gas$/);
    }
  });

  it('bounds the series whatever strangers, sources and endpoints say', async () => {
    const metrics = createMetrics({ version: '1', process: false });
    tellHostileWords(metrics);
    const counts = new Map<string, number>();
    const text = await metrics.text();
    for (const line of text.split('\n').filter((each) => each !== '' && !each.startsWith('#'))) {
      const [, series = ''] = /^([a-z0-9_]+)/.exec(line) ?? [];
      counts.set(series, (counts.get(series) ?? 0) + 1);
    }
    for (const declaration of METRIC_TABLE) {
      const { name, type } = declaration;
      const parts =
        type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
      const series = parts.reduce((sum, part) => sum + (counts.get(part) ?? 0), 0);
      assert.ok(series <= maxSeries(declaration), `${name} has ${series} series`);
    }
    // Where the words are declared, none of another's gets through.
    assert.doesNotMatch(text, /dodona_(requests|step_duration|responses|function_runs)[^\n]*evil/);
    assert.match(text, /dodona_retries_total\{step="other"\} 300/);
  });

  it('knows every state, kind, code and cause that there is', async () => {
    const metrics = createMetrics({ version: '1', process: false });
    metrics.queue(Object.fromEntries(REQUEST_STATES.map((state) => [state, 1])));
    metrics.upkeeps(Object.fromEntries(UPKEEP_STATES.map((state) => [state, 1])), {
      ...{ count: 0, longestMs: 0 },
    });
    metrics.spendingHeld(HOLD_CAUSES);
    for (const reason of REFUSALS) metrics.signerRefused(reason);
    for (const kind of REQUEST_KINDS) {
      metrics.charged(kind, 1n);
      for (const code of Object.values(ResponseCode)) {
        metrics.response({ kind, code, delivered: false, delayMs: null });
      }
    }
    for (const trigger of TRIGGER_KINDS) {
      metrics.upkeepRun({ delivered: true, trigger, lag: 1 });
    }
    assert.doesNotMatch(await metrics.text(), /"other"/);
  });

  it('counts from 0, so that the first time shows as an increase', async () => {
    const text = await createMetrics({ version: '1', process: false }).text();
    assert.match(text, /^dodona_unanswered_total\{kind="random"\} 0$/m);
    assert.match(text, /^dodona_foreign_transactions_total\{what="fees"\} 0$/m);
  });

  it('takes over what is known as a whole, and never goes back', async () => {
    const metrics = createMetrics({ version: '1', process: false });
    const burnt = async () => (await metrics.samples('dodona_fees_burnt_gas_total'))[0]?.value;
    const amounts = { wallet: 0n, credit: 0n, earned: 0n, floor: 0n, warning: 0n };
    const told: (number | undefined)[] = [];
    for (const gas of [7n, 7n, 9n, 3n]) {
      metrics.balances({ ...amounts, burnt: gas * 100_000_000n });
      told.push(await burnt());
    }
    assert.deepEqual(told, [7, 7, 9, 9]);
  });

  it('counts from 0 whatever an alert wants to see grow', async () => {
    const metrics = createMetrics({ version: '1', process: false });
    const grow = ALERTS.flatMap(({ when }) => (when.kind === 'increase' ? [when.of] : []));
    assert.ok(grow.length >= 10);
    for (const { metric, labels = {} } of grow) {
      const wanted = Object.entries(labels);
      const found = (await metrics.samples(metric.name)).filter((each) =>
        wanted.every(([name, word]) => each.labels[name] === word),
      );
      assert.ok(found.length > 0, metric.name);
      assert.ok(found.every(({ value }) => value === 0));
    }
  });
});
