import assert from 'node:assert/strict';
import { join } from 'node:path';
import { depositCredit } from '../../scripts/devnet/contracts.js';
import { eventually } from '../../scripts/devnet/private-chain.js';
import {
  type OwnPrivateNetwork,
  startPrivateNetwork,
} from '../../scripts/devnet/private-network.js';
import { type Datoshi, parseGas } from '../../src/base/datoshi.js';
import { callScript, type ScriptArg, utf8 } from '../../src/chain/script.js';
import { createProfitView } from '../../src/gasbank/profit-view-store.js';
import { DATABASE_FILE } from '../../src/node.js';
import { createRequestViews } from '../../src/requests/request-view-store.js';
import { type Database, openDatabaseReadOnly } from '../../src/storage/database.js';
import { commandLine } from '../cli/command-line.js';
import { eventsOf } from './answers.js';
import { ask, consumerAsks, consumerAsksAsNative, senderAsks, specOf } from './asking.js';
import { assertBooksMatchChain } from './books.js';
import { assertEveryBlock, feesOfNode } from './books-by-block.js';
import { endingsOf } from './chain-history.js';
import { deployHostiles, type Hostile, hostileAsks, modeScript } from './hostile.js';
import { json } from './local-source.js';
import { mustHalt, type NodeFixture, nodeFixture, setTerms } from './node-fixture.js';
import { KILLED, startNodeProcess } from './node-process.js';
import { type RunningNode, startNode } from './running-node.js';

const BLOCK_MS = 150;
const REQUESTS = 500;
const LIMIT_MS = 120_000;
/** The policy's minimum of a new gateway: less than a delivery of much costs. */
const SMALL_FEE = parseGas('0.35');
const MODES: readonly (readonly [mode: string, number?: bigint])[] = [
  ['faultBelowGas', parseGas('1.5')],
  ['faultBelowGas', parseGas('1.5')],
  ['throw'],
  ['abort'],
  ['burnAll'],
  ['manyNotifications'],
  [''],
];
/** The last of the contracts has no credit of its own. */
const SPONSORED = MODES.length - 1;

