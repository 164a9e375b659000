import assert from 'node:assert/strict';
import type { DevnetAccount } from '../../scripts/devnet/account.js';
import { depositCredit } from '../../scripts/devnet/contracts.js';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { parseGas } from '../../src/base/datoshi.js';
import type { Hash160, Hash256 } from '../../src/base/hash.js';
import { readContract } from '../../src/chain/contract-read.js';
import { gatewayCalls, type UpkeepRun } from '../../src/chain/gateway-calls.js';
import { gatewayReads } from '../../src/chain/gateway-reads.js';
import { GAS_TOKEN } from '../../src/chain/native-contracts.js';
import { callScript, type ScriptArg, utf8 } from '../../src/chain/script.js';
import { createProfitView } from '../../src/gasbank/profit-view-store.js';
import { commandLine } from '../cli/command-line.js';
import { eventsOf } from './answers.js';
import { assertBooksMatchChain } from './books.js';
import { assertEveryBlock } from './books-by-block.js';
import { callOfScript, deployHostiles, type Hostile, modeScript } from './hostile.js';
import { mustHalt, type NodeFixture, nodeFixture, setTerms } from './node-fixture.js';
import { type RunningNode, startNode } from './running-node.js';

const MAX_FEE = parseGas('2');
/** Of the 20 GAS of a hostile contract: it cannot lock as much a second time. */
const MOST = parseGas('15');
const LIFETIME = 8;

