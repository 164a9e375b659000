import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { projectRoot } from '../../scripts/ensure/paths.mjs';

const GRAFANA = join(projectRoot, 'config', 'monitoring', 'grafana');
/** The variable at the top of each dashboard. */
const CHOSEN = ['$', '{datasource}'].join('');
const COMPOSE = join(projectRoot, 'config', 'compose');

interface Source {
  readonly type: string;
  readonly uid: string;
}

interface Board {
  readonly uid: string;
  readonly title: string;
  readonly templating: {
    readonly list: readonly {
      readonly name: string;
      readonly type: string;
      readonly query: unknown;
    }[];
  };
  readonly panels: readonly {
    readonly type: string;
    readonly datasource?: Source;
    readonly targets?: readonly { readonly datasource?: Source }[];
  }[];
}

const yaml = (file: string) => parse(readFileSync(file, 'utf8'));
const boards = readdirSync(join(GRAFANA, 'dashboards')).map((name) => ({
  name,
  board: JSON.parse(readFileSync(join(GRAFANA, 'dashboards', name), 'utf8')) as Board,
}));
const sources = [
  yaml(join(GRAFANA, 'provisioning', 'datasources', 'prometheus.yaml')),
  yaml(join(COMPOSE, 'grafana-datasource.yaml')),
];

/** Every data source that a dashboard names anywhere. */
function sourcesIn(value: unknown): Source[] {
  if (typeof value !== 'object' || value === null) return [];
  const found = Object.entries(value).flatMap(([key, inner]) =>
    key === 'datasource' && typeof inner === 'object' && inner !== null
      ? [inner as Source]
      : sourcesIn(inner),
  );
  return found;
}

describe('what Grafana is provisioned with', () => {
  it('is the data source that every panel and variable of every dashboard asks', () => {
    for (const { apiVersion, datasources } of sources) {
      assert.equal(apiVersion, 1);
      const [{ uid, type, isDefault }] = datasources;
      assert.deepEqual([datasources.length, type, isDefault], [1, 'prometheus', true]);
      for (const { name, board } of boards) {
        const asked = sourcesIn(board);
        assert.ok(asked.length >= board.panels.filter((panel) => panel.targets).length, name);
        // The variable stands for the only source that there is, and the default.
        for (const source of asked) {
          assert.deepEqual(source, { type, uid: CHOSEN }, name);
        }
        const chooses = board.templating.list.filter((variable) => variable.name === 'datasource');
        assert.deepEqual(
          chooses.map(({ type: kind, query }) => [kind, query]),
          [['datasource', type]],
        );
        assert.match(uid, /^[a-z-]{1,40}$/);
      }
    }
  });

  it('is the same in both places but for where Prometheus is', () => {
    const [own, composed] = sources.map(({ datasources }) => datasources[0]);
    assert.deepEqual({ ...own, url: '' }, { ...composed, url: '' });
    const { services } = yaml(join(COMPOSE, 'compose.yaml'));
    assert.ok(new URL(composed.url).hostname in services);
  });

  it('finds the dashboards where compose and the page mount them, each once', () => {
    const { apiVersion, providers } = yaml(
      join(GRAFANA, 'provisioning', 'dashboards', 'dodona.yaml'),
    );
    assert.deepEqual([apiVersion, providers.length], [1, 1]);
    const [{ type, options }] = providers;
    assert.equal(type, 'file');
    const { services } = yaml(join(COMPOSE, 'compose.yaml'));
    const mounted = services.grafana.volumes.find(
      ({ target }: { target: string }) => target === options.path,
    );
    assert.equal(join(COMPOSE, mounted.source), join(GRAFANA, 'dashboards'));
    const page = readFileSync(join(projectRoot, 'docs', 'monitoring.md'), 'utf8');
    assert.ok(page.replaceAll('\n', ' ').includes(`\`grafana/dashboards\` at \`${options.path}\``));
    assert.equal(new Set(boards.map(({ board }) => board.uid)).size, boards.length);
    assert.equal(new Set(boards.map(({ board }) => board.title)).size, boards.length);
    for (const { name, board } of boards) assert.equal(name, `${board.uid}.json`);
  });
});