describe('the books of a node that was asked 500 times and restarted twice', function () {
  this.timeout(2 * LIMIT_MS);
  const cli = commandLine();
  let network: OwnPrivateNetwork;
  let fixture: NodeFixture;
  let hostiles: Hostile[];
  let running: RunningNode | null = null;
  const ids: bigint[] = [];
  let begunMs = 0;
  before(async () => {
    begunMs = performance.now();
    network = await startPrivateNetwork({ blockMs: BLOCK_MS });
    fixture = await nodeFixture(network, { nodeGas: parseGas('2000'), blockMs: BLOCK_MS });
    hostiles = await deployHostiles(fixture, MODES.length);
    await prepare();
  });
  after(async () => {
    await running?.stop();
    await fixture?.stop();
    await network?.stop();
    cli.remove();
  });

  /** Modes, credit for all but one of the contracts, and a sponsor for that one. */
  async function prepare(): Promise<void> {
    const { owner, gateway, consumer, source } = fixture;
    source.on('/much', json('x'.repeat(1_500)));
    const [sponsored] = hostiles.slice(SPONSORED) as [Hostile];
    const modes = hostiles.map((hostile, at) => modeScript(hostile, ...(MODES[at] ?? [''])));
    const credit = await network.read(gateway, 'creditOf', [sponsored.hash]);
    const all = credit.type === 'Integer' ? credit.value : 0n;
    const call = (method: string, args: readonly ScriptArg[]) =>
      callScript(sponsored.hash, 'call', [gateway, utf8(method), args]);
    const scripts = [
      ...modes,
      call('withdraw', [sponsored.hash, owner.hash, all]),
      callScript(gateway, 'sponsor', [sponsored.hash, parseGas('5'), parseGas('500')]),
      call('acceptSponsor', [owner.hash]),
    ];
    await mustHalt(network.send(owner, Buffer.concat(scripts)).then(network.applied));
    const rich = [consumer, owner.hash, ...hostiles.slice(0, SPONSORED).map(({ hash }) => hash)];
    for (const account of rich) {
      await depositCredit(network, network.faucet, gateway, account, parseGas('5000'));
    }
  }

  /** A mix of `count` requests of all kinds, asked in one block. */
  async function askMixed(count: number): Promise<void> {
    const { source } = fixture;
    const scripts = Array.from({ length: count }, (_, at) => {
      const path = `/${at}`;
      const question = { spec: specOf(fixture, path) };
      const hostile = hostiles[at % hostiles.length] as Hostile;
      switch (at % 10) {
        case 0:
        case 1:
          return consumerAsksAsNative(fixture, `${source.httpsUrl}${path}`, '$.path');
        case 2:
          return senderAsks(fixture, question);
        case 3:
          return hostileAsks(fixture, hostile, question);
        case 5:
          return hostileAsks(fixture, hostiles[SPONSORED] as Hostile, question);
        case 6:
          return consumerAsks(fixture, { spec: specOf(fixture, '/much'), maxFee: SMALL_FEE });
        default:
          return consumerAsks(fixture, question);
      }
    });
    for (let at = 0; at < scripts.length; at += 40) {
      ids.push(...(await ask(fixture, scripts.slice(at, at + 40))).ids);
    }
  }

  /** Requests that nothing can be sent for, with little time. */
  async function askHopeless(count: number): Promise<void> {
    await setTerms(fixture, { minimum: 0n, lifetime: 25 });
    const scripts = Array.from({ length: count }, (_, at) =>
      consumerAsks(fixture, { spec: specOf(fixture, `/late/${at}`), maxFee: BigInt(at) * 99n }),
    );
    ids.push(...(await ask(fixture, scripts)).ids);
    await setTerms(fixture, { minimum: SMALL_FEE, lifetime: 5_000, premium: parseGas('0.003') });
  }

  const countEnded = (): number => {
    const db = openDatabaseReadOnly(join(fixture.config.storage.dir, DATABASE_FILE));
    const { answered = 0, expired = 0 } = createRequestViews(db).countByState();
    db.close();
    return answered + expired;
  };
  const untilEnded = (count: number) =>
    eventually(`${count} requests have ended`, async () => (countEnded() >= count ? true : null));

  it('is asked, killed, asked, stopped and asked again, and ends each request once', async () => {
    const { gateway, node } = fixture;
    const first = await startNodeProcess(fixture);
    await first.untilInStep();
    await askHopeless(20);
    await askMixed(180);
    await untilEnded(60);
    first.signal('SIGKILL');
    assert.equal(await first.exited, KILLED);
    await askMixed(150);
    await network.fund(node.hash, parseGas('7'));
    const second = await startNodeProcess(fixture);
    await second.untilInStep();
    await untilEnded(220);
    await mustHalt(network.invoke(node, gateway, 'collect', [node.hash, node.hash, 1_234_567n]));
    second.signal('SIGTERM');
    assert.equal(await second.exited, 0, await second.logText());
    await askMixed(REQUESTS - ids.length);
    running = await startNode(fixture.config);
    await running.untilEnded(ids, LIMIT_MS);
    assert.equal(ids.length, REQUESTS);
    const endings = endingsOf(await eventsOf(fixture));
    for (const id of ids) assert.equal(endings.get(id)?.length, 1, `request ${id}`);
    const names = ids.map((id) => endings.get(id)?.[0]?.name);
    assert.ok(names.filter((name) => name === 'Expired').length >= 15);
    assert.ok(ids.some((id) => (running?.explain(id).lostDatoshi ?? 0n) > 0n));
    for (const log of [await first.logText(), await second.logText(), running.logText()]) {
      assert.doesNotMatch(log, /the books differ/);
    }
  });

  it('has books that are the chain at every single block', async () => {
    const { db } = running as RunningNode;
    await assertBooksMatchChain(network, fixture.gateway, db);
    const { blocks, compared } = await assertEveryBlock(fixture, db);
    assert.ok(blocks > 100 && compared > 2_000, `${blocks} blocks, ${compared} balances`);
  });

  it('knows to the datoshi what it earned, what it paid, and what for', async () => {
    const { db } = running as RunningNode;
    const { charged, ownCosts, ownCost, spent } = createProfitView(db).profitAndLoss(null);
    const fees = await feesOfNode(fixture);
    const responses = (await eventsOf(fixture)).filter((event) => event.name === 'Response');
    const told = { fee: 0n, lost: 0n, premium: 0n };
    for (const event of responses) {
      if (event.name !== 'Response') continue;
      assert.ok(fees.has(event.tx), 'nobody else answers here');
      told.fee += event.fee;
      told.lost += event.lost;
      told.premium += event.premium;
    }
    assert.deepEqual(charged, told);
    assert.equal(spent, sum([...fees.values()].map(({ amount }) => amount)));
    // The identity of the issue.
    const { fee, lost, premium } = charged;
    assert.equal(fee + lost + premium + ownCost, spent + premium);
    assert.equal(ownCost, sum(ownCosts.map(({ amount }) => amount)));
    // And what can be known of the causes from the chain alone.
    const cost = (cause: string) => ownCosts.find((each) => each.cause === cause)?.amount;
    const of = (what: 'refunds' | 'faults' | 'others') =>
      sum([...fees.values()].map((each) => (each.what === what ? each.amount : 0n)));
    assert.equal(cost('refunds'), of('refunds'));
    assert.equal(cost('faults'), of('faults') - lost);
    // What the node's key did by other hands: the chain tells what it was for.
    assert.equal(cost('collections'), of('others'));
    assert.ok(premium > 0n && lost > 0n && of('refunds') > 0n && of('others') > 0n);
    assertPredicted(db);
    for (const cause of ['elsewhere', 'key changes', 'orders']) assert.equal(cost(cause), 0n);
  });

  it('can prove it from the command line, and derive it all anew', async () => {
    for (const command of ['reconcile', 'rebuild']) {
      const words = ['gasbank', command, '--config', fixture.config.file];
      const { exitCode, out, err } = await cli.run(...words);
      assert.equal(exitCode, 0, out + err);
    }
  });

  it('and all of that within two minutes', () => {
    const tookMs = performance.now() - begunMs;
    assert.ok(tookMs < LIMIT_MS, `${Math.round(tookMs / 1_000)} s`);
  });
});

/** Each charge is the predicted one to the datoshi, or its request's history says why not. */
function assertPredicted(db: Database): void {
  const rows = db
    .prepare(`SELECT r.id AS id, p.fee - r.fee AS fee, p.lost - r.lost AS lost,
        p.premium - r.premium AS premium, (SELECT COUNT(*) FROM request_step AS s
          WHERE s.request_id = r.id AND s.what = 'charged otherwise than predicted') AS told
      FROM request AS r JOIN prediction AS p ON p.tx = r.ended_tx AND p.request_id = r.id
      WHERE r.state = 'answered'`)
    .all() as Record<'id' | 'fee' | 'lost' | 'premium' | 'told', bigint>[];
  assert.ok(rows.length > REQUESTS - 50, `${rows.length} predictions`);
  for (const { id, fee, lost, premium, told } of rows) {
    const isSame = fee === 0n && lost === 0n && premium === 0n;
    assert.equal(told, isSame ? 0n : 1n, `request ${id}: ${fee}, ${lost}, ${premium}`);
  }
}

const sum = (amounts: readonly Datoshi[]): Datoshi => amounts.reduce((all, one) => all + one, 0n);