describe('the books of a node whose account runs upkeeps and publishes prices', function () {
  this.timeout(60_000);
  const cli = commandLine();
  let fixture: NodeFixture;
  let running: RunningNode;
  /** An account of the node's of before, which alone may run them: the node itself does nothing. */
  let runner: DevnetAccount;
  let owners: readonly Hostile[];
  before(async () => {
    const network = await sharedNetwork();
    runner = await network.newAccount(parseGas('50'));
    fixture = await nodeFixture(network, { nodeAccount: runner.hash, requestLifetime: LIFETIME });
    await setTerms(fixture, { premium: parseGas('0.01'), networkFeeCeiling: parseGas('1') });
    owners = await deployHostiles(fixture, 4);
    const wallet = { ...fixture.config.wallet, formerAccounts: [runner.hash] };
    running = await startNode({ ...fixture.config, wallet });
  });
  after(async () => {
    await running?.stop();
    await fixture?.stop();
    cli.remove();
  });

  const send = (script: Buffer, from = fixture.owner) =>
    mustHalt(fixture.network.send(from, script).then(fixture.network.applied));
  /** Called by the contract itself. */
  const callBy = ({ hash }: Hostile, method: string, ...args: readonly ScriptArg[]): Buffer =>
    callScript(hash, 'call', [fixture.gateway, utf8(method), args]);
  const last = async (name: string) =>
    (await eventsOf(fixture)).filter((event) => event.name === name).at(-1);
  async function register(owner: Hostile, maxFee = MAX_FEE): Promise<bigint> {
    const terms = [owner.hash, utf8('tick'), [7], utf8('every:1'), maxFee];
    await send(callBy(owner, 'registerUpkeep', ...terms));
    const event = await last('UpkeepRegistered');
    return event !== undefined && 'id' in event ? event.id : assert.fail('not registered');
  }
  async function perform(runs: readonly Partial<UpkeepRun>[], lostTx: Hash256 | null = null) {
    const { network, gateway } = fixture;
    const due = await network.height();
    const whole = runs.map((run, at) => ({
      ...{ upkeepId: 0n, due: due - runs.length + 1 + at, deliver: true, lostTx },
      ...run,
    }));
    const nonce = Number(whole[0]?.upkeepId);
    const script = gatewayCalls(gateway as Hash160).performUpkeeps(whole);
    return network.applied(await network.send(runner, script, { nonce }));
  }
  const performed = async (...ids: bigint[]) =>
    mustHalt(perform(ids.map((upkeepId) => ({ upkeepId }))));
  const creditOf = ({ hash }: Hostile) =>
    readContract(fixture.network.rpc, gatewayReads(fixture.gateway).creditOf(hash));
  const blocks = async (count: number) =>
    fixture.network.waitForBlock((await fixture.network.height()) + count);

  it('have what is locked, charged, lost and claimed, as the chain has it', async () => {
    const [owner] = owners as [Hostile];
    const id = await register(owner);
    const other = await register(owner);
    await blocks(3);
    await performed(id, other);
    await blocks(3);
    // Twice in one transaction.
    await performed(id, id);
    await send(modeScript(owner, 'abort'));
    await blocks(2);
    const faulted = await perform([{ upkeepId: id }]);
    assert.equal(faulted.state, 'FAULT');
    await send(modeScript(owner, ''));
    await mustHalt(perform([{ upkeepId: id }], faulted.txHash));
    const run = await last('UpkeepPerformed');
    assert.ok(run?.name === 'UpkeepPerformed' && run.lost > 0n && run.premium > 0n);
    await assertBooksMatchChain(fixture.network, fixture.gateway, running.db);
  });

  it('follow targets that cancel, fund and end their own upkeeps while they run', async () => {
    const [, gone, ending, refunded] = owners as [Hostile, Hostile, Hostile, Hostile];
    // No second lock: it is gone before its run is charged.
    const first = await register(gone, MOST);
    await send(callOfScript(gone, fixture.gateway, 'cancelUpkeep', [first]));
    await send(modeScript(gone, 'call'));
    await performed(first);
    assert.equal((await last('UpkeepPerformed'))?.name, 'UpkeepPerformed');
    // The next lock is there already, and given back at once; of two runs at once, in the first.
    const second = await register(ending);
    await send(callOfScript(ending, fixture.gateway, 'cancelUpkeep', [second]));
    await send(modeScript(ending, 'call'));
    await blocks(2);
    await performed(second, second);
    // All of its credit goes with it, what was locked included, before its run is charged.
    const leaving = await register(ending);
    const credit = await creditOf(ending);
    const withdraws = [fixture.gateway, utf8('withdraw'), [ending.hash, ending.hash, credit]];
    await send(callOfScript(ending, fixture.gateway, 'cancelUpkeep', [leaving]));
    await send(callScript(ending.hash, 'setNextCall', withdraws));
    await send(modeScript(ending, 'callBoth'));
    await blocks(1);
    await performed(leaving);
    assert.ok((await creditOf(ending)) < MAX_FEE);
    // Cancelled in front of a run, which is skipped.
    const third = await register(refunded);
    await send(callBy(refunded, 'cancelUpkeep', third));
    await performed(third);
    // Left without, and funded again by anybody.
    const fourth = await register(refunded, MOST);
    await blocks(2);
    await performed(fourth);
    const { network, owner, gateway } = fixture;
    const given = [owner.hash, gateway, MOST, refunded.hash];
    const more = callScript(GAS_TOKEN, 'transfer', given);
    await mustHalt(network.send(owner, more).then(network.applied));
    await send(gatewayCalls(gateway).fundUpkeep(fourth));
    await assertBooksMatchChain(network, gateway, running.db);
  });

  it('take of a sponsor what price rounds are charged, as far as his credit reaches', async () => {
    const { network, gateway, owner } = fixture;
    const calls = gatewayCalls(gateway);
    const credit = parseGas('0.3');
    await depositCredit(network, owner, gateway, owner.hash, credit);
    await send(calls.sponsorFeed('GAS/USD', parseGas('0.2'), parseGas('9')));
    await send(calls.chooseFeedSponsor('GAS/USD', owner.hash));
    const charged: bigint[] = [];
    for (let round = 1; round <= 3; round++) {
      await blocks(1);
      const given = { price: 5n, timestamp: round, confidenceBps: 3 };
      const script = calls.submitPrices([
        { pair: 'GAS/USD', ...given },
        { pair: 'NEO/USD', ...given },
      ]);
      await send(script, runner);
      const rounds = (await eventsOf(fixture)).filter((event) => event.name === 'PriceUpdated');
      for (const event of rounds.slice(-2)) {
        if (event.name === 'PriceUpdated' && event.payer !== null) charged.push(event.fee);
      }
    }
    const [first = 0n, second = 0n, third] = charged;
    assert.ok(first > 0n && second > 0n, `${charged}`);
    assert.equal(charged.reduce((sum, fee) => sum + fee, 0n) <= credit, true);
    assert.ok(third !== undefined && third <= first, 'the credit was used up');
    await assertBooksMatchChain(network, gateway, running.db);
    const { kinds } = createProfitView(running.db).profitAndLoss(null);
    const prices = kinds.find(({ kind }) => kind === 'price');
    assert.equal(
      prices?.fee,
      charged.reduce((sum, fee) => sum + fee, 0n),
    );
  });

  it('say so after every block, derived anew too, and tell what it brought and cost', async () => {
    const { compared } = await assertEveryBlock(fixture, running.db);
    assert.ok(compared > 100, `${compared} balances`);
    const rebuilt = await cli.run('gasbank', 'rebuild', '--config', fixture.config.file);
    assert.equal(rebuilt.exitCode, 0, rebuilt.out + rebuilt.err);
    const { kinds, charged, ownCost, spent } = createProfitView(running.db).profitAndLoss(null);
    const upkeeps = kinds.find(({ kind }) => kind === 'upkeep');
    assert.ok(upkeeps !== undefined && upkeeps.fee > 0n && upkeeps.lost > 0n);
    assert.equal(charged.fee + charged.lost + charged.premium + ownCost, spent + charged.premium);
  });
});
