import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import type { AlertMessage } from '../../src/alerts/alert-message.js';
import { callScript } from '../../src/chain/script.js';
import type { NodeConfig } from '../../src/config/node-config.js';
import { mustHalt, type NodeFixture, nodeFixture } from './node-fixture.js';
import { type RunningNode, startNode } from './running-node.js';

describe('alerts of a running node', function () {
  this.timeout(60_000);
  let fixture: NodeFixture;
  let config: NodeConfig;
  let running: RunningNode | null = null;
  let toldFile: string;
  const hooked: AlertMessage[] = [];
  before(async () => {
    fixture = await nodeFixture(await sharedNetwork());
    const { folder, source } = fixture;
    toldFile = join(folder, 'told');
    writeFileSync(join(folder, 'alerts.secret'), 'a secret\n', { mode: 0o600 });
    source.on('/hook', ({ body }, response) => {
      hooked.push(JSON.parse(body) as AlertMessage);
      response.writeHead(204).end();
    });
    config = {
      ...fixture.config,
      alerts: {
        ...fixture.config.alerts,
        ...{ everyMs: 50, calmMs: 0, runbook: 'https://wiki.example.org/runbook' },
        webhook: {
          url: `${source.httpUrl}/hook`,
          secretFile: join(folder, 'alerts.secret'),
          timeoutMs: 10_000,
        },
        command: {
          argv: ['/bin/sh', '-c', `cat >> ${toldFile}`],
          timeoutMs: 10_000,
        },
        allow: fixture.config.http.allow,
      },
    };
  });
  afterEach(() => running?.stop());
  after(() => fixture?.stop());

  const firing = () => running?.node.status().alerts.map(({ alert }) => alert) ?? [];
  const toldOf = (kind: string, alert: string) =>
    hooked
      .flatMap(({ alerts }) => alerts)
      .filter((each) => each.kind === kind && each.alert === alert);

  it('reach webhook, command, status, metrics and log; a restart tells of nothing twice', async () => {
    const name = 'DodonaForeignTransaction';
    running = await startNode(config);
    const { network, node, gateway } = fixture;
    await running.until('alerts were looked at', async () =>
      ((await running?.metricsText()) ?? '').includes('dodona_disk_free_bytes'),
    );
    await mustHalt(network.send(node, callScript(gateway, 'version', [])).then(network.applied));
    await running.until('the webhook is told', () => toldOf('firing', name).length === 1);
    await running.until('the command is told', () => readText(toldFile).includes(name));
    const [told] = toldOf('firing', name);
    assert.deepEqual(
      [told?.severity, told?.area, told?.labels, told?.runbook],
      [
        ...['critical', 'security', { what: 'fees' }],
        'https://wiki.example.org/runbook#dodonaforeigntransaction',
      ],
    );
    const [message] = hooked;
    assert.deepEqual(
      [message?.version, message?.kind, message?.node.account, message?.node.gateway],
      [1, 'alerts', node.hash, gateway],
    );
    assert.ok(firing().includes(name));
    const metrics = await running.metricsText();
    assert.match(
      metrics,
      /dodona_alerts_firing\{alert="DodonaForeignTransaction",severity="critical"\} 1/,
    );
    assert.match(
      metrics,
      /dodona_alert_deliveries_total\{channel="webhook",result="delivered"\} [1-9]/,
    );
    assert.match(running.logText(), /"alert fires"|alert fires/);
    await running.stop();

    running = await startNode(config);
    await running.until('it is over', () => toldOf('resolved', name).length === 1);
    assert.equal(toldOf('firing', name).length, 1);
    assert.deepEqual(firing(), []);
  });

  it('do not hold up answers though no receiver answers', async () => {
    fixture.source.on('/hook', () => {});
    running = await startNode(config);
    const { network, node, gateway } = fixture;
    await mustHalt(network.send(node, callScript(gateway, 'version', [])).then(network.applied));
    await running.until('the alert fires', () => firing().length > 0);
    const started = performance.now();
    await running.stop();
    running = null;
    // The webhook would take 10 s for each of its tries: stopping waits for none of them.
    assert.ok(performance.now() - started < 8_000);
  });
});

const readText = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};
