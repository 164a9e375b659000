import assert from 'node:assert/strict';
import type { AppliedTransaction } from '../../scripts/devnet/private-chain.js';
import { parseGas } from '../../src/base/datoshi.js';
import type { Hash160, Hash256 } from '../../src/base/hash.js';
import { readContract } from '../../src/chain/contract-read.js';
import { POLICY_CONTRACT } from '../../src/chain/native-contracts.js';
import { callScript, utf8 } from '../../src/chain/script.js';
import { asInteger } from '../../src/chain/stack-item-values.js';
import { assertBooks, balanceOf } from './books.js';
import { type GatewayWorld, gatewayWorld } from './gateway-world.js';
import { setCall, setMode } from './hostile.js';
import { answer, answered, askedByContract, idsOf, responsesIn } from './requests.js';

/** How a callback brings the whole transaction down, past every try and catch. */
interface Culprit {
  readonly mode: string;
  readonly number?: bigint;
  readonly callback?: string;
  /** What the node says of the FAULT. */
  readonly fault: RegExp;
  /** What it would use up, were there no end to it: offered in a block only, and not too much. */
  readonly endless?: true;
}

/** 600 notifications take 6 GAS. */
const SYSTEM_FEE = parseGas('8');
const SYSTEM_FEE_OF_ENDLESS = parseGas('2');

const CULPRITS = {
  abort: { mode: 'abort', fault: /\(ABORT\)/ },
  abortMessage: { mode: 'abortMessage', fault: /ABORTMSG.*the callback aborted/ },
  assert: { mode: 'assert', fault: /\(ASSERT\)/ },
  endless: { mode: 'endless', fault: /gas limit/i, endless: true },
  burnAll: { mode: 'burnAll', fault: /gas limit/i },
  missingContract: { mode: 'missingContract', fault: /called contract .* not found/ },
  missingMethod: { mode: 'missingMethod', fault: /method not found: missing\/0/ },
  parameterCount: { mode: 'wrongParameterCount', fault: /method not found: threeParameters\/1/ },
  safeWrites: { mode: '', callback: 'safeAnswer', fault: /missing call flags/ },
  manyNotifications: { mode: 'manyNotifications', fault: /notification count/ },
  // The callback itself stays within the limit: it is the gateway that goes beyond it.
  allNotifications: { mode: 'notifications', number: 512n, fault: /notification count/ },
  largeNotification: { mode: 'largeNotification', fault: /notification size/ },
  unknownEvent: { mode: 'unknownEvent', fault: /notification Unheard does not exist/ },
  stack: { mode: 'stack', fault: /stack/i },
  recursion: { mode: 'recurse', fault: /invocation stack|stack/i },
  largeItem: { mode: 'largeItem', fault: /too big|max.*size|size/i },
  curvePoint: { mode: 'curve', fault: /point|decode|bls/i },
  division: { mode: 'divide', fault: /division by zero/ },
  byteString: { mode: 'mutate', fault: /invalid item type ByteString/ },
  blocked: { mode: '', fault: /contract .* is blocked/ },
  refusedPayment: { mode: 'call', fault: /unhandled exception/ },
} as const satisfies Record<string, Culprit>;

type Name = keyof typeof CULPRITS;
const NAMES = Object.keys(CULPRITS) as Name[];

