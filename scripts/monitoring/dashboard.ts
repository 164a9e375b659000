import type { MetricDeclaration } from '../../src/telemetry/metric-declaration.js';

/** A question to Prometheus, and how its series are named in a legend. */
export interface Query {
  readonly expression: string;
  readonly legend: string;
  /** The metrics that it asks for. */
  readonly metrics: readonly MetricDeclaration[];
}

export interface Panel {
  readonly title: string;
  readonly kind: 'stat' | 'timeseries' | 'table';
  /** Of Grafana: s, bytes, percentunit, short, … */
  readonly unit: string;
  readonly queries: readonly Query[];
  /** Half of the width by default. */
  readonly width?: 4 | 6 | 8 | 12 | 24;
}

export interface Dashboard {
  /** Of its file and its address. */
  readonly uid: string;
  readonly title: string;
  readonly rows: readonly { readonly title: string; readonly panels: readonly Panel[] }[];
}

/** Only the node that is chosen at the top of the dashboard. */
const CHOSEN = 'instance=~"$instance"';
const ROW_UNITS = 24;
const PANEL_HEIGHT = { stat: 4, timeseries: 8, table: 8 } as const;

type Labels = Readonly<Record<string, string>>;

const selected = ({ name }: MetricDeclaration, labels: Labels = {}, suffix = ''): string => {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return `${name}${suffix}{${[CHOSEN, ...pairs].join(', ')}}`;
};

/** The value as it is. */
export const value = (metric: MetricDeclaration, legend = '', labels?: Labels): Query => ({
  expression: selected(metric, labels),
  legend,
  metrics: [metric],
});

/** By how much a counter grows a second, or in an hour. */
export const rate = (metric: MetricDeclaration, by: string, over: '5m' | '1h' = '5m'): Query => ({
  expression:
    over === '1h'
      ? `sum by (${by}) (increase(${selected(metric)}[1h]))`
      : `sum by (${by}) (rate(${selected(metric)}[5m]))`,
  legend: `{{${by}}}`,
  metrics: [metric],
});

/** A quantile of a histogram, by a label. */
export const quantile = (metric: MetricDeclaration, share: number, by: string): Query => {
  const groups = by === '' ? 'le' : `le, ${by}`;
  const name = `p${share * 100}`;
  const buckets = `rate(${selected(metric, {}, '_bucket')}[5m])`;
  return {
    expression: `histogram_quantile(${share}, sum by (${groups}) (${buckets}))`,
    legend: by === '' ? name : `{{${by}}} ${name}`,
    metrics: [metric],
  };
};

/** How long ago a time was that a metric tells. */
export const since = (metric: MetricDeclaration, legend: string): Query => ({
  expression: `time() - ${selected(metric)}`,
  legend,
  metrics: [metric],
});

/** A dashboard as Grafana's provisioning reads it. */
export function dashboardJson({ uid, title, rows }: Dashboard): string {
  const panels: object[] = [];
  let y = 0;
  let id = 1;
  for (const row of rows) {
    panels.push({
      ...{ id: id++, type: 'row', title: row.title, collapsed: false, panels: [] },
      gridPos: { x: 0, y, w: ROW_UNITS, h: 1 },
    });
    y += 1;
    let x = 0;
    let height = 0;
    for (const panel of row.panels) {
      const w = panel.width ?? (panel.kind === 'stat' ? 4 : 12);
      const h = PANEL_HEIGHT[panel.kind];
      if (x + w > ROW_UNITS) {
        y += height;
        [x, height] = [0, 0];
      }
      panels.push(panelJson(panel, id++, { x, y, w, h }));
      x += w;
      height = Math.max(height, h);
    }
    y += height;
  }
  const dashboard = {
    uid,
    title,
    tags: ['dodona'],
    timezone: 'utc',
    schemaVersion: 39,
    version: 1,
    editable: false,
    refresh: '30s',
    time: { from: 'now-6h', to: 'now' },
    templating: { list: [datasourceChoice, instanceChoice] },
    panels,
  };
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: it is Grafana that fills this in
const source = { type: 'prometheus', uid: '${datasource}' };

const datasourceChoice = {
  ...{ name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' },
  ...{ hide: 0, refresh: 1, current: {} },
};

const instanceChoice = {
  ...{ name: 'instance', label: 'Node', type: 'query', datasource: source, hide: 0, refresh: 2 },
  query: 'label_values(dodona_build_info, instance)',
  ...{ includeAll: true, multi: true, current: { text: 'All', value: '$__all' } },
};

function panelJson({ title, kind, unit, queries }: Panel, id: number, gridPos: object): object {
  const targets = queries.map(({ expression, legend }, at) => ({
    refId: String.fromCharCode('A'.charCodeAt(0) + at),
    datasource: source,
    expr: expression,
    legendFormat: legend === '' ? '__auto' : legend,
    ...(kind === 'timeseries' ? {} : { instant: true }),
    ...(kind === 'table' ? { format: 'table' } : {}),
  }));
  const options =
    kind === 'stat'
      ? { reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false } }
      : kind === 'timeseries'
        ? { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi' } }
        : {};
  return {
    ...{ id, type: kind, title, datasource: source, gridPos, targets, options },
    fieldConfig: { defaults: { unit }, overrides: [] },
  };
}
