import assert from 'node:assert/strict';
import { join } from 'node:path';
import { sharedNetwork } from '../../../scripts/devnet/shared-network.js';
import { DATABASE_FILE } from '../../../src/node/node-options.js';
import { openDatabase } from '../../../src/storage/database.js';
import { readDocument } from '../../docs/fenced-blocks.js';
import { type NodeFixture, nodeFixture } from '../../node/node-fixture.js';
import { startNode } from '../../node/running-node.js';
import { type DoctorRun, examine } from './doctor-run.js';

/** What docs/operators.md says to expect of a devnet. */
const OF_A_DEVNET = [
  'warning rpc.endpoints',
  'skipped rpc.block-fee',
  'skipped prices.publisher',
  'skipped vault.opens',
  'skipped api.tls',
  'warning alerts.channels',
  'skipped attestation.provider',
  'skipped canary',
];
const BEFORE_THE_FIRST_START = [
  'skipped files.database',
  'skipped files.audit',
  'skipped files.vault',
  'skipped storage.database',
  'skipped wallet.runway',
  'skipped vault.secrets',
];

/** More than a node and its backups want, whatever disk this runs on. */
const MUCH_BYTES = 2 ** 40;

/** What is not ok, but for how fast the machine answers, which depends on what else it does. */
const troublesOf = (run: DoctorRun): string[] =>
  run.troubles().filter((line) => line !== 'warning rpc.latency');

it('what the doctor says of a devnet is in docs/operators.md', () => {
  const [, section = ''] =
    /On a devnet expect([\s\S]*?)\n\n/.exec(readDocument('docs/operators.md')) ?? [];
  const told = [...section.matchAll(/`([a-z.-]+)`/g)].map(([, name]) => name);
  const names = [...OF_A_DEVNET, ...BEFORE_THE_FIRST_START].map((line) => line.split(' ')[1]);
  assert.deepEqual(told.sort(), names.sort());
});

describe('the doctor on a devnet that is in order', function () {
  this.timeout(120_000);
  let fixture: NodeFixture;
  before(async () => {
    fixture = await nodeFixture(await sharedNetwork(), { drawsNumbers: true });
  });
  after(() => fixture?.stop());

  const look = () =>
    examine(fixture.config.file, {
      change: (config) => ({ ...config, gateway: fixture.config.gateway }),
      host: { freeBytes: () => MUCH_BYTES },
    });

  it('finds all ok before the first start, but for what a devnet has not', async () => {
    const run = await look();
    assert.deepEqual(troublesOf(run).sort(), [...OF_A_DEVNET, ...BEFORE_THE_FIRST_START].sort());
    assert.deepEqual(run.of('gateway.start-block').status, 'ok');
  });

  it('looks at the first block where a command made the database before the first start', async () => {
    openDatabase(join(fixture.config.storage.dir, DATABASE_FILE)).close();
    assert.equal((await look()).of('gateway.start-block').status, 'ok');
  });

  it('finds the same beside a running node, and says that it runs', async () => {
    const running = await startNode(fixture.config);
    try {
      const run = await look();
      const expected = [
        ...OF_A_DEVNET,
        'skipped gateway.start-block',
        // Books that are younger than an hour tell of no runway yet.
        'skipped wallet.runway',
        'skipped files.vault',
        'skipped files.audit',
      ];
      assert.deepEqual(troublesOf(run).sort(), expected.sort());
      const node = run.of('storage.node');
      assert.deepEqual(node, { status: 'ok', found: `process ${process.pid} works here` });
      assert.match(JSON.stringify(run.of('storage.database')), /"found":"schema \d+"/);
      assert.match(JSON.stringify(run.of('api.port')), /by the node that works here/);
      assert.match(JSON.stringify(run.of('vault.secrets')), /the audit log is whole/);
    } finally {
      await running.stop();
    }
  });
});
