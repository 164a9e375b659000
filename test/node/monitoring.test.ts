import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { ensurePromtool } from '../../scripts/ensure/promtool.mjs';
import { DATOSHI_PER_GAS } from '../../src/base/datoshi.js';
import { callScript } from '../../src/chain/script.js';
import { BURNT } from '../../src/gasbank/accounts.js';
import { createLedgerStore } from '../../src/gasbank/ledger-store.js';
import { METRIC_TABLE } from '../../src/telemetry/metric-table.js';
import { createMetrics } from '../../src/telemetry/metrics.js';
import { responsesTo } from './answers.js';
import { ask, consumerAsks, specOf } from './asking.js';
import { mustHalt, type NodeFixture, nodeFixture } from './node-fixture.js';
import { type RunningNode, startNode } from './running-node.js';

describe('what a running node tells of itself', function () {
  this.timeout(60_000);
  let fixture: NodeFixture;
  let running: RunningNode;
  before(async () => {
    fixture = await nodeFixture(await sharedNetwork());
    running = await startNode(fixture.config);
  });
  after(async () => {
    await running?.stop();
    await fixture?.stop();
  });

  /** What promtool says; nothing where all is well. */
  async function checkMetrics(input: string) {
    const promtool = await ensurePromtool();
    const given = { input, encoding: 'utf8' } as const;
    const { status, stdout, stderr } = spawnSync(promtool, ['check', 'metrics'], given);
    return { status, output: stdout + stderr };
  }

  const seriesValue = (text: string, series: string): number => {
    const line = text.split('\n').find((each) => each.startsWith(`${series} `));
    return Number(line?.slice(series.length + 1) ?? Number.NaN);
  };

  it('passes promtool check metrics', async () => {
    const { ids } = await ask(fixture, [
      consumerAsks(fixture, { spec: specOf(fixture, '/measured') }),
    ]);
    await responsesTo(fixture, running, ids);
    const input = await running.metricsText();
    assert.deepEqual(await checkMetrics(input), { status: 0, output: '' });
    // A name that breaks the conventions is found.
    const bad = await checkMetrics(
      `${input}# TYPE dodona_bad_milliseconds gauge\ndodona_bad_ms 1\n`,
    );
    assert.notEqual(bad.status, 0);
  });

  it('passes it with the figures of the process, which `dodona start` adds', async () => {
    const metrics = createMetrics({ version: 'test', process: true });
    assert.deepEqual(await checkMetrics(await metrics.text()), { status: 0, output: '' });
  });

  it('counts an answer with its delay, its charge and its fees, to the datoshi of the ledger', async () => {
    const { ids } = await ask(fixture, [
      consumerAsks(fixture, { spec: specOf(fixture, '/measured') }),
    ]);
    const [response] = await responsesTo(fixture, running, ids);
    const text = await running.metricsText();
    const answers = seriesValue(text, 'dodona_answer_delay_seconds_count{kind="http"}');
    assert.ok(answers >= 1, `answers: ${answers}`);
    const burnt = createLedgerStore(running.db).balance(BURNT).posted;
    assert.equal(
      seriesValue(text, 'dodona_fees_burnt_gas_total'),
      Number(burnt) / Number(DATOSHI_PER_GAS),
    );
    const charged = seriesValue(text, 'dodona_charged_gas_total{kind="http"}');
    assert.ok(
      charged >= Number(response?.fee ?? 0n) / Number(DATOSHI_PER_GAS),
      `charged: ${charged}`,
    );
    // Of this start all fees of the books are this process's: kind by kind they are the whole.
    const byKind = [...text.matchAll(/^dodona_fees_gas_total\{kind="\w+"\} (\S+)$/gm)];
    const sum = byKind.reduce((total, [, value]) => total + Number(value), 0);
    assert.ok(Math.abs(sum - Number(burnt) / Number(DATOSHI_PER_GAS)) < 1e-7, `${sum} of ${burnt}`);
    assert.equal(seriesValue(text, 'dodona_foreign_transactions_total{what="fees"}'), 0);
  });

  it('gives the figures that rules look at, with the limits of its configuration', async () => {
    const text = await running.metricsText();
    const { gasbank, network } = fixture.config;
    assert.equal(
      seriesValue(text, 'dodona_wallet_warning_gas'),
      Number(gasbank.walletWarningDatoshi) / Number(DATOSHI_PER_GAS),
    );
    assert.equal(
      seriesValue(text, 'dodona_chain_stall_after_seconds'),
      network.stallAfterMs / 1_000,
    );
    const seenS = seriesValue(text, 'dodona_chain_last_block_timestamp_seconds');
    assert.ok(Math.abs(Date.now() / 1_000 - seenS) < 30, `seen at ${seenS}`);
    assert.ok(seriesValue(text, 'dodona_disk_free_bytes') > 0);
    assert.ok(seriesValue(text, 'dodona_step_duration_seconds_count{step="reconcile"}') >= 1);
    const told = new Set([...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name));
    for (const { name } of METRIC_TABLE) assert.ok(told.has(name), name);
  });

  it("counts a transaction of the node's account that the node did not send", async () => {
    const { network, node, gateway } = fixture;
    const version = callScript(gateway, 'version', []);
    await mustHalt(network.send(node, version).then(network.applied));
    await running.until('the foreign transaction is counted', async () => {
      const text = await running.metricsText();
      return seriesValue(text, 'dodona_foreign_transactions_total{what="fees"}') === 1;
    });
    const text = await running.metricsText();
    assert.ok(seriesValue(text, 'dodona_fees_gas_total{kind="elsewhere"}') > 0);
  });
});
