import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { systemClock } from '../../src/base/clock.js';
import { parseGas } from '../../src/base/datoshi.js';
import { checkChain } from '../../src/chain/chain-check.js';
import type { NodeConfig } from '../../src/config/node-config.js';
import { attestedKeys } from '../../src/node/open-attestation.js';
import { commandLine } from '../cli/command-line.js';
import { ask, consumerAsks, specOf } from './asking.js';
import { assertBooksMatchChain } from './books.js';
import { type NodeFixture, nodeFixture } from './node-fixture.js';
import { giveKeyToSigner, type SignerProcess, startSigner } from './remote-signer-process.js';
import { type RunningNode, startNode } from './running-node.js';
import { shiftedClock } from './shifted-clock.js';

const POLICY = [
  'allow: [respond, expire, submitPrices, performUpkeeps, collect]',
  'maxPerHour: 40 GAS',
];

/** Within it the node looks again whether the signer refuses still. */
const A_LOOK_MS = 60_000;

describe('a node whose key is at a signer', function () {
  this.timeout(300_000);
  const cli = commandLine();
  const clock = shiftedClock();
  let fixture: NodeFixture;
  let config: NodeConfig;
  let signerFile: string;
  let signer: SignerProcess;
  let running: RunningNode;
  before(async () => {
    fixture = await nodeFixture(await sharedNetwork(), {
      nodeGas: parseGas('100'),
      drawsNumbers: false,
    });
    ({ config, signerFile } = giveKeyToSigner(fixture, POLICY));
    signer = await startSigner(signerFile, fixture.folder);
    running = await startNode(config, { clock });
  });
  after(async () => {
    cli.remove();
    await running?.stop();
    await signer?.stop();
    await fixture?.stop();
  });
  const asked = async (count: number): Promise<bigint[]> => {
    const spec = specOf(fixture, '/asked');
    const { ids } = await ask(
      fixture,
      Array.from({ length: count }, () => consumerAsks(fixture, { spec })),
    );
    return [...ids];
  };
  const statusOf = () => running.node.status();

  it('answers, and has neither the wallet nor its password', async () => {
    const ids = await asked(3);
    await running.untilEnded(ids);
    for (const id of ids) assert.equal(running.explain(id).state, 'answered');
    assert.equal(config.wallet.files, null);
    assert.equal(existsSync(`${fixture.folder}/node-wallet.json`), false);
    assert.equal(existsSync(`${fixture.folder}/node-wallet.password`), false);
    const { isUp, lastRefusal } = statusOf().signer ?? {};
    assert.deepEqual([isUp, lastRefusal], [true, null]);
    assert.match(await signer.logText(), /"event":"signed".*"methods":"respond"/);
  });

  it('waits while the signer is gone, says so, and answers each request once when it is back', async () => {
    signer.signal('SIGKILL');
    await signer.exited;
    const ids = await asked(4);
    await running.until(
      'it is known that the signer is gone',
      () => statusOf().signer?.isUp === false,
    );
    const held = () => ids.every((id) => /signer/.test(running.find(id)?.reason ?? ''));
    await running.until('the requests wait for it', held);
    const { ready, reasons } = running.node.readiness();
    assert.equal(ready, false);
    assert.match(reasons.join(), /nothing can be signed: the signer at wallet\.signer\.socket/);
    assert.deepEqual(
      statusOf().spending?.held.map(({ cause }) => cause),
      ['signer'],
    );
    assert.match(await running.metricsText(), /^dodona_signer_up 0$/m);
    const explained = await cli.run('explain', String(ids[0]), '--config', config.file);
    assert.match(explained.out, /signer/);
    const status = await cli.run('status', '--config', config.file);
    assert.match(status.out, /^signer +DOWN for /m);
    signer = await startSigner(signerFile, fixture.folder);
    await running.untilEnded(ids);
    for (const id of ids) assert.equal(running.explain(id).state, 'answered');
    await running.until(
      'it is known that the signer is back',
      () => statusOf().signer?.isUp === true,
    );
    assert.match(running.logText(), /the signer answers again/);
    await assertBooksMatchChain(fixture.network, fixture.gateway, running.db);
    const twice = running.db
      .prepare(`SELECT COUNT(*) AS count FROM sent_transaction WHERE state = 'faulted'`)
      .get();
    assert.deepEqual(twice, { count: 0n });
  });

  it('is attested, listed and ordered by the keys of the signer', async () => {
    const { rpc } = fixture.network;
    const facts = await checkChain(
      rpc,
      { magic: fixture.network.magic, gateway: fixture.gateway },
      {},
    );
    const keys = await attestedKeys(config, facts, systemClock);
    assert.equal(keys.nodeAccount, fixture.node.hash);
    assert.deepEqual(keys.verificationScript, fixture.node.signer.verificationScript);
    const listed = await cli.run('keys', 'list', '--config', config.file);
    assert.match(listed.out, new RegExp(`${fixture.node.address} +current`));
    const status = await cli.run('keys', 'status', '--config', config.file);
    assert.match(status.out, /its key is at the signer/);
    const collected = await cli.run('gasbank', 'collect', '0.1', '--config', config.file);
    assert.equal(collected.exitCode, 0, collected.err);
    await assertBooksMatchChain(fixture.network, fixture.gateway, running.db);
  });

  it('cannot do what the policy has not, is told why, and counts it', async () => {
    const stolen = await cli.run('gasbank', 'deposit', '1', '--config', config.file);
    assert.equal(stolen.exitCode, 75);
    assert.match(stolen.err, /the signer refuses \(method\): deposit is not in policy\.allow/);
    const rotated = await cli.run('keys', 'rotate', '--kind', 'node', '--config', config.file);
    assert.equal(rotated.exitCode, 1);
    assert.match(rotated.err, /key is at the signer/);
    const made = await cli.run('keys', 'create', '--kind', 'node', '--config', config.file);
    assert.match(made.err, /key is at the signer[\s\S]*docs\/keys\.md/);
  });

  it('holds answers that the hour has no room for, and sends them when it has', async () => {
    await signer.stop();
    const { writeFileSync, readFileSync } = await import('node:fs');
    const text = readFileSync(signerFile, 'utf8');
    writeFileSync(signerFile, text.replace('maxPerHour: 40 GAS', 'maxPerHour: 0.01 GAS'));
    signer = await startSigner(signerFile, fixture.folder);
    const [id = 0n] = await asked(1);
    await running.until(
      'the refusal is known',
      () => statusOf().signer?.lastRefusal?.reason === 'hour',
    );
    await running.until('the request says so', () =>
      /refuses \(hour\)/.test(running.find(id)?.reason ?? ''),
    );
    assert.match(
      await running.metricsText(),
      /^dodona_signer_refusals_total\{reason="hour"\} [1-9]/m,
    );
    assert.match(await signer.logText(), /"event":"refused","refusal":"hour"/);
    assert.match(running.logText(), /the signer refused a transaction/);
    await signer.stop();
    writeFileSync(signerFile, text);
    signer = await startSigner(signerFile, fixture.folder);
    clock.forward(A_LOOK_MS);
    await running.untilEnded([id]);
    assert.equal(running.explain(id).state, 'answered');
  });
});
