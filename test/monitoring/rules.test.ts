import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parse, stringify } from 'yaml';
import { projectRoot } from '../../scripts/ensure/paths.mjs';
import { ensurePromtool } from '../../scripts/ensure/promtool.mjs';
import { DASHBOARDS } from '../../scripts/monitoring/dashboards.js';
import { monitoringFiles, RULES_FILE } from '../../scripts/monitoring/files.js';
import type { AlertCondition } from '../../src/alerts/alert-condition.js';
import {
  ALERTS,
  type AlertDeclaration,
  runbookLink,
  summaryOf,
} from '../../src/alerts/alert-table.js';
import type { MetricDeclaration } from '../../src/telemetry/metric-declaration.js';
import { METRIC_TABLE } from '../../src/telemetry/metric-table.js';
import { PROCESS_METRICS } from '../../src/telemetry/metrics-process.js';
import { type Scenario, type ScenarioSeries, scenariosOf } from '../alerts/scenarios.js';

type Told = AlertDeclaration & { readonly when: Exclude<AlertCondition, { kind: 'prometheus' }> };

/** Where an operator has the runbook, as prometheus.yml tells it. */
const RUNBOOK_AT = 'https://ops.example.org/runbook';
const TOLD = { external_labels: { runbook: RUNBOOK_AT } };

const WHERE = { instance: 'node:7411', job: 'dodona' };

const isTold = (alert: AlertDeclaration): alert is Told => alert.when.kind !== 'prometheus';

/** One minute by one: `1 2 2` as promtool reads it. */
const seriesOf = ({ metric, labels, values }: ScenarioSeries) => ({
  series: `${metric}{${Object.entries({ ...WHERE, ...labels })
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(', ')}}`,
  values: values.join(' '),
});

const expectation = (alert: AlertDeclaration, about: Scenario['about'], fires: boolean) =>
  fires
    ? [
        {
          exp_labels: { ...WHERE, ...about, severity: alert.severity, area: alert.area },
          exp_annotations: {
            summary: summaryOf(alert, about),
            runbook_url: runbookLink(alert, RUNBOOK_AT),
          },
        },
      ]
    : [];

function unitTest(alert: Told, scenario: Scenario) {
  const minutes = Math.max(...scenario.series.map(({ values }) => values.length)) - 1;
  return {
    name: `${alert.name}: ${scenario.what}`,
    ...TOLD,
    interval: '1m',
    input_series: scenario.series.map(seriesOf),
    alert_rule_test: [
      {
        eval_time: `${minutes}m`,
        alertname: alert.name,
        exp_alerts: expectation(alert, scenario.about, scenario.fires),
      },
    ],
  };
}

/** Names of metrics in an expression; what stands in quotes is none. */
const namesIn = (expression: string): string[] =>
  [...expression.replace(/"[^"]*"/g, '""').matchAll(/\b(?:dodona|process|nodejs)_[a-z0-9_]+/g)].map(
    ([name]) => name,
  );

const DECLARED: readonly MetricDeclaration[] = [
  ...METRIC_TABLE,
  ...Object.values<MetricDeclaration>(PROCESS_METRICS),
];

function declared(name: string): MetricDeclaration | undefined {
  return DECLARED.find((metric) =>
    metric.type === 'histogram'
      ? ['_bucket', '_sum', '_count'].some((part) => `${metric.name}${part}` === name)
      : metric.name === name,
  );
}

