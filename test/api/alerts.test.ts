import assert from 'node:assert/strict';
import { ALERTS } from '../../src/alerts/alert-table.js';
import { alertsOf, RULES_OF } from '../../src/api/alerts.js';
import type { AlertStatus, NodeStatus } from '../../src/api/node-status.js';
import { API, apiFixture, STATUS } from './api-fixture.js';

const ONE = 'http://127.0.0.1:1';
const OTHER = 'http://127.0.0.1:2';

const ruleOf = (alert: string, labels: Record<string, string> = {}): AlertStatus => ({
  ...{ alert, severity: 'warning', area: 'service', summary: `${alert} fires`, labels },
  ...{ sinceMs: 1, runbook: 'docs/runbook.md' },
});
const down = (endpoint: string) => ({ endpoint, healthy: false, height: null, why: 'refused' });
const held = (cause: string) => ({ cause, reason: 'it waits', untilMs: 9 });
const TROUBLED: NodeStatus = {
  ...STATUS,
  endpoints: [down(ONE), down(OTHER)],
  queue: { stuck: 2 },
  books: { ...STATUS.books, stopped: 'they differ' },
  spending: { held: ['budget', 'floor', 'stopped'].map(held), budgets: [], inboxOnly: [] },
};

describe('what the API tells somebody to look at', () => {
  let status = TROUBLED;
  const fixture = apiFixture({ status: () => status });
  after(() => fixture.close());
  const codesWith = (...alerts: AlertStatus[]): string[] =>
    alertsOf({ ...TROUBLED, alerts }, fixture.options.sources.reads, [], 1).map(
      ({ code, summary }) => (code === 'ENDPOINT_DOWN' ? summary : `${code}`),
    );

  it('is each trouble once while no rule fires', () => {
    assert.deepEqual(codesWith().sort(), [
      'REQUESTS_STUCK',
      'SPENDING_HELD',
      'SPENDING_HELD',
      'SPENDING_STOPPED',
      `${ONE} is not used`,
      `${OTHER} is not used`,
    ]);
  });

  it('is the word of the rule in the place of its own, of the one that the rule is about', () => {
    const rules = [
      ruleOf('DodonaEndpointDown', { endpoint: ONE }),
      ruleOf('DodonaRequestsStuck', { state: 'stuck' }),
      ruleOf('DodonaBudgetHolds', { cause: 'budget' }),
      ruleOf('DodonaSpendingStopped'),
    ];
    assert.deepEqual(codesWith(...rules).sort(), [
      'DodonaBudgetHolds',
      'DodonaEndpointDown',
      'DodonaRequestsStuck',
      'DodonaSpendingStopped',
      'SPENDING_HELD',
      `${OTHER} is not used`,
    ]);
  });

  it('is the same over the wire, by its schema alone', async () => {
    status = { ...TROUBLED, alerts: [ruleOf('DodonaEndpointDown', { endpoint: OTHER })] };
    const { ask } = await fixture.serve({ api: API });
    const { items } = (await ask('/v1/alerts')).body;
    const about = items.filter(({ code }: { code: string }) => /ENDPOINT|Endpoint/.test(code));
    assert.deepEqual(
      about.map(({ code }: { code: string }) => code),
      ['DodonaEndpointDown', 'ENDPOINT_DOWN'],
    );
    assert.deepEqual(Object.keys(about[1]).sort(), [
      ...['code', 'detail', 'severity', 'since', 'summary'],
    ]);
  });

  it('knows rules that there are', () => {
    const names = new Set<string>(ALERTS.map(({ name }) => name));
    for (const rule of Object.values(RULES_OF).flat()) assert.ok(names.has(rule), rule);
  });
});