describe('a callback that brings its transaction down', () => {
  let world: GatewayWorld<never, Name | 'neighbour'>;
  const culprits = {} as Record<Name, bigint>;
  const neighbours = {} as Record<Name, bigint>;
  const faulted = {} as Record<Name, AppliedTransaction>;

  before(async () => {
    world = await gatewayWorld({ contracts: [...NAMES, 'neighbour'] });
    const { contracts, owner, gateway } = world;
    const modes = Buffer.concat([
      setMode(contracts.neighbour, ''),
      ...NAMES.map((name) => {
        const { mode, number = 0n }: Culprit = CULPRITS[name];
        return setMode(contracts[name], mode, number);
      }),
      // This one asks for its credit, and then does not take it.
      callScript(contracts.refusedPayment, 'setPaymentMode', [utf8('refuse')]),
      setCall(contracts.refusedPayment, gateway, 'withdraw', [
        contracts.refusedPayment,
        contracts.refusedPayment,
        1n,
      ]),
    ]);
    await world.run(owner, modes);
    const ids = await idsOf(
      world,
      NAMES.flatMap((name) => {
        const { callback = 'onAnswer' }: Culprit = CULPRITS[name];
        return [
          askedByContract(world, contracts[name], { callback }),
          askedByContract(world, contracts.neighbour),
        ];
      }),
    );
    for (const [at, name] of NAMES.entries()) {
      culprits[name] = ids[at * 2] ?? 0n;
      neighbours[name] = ids[at * 2 + 1] ?? 0n;
    }
    // The committee may block a contract, also after it has asked.
    const block = callScript(POLICY_CONTRACT, 'blockAccount', [contracts.blocked]);
    await world.run(world.network.committee, block);
  });
  after(async () => {
    await assertBooks(world);
    world.network.disconnect();
  });

  const both = (name: Name) => [
    answer(neighbours[name], { result: utf8('for all') }),
    answer(culprits[name], { result: utf8('for all') }),
  ];
  const isPending = async (id: bigint) =>
    (await readContract(world.network.rpc, world.reads.requestOf(id))) !== null;
  const timesCalled = async (contract: Hash160) =>
    asInteger(await world.network.read(contract, 'count'), 'count');
  const lost = ({ systemFee, networkFee }: AppliedTransaction) => systemFee + networkFee;

  // A node gives a trial so much gas that an endless one takes it many seconds.
  for (const name of NAMES.filter((each) => !('endless' in CULPRITS[each]))) {
    it(`by ${name} is seen before by a trial`, async () => {
      const ran = await world.network.trial(world.node, world.calls.respond(both(name)));
      assert.equal(ran.state, 'FAULT');
      assert.match(ran.exception ?? '', CULPRITS[name].fault);
    });
  }

  it('in a block leaves all its requests pending, and nobody pays but the sender', async () => {
    const before = await Promise.all(NAMES.map((name) => balanceOf(world, world.contracts[name])));
    const neighbour = await balanceOf(world, world.contracts.neighbour);
    await Promise.all(
      NAMES.map(async (name) => {
        const nonce = Number(culprits[name]);
        const [sender, script] = answered(world, both(name));
        const systemFee = 'endless' in CULPRITS[name] ? SYSTEM_FEE_OF_ENDLESS : SYSTEM_FEE;
        faulted[name] = await world.attempt(sender, script, { systemFee, nonce });
      }),
    );
    for (const name of NAMES) {
      assert.equal(faulted[name].state, 'FAULT', name);
      assert.match(faulted[name].exception ?? '', CULPRITS[name].fault);
      assert.ok((await isPending(culprits[name])) && (await isPending(neighbours[name])), name);
    }
    assert.deepEqual(
      await Promise.all(NAMES.map((name) => balanceOf(world, world.contracts[name]))),
      before,
    );
    assert.deepEqual(await balanceOf(world, world.contracts.neighbour), neighbour);
    assert.equal(await timesCalled(world.contracts.neighbour), 0n);
  });

  it('is answered without delivery next to its neighbour, which is delivered and pays nothing for it', async () => {
    const earned = await balanceOf(world, world.node.hash);
    let charged = 0n;
    await Promise.all(
      NAMES.map(async (name) => {
        const [neighbour, culprit] = both(name);
        assert.ok(neighbour && culprit);
        const lostTx: Hash256 = faulted[name].txHash;
        const answers = [neighbour, { ...culprit, deliver: false, lostTx }];
        const applied = await world.run(...answered(world, answers));
        const [first, second] = responsesIn(world, applied);
        assert.ok(first && second, name);
        assert.deepEqual([first.delivered, second.delivered], [true, false], name);
        assert.equal(first.lost, 0n, name);
        const spent = applied.systemFee + applied.networkFee;
        assert.equal(first.fee + second.fee, spent, name);
        // What the culprit lost is more than it offered: it pays what is left of its maxFee.
        assert.equal(second.fee + second.lost, parseGas('1'), name);
        assert.ok(second.lost < lost(faulted[name]));
        charged += first.fee + second.fee + second.lost;
        const kept = await readContract(world.network.rpc, world.reads.resultOf(culprits[name]));
        assert.equal(kept?.result.toString(), 'for all');
      }),
    );
    assert.equal(await timesCalled(world.contracts.neighbour), BigInt(NAMES.length));
    const now = await balanceOf(world, world.node.hash);
    assert.equal(now.earned - earned.earned, charged);
  });
});
