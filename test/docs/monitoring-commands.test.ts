import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePorts } from '../../scripts/devnet/free-port.js';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { projectRoot } from '../../scripts/ensure/paths.mjs';
import { findPrometheus } from '../../scripts/ensure/promtool.mjs';
import { DASHBOARDS } from '../../scripts/monitoring/dashboards.js';
import { ALERTS } from '../../src/alerts/alert-table.js';
import { readRuntimeFile } from '../../src/api/runtime-file.js';
import { loadConfig } from '../../src/config/load-config.js';
import { type NodeFixture, nodeFixture } from '../node/node-fixture.js';
import { type RunningNode, startNode } from '../node/running-node.js';
import { COMMAND_RULES } from './command-rules.js';
import { runBlocks } from './doc-shell.js';
import { fencedBlocks } from './fenced-blocks.js';

const MONITORING = join(projectRoot, 'config', 'monitoring');
const EXPRESSIONS = DASHBOARDS.flatMap(({ rows }) => rows)
  .flatMap(({ panels }) => panels)
  .flatMap(({ queries }) => queries)
  .map(({ expression }) => expression.replaceAll('$instance', '.*'));

describe('the commands of docs/monitoring.md', function () {
  this.timeout(180_000);
  let fixture: NodeFixture;
  let running: RunningNode;
  let node: string;
  before(async () => {
    fixture = await nodeFixture(await sharedNetwork());
    const { file } = fixture.config;
    appendFileSync(file, 'alerts:\n  command:\n    run: [/bin/cat]\n');
    running = await startNode({ ...fixture.config, alerts: loadConfig(file).alerts });
    node = new URL(readRuntimeFile(fixture.config.storage.dir)?.url ?? '').host;
  });
  after(async () => {
    await running?.stop();
    await fixture?.stop();
  });

  it('have a real Prometheus scrape the node, take the rules, and answer every panel', async () => {
    const prometheus = await findPrometheus();
    const [port = 0] = await freePorts(1);
    const at = `http://127.0.0.1:${port}/api/v1`;
    // As the page says, with the node's address set in it; a second is a long time here.
    const folder = join(fixture.folder, 'monitoring');
    mkdirSync(folder);
    for (const name of ['prometheus.yml', 'dodona-alerts.yml']) {
      const text = readFileSync(join(MONITORING, name), 'utf8')
        .replace('127.0.0.1:7411', node)
        .replace('scrape_interval: 15s', 'scrape_interval: 1s')
        .replace('evaluation_interval: 15s', 'evaluation_interval: 1s')
        .replace('runbook: docs/runbook.md', 'runbook: https://wiki.example.org/runbook');
      writeFileSync(join(folder, name), text);
    }
    const page = fencedBlocks('docs/monitoring.md', 'sh');
    const watched = [...page, { ...page[0], text: WATCH } as (typeof page)[number]];
    const words = `--web.listen-address=127.0.0.1:${port} --storage.tsdb.path=${folder}/data`;
    if (prometheus === null) console.log('      no Prometheus to be had: promtool has checked it');
    const rules = [
      {
        when: /^prometheus --config/,
        how:
          prometheus === null
            ? ({ kind: 'skip', reason: 'there is none' } as const)
            : ({ kind: 'background', until: 'Server is ready to receive web requests' } as const),
        as: (command: string) =>
          command
            .replace('config/monitoring', folder)
            .replace(/^prometheus (.*)$/, `${prometheus} $1 ${words}`),
      },
      ...COMMAND_RULES,
    ];
    const ended = new AbortController();
    const seen = prometheus === null ? null : look(at, ended.signal);
    const done = join(folder, 'done');
    const shell = runBlocks(prometheus === null ? page : watched, rules, {
      '"$NODE_CONFIG"': `'${fixture.config.file}'`,
      '"$DONE"': `'${done}'`,
    });
    void shell.then(() => ended.abort());
    try {
      await seen;
    } finally {
      writeFileSync(done, '');
    }
    const { exitCode, outputOf, transcript } = await shell;
    assert.equal(exitCode, 0, transcript);
    assert.match(outputOf('npx dodona alerts list'), /^alerts {5}\S/m);
    assert.match(outputOf('npx dodona alerts test'), /^command {4}delivered$/m);
  });

  /** Waits for the first figures, then asks what a Grafana would ask. */
  async function look(at: string, ended: AbortSignal): Promise<void> {
    const get = async (path: string) => {
      const answer = await fetch(`${at}${path}`, { signal: ended });
      return (await answer.json()) as { status: string; data: Record<string, unknown> };
    };
    const valuesOf = async (expression: string) => {
      const { status, data } = await get(`/query?query=${encodeURIComponent(expression)}`);
      assert.equal(status, 'success', expression);
      return data.result as { metric: Record<string, string>; value: [number, string] }[];
    };
    const isUp = async (): Promise<boolean> => {
      const ready = await fetch(new URL('/-/ready', at), { signal: ended }).catch(() => null);
      if (ready?.ok !== true) return false;
      return (await valuesOf('up{job="dodona"} == 1')).length > 0;
    };
    while (!ended.aborted && !(await isUp())) await delay(100);
    // The shell has ended: it says why.
    if (ended.aborted) return;
    assert.deepEqual(
      (await valuesOf('dodona_ready')).map(({ value }) => value[1]),
      ['1'],
    );
    for (const expression of EXPRESSIONS) await valuesOf(expression);
    const { data } = await get('/rules');
    const groups = data.groups as { rules: { name: string; health: string }[] }[];
    const told = groups.flatMap(({ rules }) => rules);
    assert.deepEqual(told.map(({ name }) => name).sort(), ALERTS.map(({ name }) => name).sort());
    assert.deepEqual(
      told.filter(({ health }) => health === 'err'),
      [],
    );
  }
});

/** Keeps the shell, and Prometheus with it, until the test has looked. */
const WATCH = 'until [ -e "$DONE" ]; do sleep 0.1; done\n';
