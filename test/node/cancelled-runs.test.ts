import assert from 'node:assert/strict';
import type { DevnetAccount } from '../../scripts/devnet/account.js';
import { depositCredit } from '../../scripts/devnet/contracts.js';
import {
  type OwnPrivateNetwork,
  startPrivateNetwork,
} from '../../scripts/devnet/private-network.js';
import { createOwnerStore } from '../../src/automation/owner-store.js';
import { createUpkeepStore, type UpkeepRow } from '../../src/automation/upkeep-store.js';
import { formatGas, parseGas } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';
import { gatewayCalls } from '../../src/chain/gateway-calls.js';
import { createProfitView } from '../../src/gasbank/profit-view-store.js';
import { assertBooksMatchChain } from './books.js';
import { mustHalt, type NodeFixture, nodeFixture } from './node-fixture.js';
import { type RunningNode, startNode } from './running-node.js';
import { deployMetronomes, performedRuns, register } from './upkeeps.js';

/** Time enough to send another transaction into the block that a run is meant for. */
const BLOCK_MS = 600;
/** First in its block, whatever the node pays. */
const FIRST_FEE = parseGas('0.3');
const TRIES = 5;

describe('an upkeep that is cancelled in front of its run', function () {
  this.timeout(60_000);
  let network: OwnPrivateNetwork;
  let fixture: NodeFixture;
  let running: RunningNode;
  let metronome: Hash160;
  let stranger: DevnetAccount;
  /** Called when the node has signed a transaction, and nobody has seen it yet. */
  let onPersisted = (): void => {};
  before(async () => {
    network = await startPrivateNetwork({ blockMs: BLOCK_MS });
    fixture = await nodeFixture(network, { blockMs: BLOCK_MS });
    const { gateway, owner } = fixture;
    const [deployed] = await Promise.all([
      deployMetronomes(fixture, [5]),
      depositCredit(network, network.faucet, gateway, owner.hash, parseGas('100')),
    ]);
    [metronome = metronome] = deployed;
    const crashPoint = (point: string): void => {
      if (point === 'persisted') onPersisted();
    };
    running = await startNode(fixture.config, { crashPoint });
  });
  after(async () => {
    await running?.stop();
    await fixture?.stop();
    await network?.stop();
  });

  const rowOf = (id: bigint): UpkeepRow => {
    const row = createUpkeepStore(running.db).get(id);
    assert.ok(row !== null, `no upkeep ${id}`);
    return row;
  };
  const standing = () => createOwnerStore(running.db).standingOf(stranger.hash);
  const of = (owner: DevnetAccount, arg: number, trigger = 'every:2') =>
    register({ ...fixture, owner }, [{ target: metronome, trigger, args: [arg] }]);

  /** Cancels as soon as the node has signed a run; false where the run came first. */
  async function cancelInFront(id: bigint): Promise<boolean> {
    const script = gatewayCalls(fixture.gateway).cancelUpkeep(id);
    const signed = new Promise<void>((resolve) => {
      onPersisted = () => {
        if (rowOf(id).state === 'sent') resolve();
      };
    });
    await signed;
    const sent = network.send(stranger, script, { networkFee: FIRST_FEE });
    await mustHalt(sent.then(network.applied));
    await running.until('it is gone', () => rowOf(id).state === 'cancelled');
    return (await performedRuns(fixture, id)).length === 0;
  }

  it('is skipped at the cost of the node, and its neighbour runs, for no more than ever', async () => {
    for (let round = 1; ; round++) {
      // One who did it before gets no other run.
      stranger = await network.newAccount(parseGas('100'));
      const { gateway } = fixture;
      await depositCredit(network, network.faucet, gateway, stranger.hash, parseGas('50'));
      // Both are new, and due with the same block: they share a transaction.
      const [good, bad] = await Promise.all([of(fixture.owner, 1), of(stranger, 2)]);
      const [[honest = 0n], [fickle = 0n]] = [good.ids, bad.ids];
      const isSame = good.applied.blockIndex === bad.applied.blockIndex;
      const won = await cancelInFront(fickle);
      await running.until('the neighbour ran thrice', async () => {
        return (await performedRuns(fixture, honest)).length >= 3;
      });
      const cancel = gatewayCalls(fixture.gateway).cancelUpkeep(honest);
      await mustHalt(network.send(fixture.owner, cancel).then(network.applied));
      if (isSame && won) {
        assert.match(rowOf(fickle).reason, /GAS of its run are charged to nobody$/);
        const [first, ...later] = await performedRuns(fixture, honest);
        assert.ok(first?.delivered);
        const dearest = later.reduce((most, { fee }) => (fee > most ? fee : most), 0n);
        assert.ok(first.fee <= dearest, `${formatGas(first.fee)}, and ${formatGas(dearest)}`);
        break;
      }
      assert.ok(round < TRIES, 'the cancellation never came first');
    }
    const { paid, lost } = standing();
    assert.ok(lost > parseGas('0.1') && lost < parseGas('0.5'), formatGas(lost));
    assert.ok(paid <= lost);
    const { ownCost } = createProfitView(running.db).profitAndLoss(null);
    assert.ok(ownCost > parseGas('0.1'), 'nobody paid for it');
    await assertBooksMatchChain(network, fixture.gateway, running.db);
  });

  it('is the last for an hour that its owner gets on trust; others are run', async () => {
    const [[held = 0n], [good = 0n]] = [
      (await of(stranger, 3)).ids,
      (await of(fixture.owner, 4)).ids,
    ];
    await running.until('others are run', async () => {
      return (await performedRuns(fixture, good)).length >= 3;
    });
    assert.deepEqual(await performedRuns(fixture, held), []);
    const why = /^held: its owner cancelled upkeeps in front of their runs, which cost the node/;
    assert.match(rowOf(held).reason, why);
    assert.equal(rowOf(held).state, 'waiting');
  });
});
