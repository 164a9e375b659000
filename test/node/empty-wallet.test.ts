import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { walletFileText } from '../../scripts/devnet/account.js';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { parseGas } from '../../src/base/datoshi.js';
import { contractRead, readContract } from '../../src/chain/contract-read.js';
import { GAS_TOKEN } from '../../src/chain/native-contracts.js';
import { asInteger } from '../../src/chain/stack-item-values.js';
import { runCliProcess } from '../cli/cli-process.js';
import { responsesTo } from './answers.js';
import { ask, consumerAsks, specOf } from './asking.js';
import { assertBooksMatchChain } from './books.js';
import { type NodeFixture, nodeFixture } from './node-fixture.js';
import { type RunningNode, startNode } from './running-node.js';
import { shiftedClock } from './shifted-clock.js';

const REQUESTS = 3;
/** Less than a hold may be overdue for and still count as one. */
const CLOCK_STEP_MS = 1_900;
const ALERT_BOUND_MS = 90_000;

interface Report {
  readonly state: string;
  readonly waiting: readonly { readonly id: string }[];
  readonly topUpDatoshi: string;
}

describe('the drill for an empty wallet', function () {
  this.timeout(240_000);
  const clock = shiftedClock();
  let fixture: NodeFixture;
  let running: RunningNode;
  before(async () => {
    // Above the floor of 0.1 GAS, and less than an answer costs besides.
    fixture = await nodeFixture(await sharedNetwork(), { nodeGas: parseGas('0.15') });
    const alerts = { ...fixture.config.alerts, everyMs: 50, calmMs: 0 };
    // How many share a transaction is a matter of the moment, and so is what they are said to need.
    const pipeline = { ...fixture.config.pipeline, maxBatch: 1 };
    running = await startNode({ ...fixture.config, alerts, pipeline }, { clock });
  });
  after(async () => {
    await running?.stop();
    await fixture?.stop();
  });

  async function drill(expected: number, ...words: string[]) {
    const { config, folder } = fixture;
    const all = ['drill', 'empty-wallet', '--config', config.file, ...words];
    const { exitCode, text } = await runCliProcess(folder, '', all);
    assert.equal(exitCode, expected, text);
    return text;
  }
  const report = async (expected: number): Promise<Report> =>
    JSON.parse(await drill(expected, '--json')) as Report;
  const gasOfNode = () => {
    const { network, node } = fixture;
    const read = contractRead(GAS_TOKEN, 'balanceOf', [node.hash], asInteger);
    return readContract(network.rpc, read);
  };

  it('stops spending, tells why requests wait, raises the alert, and goes on when GAS is there', async () => {
    const { network, folder, owner } = fixture;
    const scripts = Array.from({ length: REQUESTS }, (_, at) =>
      consumerAsks(fixture, { spec: specOf(fixture, `/${at}`) }),
    );
    const { ids } = await ask(fixture, scripts);
    const reasonOf = (id: bigint): string => running.find(id)?.reason ?? '';
    await running.until('all wait for the wallet', () =>
      ids.every((id) => /gasbank\.walletFloor/.test(reasonOf(id))),
    );
    const empty = await report(1);
    assert.equal(empty.state, 'empty');
    assert.deepEqual(empty.waiting.map(({ id }) => BigInt(id)).sort(), [...ids].sort());
    const text = await drill(1);
    assert.match(text, /0\.15000000 GAS: EMPTY, nothing more is sent/);
    assert.match(text, /waits +3 open requests, 3 of them for the wallet/);
    const [, asked = '', needs = ''] =
      /needs (\d+\.\d+) GAS of fees[\s\S]*to do +send (\d+\.\d+) GAS to N/.exec(text) ?? [];
    assert.ok(parseGas(needs) > parseGas(asked), text);
    const firing = () => running.node.status().alerts.map(({ alert }) => alert);
    // However slow the node's tries are here, none of its looks finds that the hold has ended.
    clock.stop();
    const isHeld = () =>
      running.node
        .status()
        .spending?.held.some(({ cause, untilMs }) => cause === 'floor' && untilMs >= clock.nowMs());
    const fires = () => {
      if (isHeld()) clock.forward(CLOCK_STEP_MS);
      return firing().includes('DodonaWalletEmpty');
    };
    await running.until('the alert fires', fires, ALERT_BOUND_MS);
    clock.goOn();
    assert.equal(await gasOfNode(), parseGas('0.15'), 'nothing was spent');

    const [wallet, password] = [join(folder, 'other.json'), join(folder, 'other.password')];
    writeFileSync(wallet, await walletFileText([owner], 'of another'), { mode: 0o600 });
    writeFileSync(password, 'of another', { mode: 0o600 });
    const payment = ['--wallet', wallet, '--password-file', password];
    assert.equal(BigInt(empty.topUpDatoshi), parseGas(needs));
    // What it says to send is enough.
    const funded = await drill(0, '--fund', needs, ...payment, '--wait');
    assert.match(funded, /sends \d+\.\d+ GAS to[\s\S]*goes on +\d+\.\d+ GAS/);
    await responsesTo(fixture, running, ids);
    await running.until('the alert ends', () => !firing().includes('DodonaWalletEmpty'));
    const list = ['audit', 'list', '--action', 'wallet.fund', '--json', '--config'];
    const audit = await runCliProcess(folder, '', [...list, fixture.config.file]);
    assert.match(audit.text, /"action":"wallet.fund"[^}]*\d\.\d{8} GAS/);
    await assertBooksMatchChain(network, fixture.gateway, running.db);
  });
});