/** Labels that an expression names in its selectors and groups. */
function labelsIn(expression: string): string[] {
  const selectors = [...expression.matchAll(/(\w+)\s*(?:=~|!=|!~|=)\s*"/g)].map(([, name]) => name);
  const groups = [...expression.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) =>
    list.split(',').map((name) => name.trim()),
  );
  return [...selectors, ...groups].filter((name): name is string => name !== undefined);
}

/** Every name and label that is not there. */
function unknownIn(expression: string): string[] {
  const names = namesIn(expression);
  const metrics = names.map((name) => declared(name));
  const labels = new Set(['instance', 'job', 'le', 'alertname', 'alertstate']);
  for (const metric of metrics)
    for (const name of Object.keys(metric?.labels ?? {})) labels.add(name);
  return [
    ...names.filter((name) => declared(name) === undefined),
    ...labelsIn(expression).filter((name) => !labels.has(name)),
  ];
}

describe('what watches the node from outside', function () {
  this.timeout(60_000);
  let promtool: string;
  const dir = mkdtempSync(join(tmpdir(), 'dodona-rules-'));
  const { groups } = parse(readFileSync(join(projectRoot, RULES_FILE), 'utf8')) as {
    groups: { name: string; rules: { expr: string }[] }[];
  };
  const areas = new Set(ALERTS.map((alert) => alert.area));
  before(async () => {
    promtool = await ensurePromtool();
    for (const group of groups) {
      const area = group.name.replace('dodona-', '');
      writeFileSync(join(dir, `${area}.yml`), stringify({ groups: [group] }));
    }
  });
  after(() => rmSync(dir, { recursive: true }));
  const run = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(promtool, args, { cwd: dir, encoding: 'utf8' });
    return { status, text: stdout + stderr };
  };

  /** Unit tests of the rules of an area. */
  const test = (area: string, tests: readonly object[]) => {
    const file = { rule_files: [`${area}.yml`], evaluation_interval: '1m', tests };
    writeFileSync(join(dir, 'tests.yml'), stringify(file));
    return run('test', 'rules', 'tests.yml');
  };

  it('is written as the code says', () => {
    for (const [path, content] of monitoringFiles()) {
      const file = readFileSync(join(projectRoot, path), 'utf8');
      assert.equal(file === content, true, `${path}: run npx tsx scripts/monitoring.ts`);
    }
    const folder = join(projectRoot, 'config/monitoring/grafana/dashboards');
    const made = [...monitoringFiles().keys()].filter((path) => path.endsWith('.json'));
    assert.equal(readdirSync(folder).length, made.length, 'a dashboard is there that nobody makes');
  });

  it('has rules and configurations that promtool takes', () => {
    // As the compose file mounts them: the rules beside.
    cpSync(join(projectRoot, RULES_FILE), join(dir, basename(RULES_FILE)));
    const inContainer = join(dir, 'prometheus.yml');
    cpSync(join(projectRoot, 'config/compose/prometheus.yml'), inContainer);
    for (const [kind, file] of [
      ['rules', join(projectRoot, RULES_FILE)],
      ['config', join(projectRoot, 'config/monitoring/prometheus.yml')],
      ['config', inContainer],
    ] as const) {
      const { status, text } = run('check', kind, file);
      assert.equal(status, 0, text);
    }
  });

  it('fires each alert when it should and at no other time, for a real promtool', () => {
    // Area by area: of a test's minutes each looks at all rules of its file.
    for (const area of areas) {
      const told = ALERTS.filter(isTold).filter((alert) => alert.area === area);
      const tests = told.flatMap((alert) =>
        scenariosOf(alert).map((scenario) => unitTest(alert, scenario)),
      );
      assert.ok(tests.length >= 3 * told.length && tests.length > 0, area);
      const { status, text } = test(area, tests);
      assert.equal(status, 0, text);
    }
  });

  it('fires when the node does not answer, or is not scraped at all', () => {
    const [down] = ALERTS.filter(({ name }) => name === 'DodonaDown') as [AlertDeclaration];
    const at = (values: string, fires: boolean, where: Record<string, string>) => ({
      ...TOLD,
      interval: '1m',
      input_series: [{ series: 'up{job="dodona", instance="node:7411"}', values }],
      alert_rule_test: [
        {
          eval_time: '10m',
          alertname: down.name,
          exp_alerts: fires
            ? [
                {
                  exp_labels: { ...where, severity: down.severity, area: down.area },
                  exp_annotations: {
                    summary: down.summary,
                    runbook_url: runbookLink(down, RUNBOOK_AT),
                  },
                },
              ]
            : [],
        },
      ],
    });
    const tests = [
      at('1x10', false, {}),
      at('1x8 0 0', false, {}),
      at('1x5 0x5', true, WHERE),
      at('1 _x10', true, { job: 'dodona' }),
    ];
    const { status, text } = test('service', tests);
    assert.equal(status, 0, text);
  });

  it('tells of a foreign transaction that came while nothing was scraped for hours', () => {
    const foreign = ALERTS.filter(isTold).find(
      ({ name }) => name === 'DodonaForeignTransaction',
    ) as Told;
    const labels = { what: 'fees' };
    const metric = foreign.when.of.metric.name;
    const scenario = { what: 'found at the start', fires: true, about: labels };
    const found = unitTest(foreign, { ...scenario, series: [{ metric, labels, values: [] }] });
    const at = (values: string, minute: number, fires: boolean) => ({
      ...found,
      input_series: found.input_series.map((series) => ({ ...series, values })),
      alert_rule_test: [
        {
          ...found.alert_rule_test[0],
          eval_time: `${minute}m`,
          exp_alerts: expectation(foreign, labels, fires),
        },
      ],
    });
    const away = '0 0 0 _x70 1x200';
    const tests = [at(away, 76, true), at(away, 140, false), at('0x80', 79, false)];
    const { status, text } = test('security', tests);
    assert.equal(status, 0, text);
  });

  it('names only metrics and labels that there are, in rules and panels', () => {
    const inRules = groups.flatMap(({ rules }) => rules.map(({ expr }) => expr));
    const inPanels = [...monitoringFiles()]
      .filter(([path]) => path.endsWith('.json'))
      .flatMap(([, text]) => [...text.matchAll(/"expr": (".*")/g)])
      .map(([, quoted = '']) => JSON.parse(quoted) as string);
    assert.ok(inRules.length >= 30 && inPanels.length >= 40);
    for (const expression of [...inRules, ...inPanels]) {
      assert.deepEqual(unknownIn(expression), [], expression);
    }
    assert.deepEqual(unknownIn('sum by (kin) (dodona_requests{stat="x"}) + dodona_nothing'), [
      ...['dodona_nothing', 'stat', 'kin'],
    ]);
  });

  it('has panels whose expressions promtool takes', () => {
    // As rules they are parsed by Prometheus itself.
    const rules = DASHBOARDS.flatMap(({ rows }) => rows)
      .flatMap(({ panels }) => panels)
      .flatMap(({ queries }) => queries)
      .map(({ expression }, at) => ({
        record: `panel:${at}`,
        expr: expression.replaceAll('$instance', '.*'),
      }));
    writeFileSync(join(dir, 'panels.yml'), stringify({ groups: [{ name: 'panels', rules }] }));
    const { status, text } = run('check', 'rules', 'panels.yml');
    assert.equal(status, 0, text);
  });

  it('shows every metric in a panel', () => {
    const shown = new Set(
      DASHBOARDS.flatMap(({ rows }) => rows)
        .flatMap(({ panels }) => panels)
        .flatMap(({ queries }) => queries)
        .flatMap(({ expression }) => namesIn(expression))
        .map((name) => declared(name)?.name),
    );
    const hidden = DECLARED.map(({ name }) => name).filter((name) => !shown.has(name));
    // What it is compared with, or what the choice of nodes is made of.
    const elsewhere = [
      ...['dodona_build_info', 'dodona_chain_stall_after_seconds'],
      ...['dodona_canary_interval_seconds', 'dodona_canary_last_success_timestamp_seconds'],
    ];
    assert.deepEqual(hidden.sort(), elsewhere.sort());
  });
});
