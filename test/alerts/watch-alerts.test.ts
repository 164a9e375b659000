import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AlertCondition } from '../../src/alerts/alert-condition.js';
import { createAlertStore, readAlerts } from '../../src/alerts/alert-store.js';
import { ALERTS, type AlertDeclaration } from '../../src/alerts/alert-table.js';
import type { Figure } from '../../src/alerts/judge-condition.js';
import { createAlertWatch } from '../../src/alerts/watch-alerts.js';
import { messageOf } from '../../src/base/node-error.js';
import { type Database, openDatabase } from '../../src/storage/database.js';
import { type Scenario, scenariosOf } from './scenarios.js';

type Told = AlertDeclaration & { readonly when: Exclude<AlertCondition, { kind: 'prometheus' }> };

const MINUTE_MS = 60_000;

describe('the watch of alerts', () => {
  let dir: string;
  let db: Database;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'dodona-alerts-'));
    db = openDatabase(join(dir, 'node.sqlite'));
  });
  afterEach(() => {
    db.close();
    rmSync(dir, { recursive: true });
  });

  /** A watch over figures that the test sets, at a time that it sets. */
  function watching(alerts: readonly AlertDeclaration[], repeatMs = 240 * MINUTE_MS) {
    const unsaved: string[] = [];
    const now = { ms: 0, figures: new Map<string, readonly Figure[]>() };
    const watch = createAlertWatch({
      ...{ alerts, calmMs: 0, repeatMs },
      samples: async (metric) => now.figures.get(metric) ?? [],
      store: createAlertStore(db),
      clock: { nowMs: () => now.ms },
      onUnsaved: (error) => unsaved.push(messageOf(error)),
    });
    const look = async (atMs: number, figures: Record<string, readonly Figure[]>) => {
      now.ms = atMs;
      now.figures = new Map(Object.entries(figures));
      return (await watch.look()).map(({ kind, summary }) => `${kind}: ${summary}`);
    };
    return { watch, look, unsaved };
  }

  const isTold = (alert: AlertDeclaration): alert is Told => alert.when.kind !== 'prometheus';

  /** Plays a scenario minute by minute; what fires at its end. */
  async function played(alert: Told, { series }: Scenario) {
    const { watch, look } = watching([alert]);
    const minutes = Math.max(...series.map(({ values }) => values.length));
    for (let minute = 0; minute < minutes; minute++) {
      const figures: Record<string, Figure[]> = {};
      for (const { metric, labels, values } of series) {
        const value = values[minute];
        if (value !== undefined) figures[metric] = [...(figures[metric] ?? []), { labels, value }];
      }
      await look(minute * MINUTE_MS, figures);
    }
    return watch.firing();
  }

  // The very scenarios that promtool is given in test/monitoring: both must say the same.
  for (const alert of ALERTS.filter(isTold)) {
    it(`fires ${alert.name} when Prometheus would, and at no other time`, async () => {
      for (const scenario of scenariosOf(alert)) {
        const firing = await played(alert, scenario);
        const expected = scenario.fires ? [scenario.about] : [];
        assert.deepEqual(
          firing.map(({ labels }) => labels),
          expected,
          scenario.what,
        );
        db.exec('DELETE FROM alert_state');
      }
    });
  }

  const [down] = ALERTS.filter(({ name }) => name === 'DodonaEndpointDown') as [AlertDeclaration];
  const [foreign] = ALERTS.filter(({ name }) => name === 'DodonaForeignTransaction') as [
    AlertDeclaration,
  ];
  const endpoints = (...states: readonly number[]) => ({
    dodona_rpc_endpoint_up: states.map((value, at) => ({ labels: { endpoint: `e${at}` }, value })),
  });

  it('tells of each series by itself, and of its end', async () => {
    const { look } = watching([down]);
    assert.deepEqual(await look(0, endpoints(0, 1)), []);
    const firing = await look(5 * MINUTE_MS, endpoints(0, 0));
    assert.deepEqual(firing, ['firing: The RPC endpoint e0 is not used.']);
    const both = await look(10 * MINUTE_MS, endpoints(1, 0));
    assert.deepEqual(both, [
      ...['resolved: The RPC endpoint e0 is not used.'],
      ...['firing: The RPC endpoint e1 is not used.'],
    ]);
  });

  it('goes on after a restart: what was told is not told again, and its end is', async () => {
    const before = watching([down]);
    await before.look(0, endpoints(0));
    assert.equal((await before.look(5 * MINUTE_MS, endpoints(0))).length, 1);
    const after = watching([down]);
    assert.deepEqual(
      after.watch.firing().map(({ summary }) => summary),
      ['The RPC endpoint e0 is not used.'],
    );
    assert.deepEqual(await after.look(6 * MINUTE_MS, endpoints(0)), []);
    assert.deepEqual(await after.look(7 * MINUTE_MS, endpoints(1)), [
      'resolved: The RPC endpoint e0 is not used.',
    ]);
    assert.deepEqual(readAlerts(db), []);
  });

  it('keeps the time that a condition has held over a restart', async () => {
    await watching([down]).look(0, endpoints(0));
    const after = watching([down]);
    assert.equal((await after.look(5 * MINUTE_MS, endpoints(0))).length, 1);
  });

  it('counts growth from the start of the process, also what was before the first look', async () => {
    const { look } = watching([foreign]);
    const fees = (value: number) => ({
      dodona_foreign_transactions_total: [{ labels: { what: 'fees' }, value }],
    });
    assert.deepEqual(await look(0, fees(0)), []);
    assert.deepEqual(await look(1_000, fees(1)), [`firing: ${TEXT}`]);
    // A process that begins anew counts from 0.
    const again = watching([foreign]);
    assert.deepEqual(await again.look(3_000, fees(0)), [`resolved: ${TEXT}`]);
    // A block came before the first look.
    const later = watching([foreign]);
    assert.deepEqual(await later.look(4_000, fees(1)), [`firing: ${TEXT}`]);
  });
  const TEXT = "An own account's transaction was not sent by this node (fees).";

  it('tells of what it finds though the disk takes nothing, and keeps it once it does', async () => {
    const { look, unsaved } = watching([down]);
    await look(0, endpoints(0));
    db.pragma('query_only = ON');
    assert.equal((await look(5 * MINUTE_MS, endpoints(0))).length, 1);
    assert.deepEqual(await look(6 * MINUTE_MS, endpoints(0)), []);
    assert.equal(unsaved.length, 2);
    db.pragma('query_only = OFF');
    await look(7 * MINUTE_MS, endpoints(0));
    assert.equal(unsaved.length, 2);
    assert.notEqual(readAlerts(db)[0]?.state.firingSinceMs, null);
  });

  it('tells again after the interval, and not before', async () => {
    const { look } = watching([down], 10 * MINUTE_MS);
    await look(0, endpoints(0));
    await look(5 * MINUTE_MS, endpoints(0));
    assert.deepEqual(await look(14 * MINUTE_MS, endpoints(0)), []);
    assert.deepEqual(await look(15 * MINUTE_MS, endpoints(0)), [
      'repeated: The RPC endpoint e0 is not used.',
    ]);
  });

  it('follows no more series than it may', async () => {
    const { look } = watching([down]);
    const many = endpoints(...Array<number>(100).fill(0));
    await look(0, many);
    assert.equal((await look(5 * MINUTE_MS, many)).length, 32);
  });

  it('writes nothing while nothing changes', async () => {
    const { look } = watching([down]);
    await look(0, endpoints(0));
    const writes = () => db.prepare('SELECT total_changes()').pluck().get();
    const before = writes();
    await look(1_000, endpoints(0));
    await look(2_000, endpoints(0));
    assert.equal(writes(), before);
  });
});
