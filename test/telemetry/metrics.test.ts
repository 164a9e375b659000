import assert from 'node:assert/strict';
import { ResponseCode } from '../../src/base/outcome.js';
import { createMetrics } from '../../src/telemetry/metrics.js';
import { PROCESS_METRICS } from '../../src/telemetry/metrics-process.js';

describe('metrics', () => {
  const create = () => createMetrics({ version: '1.2.3', process: false });
  const lines = async (metrics: ReturnType<typeof create>): Promise<string[]> =>
    (await metrics.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));

  it('count the queue by state, and a state that has emptied as none', async () => {
    const metrics = create();
    metrics.queue({ received: 3, sent: 1 });
    metrics.queue({ received: 2 });
    const queue = (await lines(metrics)).filter((line) => line.startsWith('dodona_requests'));
    assert.deepEqual(queue, ['dodona_requests{state="received"} 2']);
  });

  it('give durations in seconds', async () => {
    const metrics = create();
    metrics.step('resolve', 250);
    metrics.rpcCall({ endpoint: 'http://a:1', method: 'getblock', durationMs: 2 });
    const text = await lines(metrics);
    assert.ok(text.includes('dodona_step_duration_seconds_sum{step="resolve"} 0.25'));
    assert.ok(
      text.includes(
        'dodona_rpc_duration_seconds_sum{endpoint="http://a:1",method="getblock"} 0.002',
      ),
    );
    assert.ok(!text.some((line) => line.startsWith('dodona_rpc_errors_total{')));
  });

  it('give amounts in GAS', async () => {
    const metrics = create();
    metrics.balances({ wallet: 150_000_000n, credit: 1n, burnt: 30_000_000n });
    const text = await lines(metrics);
    assert.ok(text.includes('dodona_wallet_balance_gas 1.5'));
    assert.ok(text.includes('dodona_credit_held_gas 1e-8'));
    assert.ok(text.includes('dodona_fees_burnt_gas_total 0.3'));
  });

  it('tell how the books stand to the chain', async () => {
    const metrics = create();
    metrics.books({ agreedHeight: null, differences: 0, isStopped: true });
    assert.ok((await lines(metrics)).includes('dodona_spending_stopped 1'));
    metrics.books({ agreedHeight: 100, differences: 2, isStopped: false });
    const text = await lines(metrics);
    assert.ok(text.includes('dodona_books_agreed_height 100'));
    assert.ok(text.includes('dodona_books_differences 2'));
    assert.ok(text.includes('dodona_spending_stopped 0'));
  });

  it('tell what is held, and forget it when it goes on', async () => {
    const metrics = create();
    metrics.spendingHeld(['budget', 'floor']);
    metrics.spendingHeld(['floor']);
    metrics.budgets([{ key: 'gasbank.budgets.perHour', used: 0.5 }]);
    metrics.inboxOnly(2);
    metrics.chargeDifference('gas');
    const text = await lines(metrics);
    assert.deepEqual(
      text.filter((line) => line.startsWith('dodona_spending_held')),
      ['dodona_spending_held{cause="floor"} 1'],
    );
    assert.ok(text.includes('dodona_budget_used_ratio{budget="gasbank.budgets.perHour"} 0.5'));
    assert.ok(text.includes('dodona_inbox_only_requesters 2'));
    assert.ok(text.includes('dodona_charge_differences_total{reason="gas"} 1'));
  });

  it('name response codes', async () => {
    const metrics = create();
    metrics.response({
      ...{ kind: 'http', code: ResponseCode.NotFound, delivered: false, delayMs: 2_500 },
    });
    const expected = 'dodona_responses_total{kind="http",code="NotFound",delivered="false"} 1';
    const text = await lines(metrics);
    assert.ok(text.includes(expected));
    assert.ok(text.includes('dodona_answer_delay_seconds_sum{kind="http"} 2.5'));
  });

  it('tell how far behind the chain the node is', async () => {
    const metrics = create();
    metrics.chain({ height: 105, processed: 100 });
    metrics.endpoint({ endpoint: 'http://a:1', healthy: false, height: null });
    const text = await lines(metrics);
    assert.ok(text.includes('dodona_chain_lag_blocks 5'));
    assert.ok(text.includes('dodona_rpc_endpoint_up{endpoint="http://a:1"} 0'));
    assert.ok(!text.some((line) => line.startsWith('dodona_rpc_endpoint_height{')));
  });

  it('are those of one node only, also when two live in a process', async () => {
    const [one, two] = [create(), create()];
    one.queue({ sent: 1 });
    assert.doesNotMatch(String(await lines(two)), /state="sent"/);
  });

  it('tell of the process when asked to', async () => {
    const text = await createMetrics({ version: '1.2.3', process: true }).text();
    for (const { name, type, help } of Object.values(PROCESS_METRICS)) {
      // As the library declares them, with a value: a panel of what it calls otherwise is empty.
      assert.ok(text.includes(`# HELP ${name} ${help}`), name);
      assert.ok(text.includes(`# TYPE ${name} ${type}`), name);
      assert.match(text, new RegExp(`^${name} [0-9]`, 'm'));
    }
    assert.match(text, /dodona_build_info\{version="1\.2\.3"\} 1/);
  });
});
