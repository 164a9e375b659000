import assert from 'node:assert/strict';
import type { AppliedTransaction } from '../../scripts/devnet/private-chain.js';
import { type Datoshi, parseGas } from '../../src/base/datoshi.js';
import { utf8 } from '../../src/chain/script.js';
import { assertBooks, balanceOf, readBooks, sumOf } from './books.js';
import { chargesOf, type Item, usedNextToSkipped } from './charges.js';
import { integerBytes } from './event-size.js';
import { eventsOf, type GatewayWorld, gatewayWorld, setPolicy } from './gateway-world.js';
import { setMode } from './hostile.js';
import {
  answer,
  answered,
  askedBy,
  askedByContract,
  idsOf,
  type ResponseEvent,
  responsesIn,
} from './requests.js';

/** What is answered in these batches. Each kind is asked by another requester. */
type Kind = 'kept' | 'keptLong' | 'quiet' | 'burns' | 'throws' | 'skipped';

const ENOUGH = parseGas('10');
const CEILING = parseGas('1.1');
const BURNT = 12_345_678n;
/** Policy of the network: datoshi for a byte of storage. */
const STORAGE_PRICE = 100_000n;

describe('the charge of an answer', () => {
  let world: GatewayWorld<'keeper', 'quiet' | 'burns' | 'throws'>;
  /** What each kind uses more than a skipped id; of kept ones without the answer's block index. */
  const used = { skipped: 0n } as Record<Kind, Datoshi>;

  before(async () => {
    world = await gatewayWorld({
      accounts: ['keeper'],
      contracts: ['quiet', 'burns', 'throws'],
      credit: parseGas('2000'),
    });
    const { quiet, burns, throws } = world.contracts;
    // 'quiet' burns too, but 1 datoshi, so that it runs the same instructions.
    const modes = [setMode(quiet, 'burn', 1n), setMode(burns, 'burn', BURNT)];
    await world.run(world.owner, Buffer.concat([...modes, setMode(throws, 'throw', 1n)]));
    // To store something for the first time costs more than to store it again.
    await respond(['kept', 'keptLong', 'quiet', 'burns', 'throws']);
    for (const kind of ['kept', 'keptLong', 'quiet', 'burns', 'throws'] as const) {
      const { applied, responses } = await respond([kind, ...Array<Kind>(31).fill('skipped')]);
      const fee = responses[0]?.fee ?? 0n;
      const total = usedNextToSkipped(applied, fee, itemOf(kind, applied).request ?? assert.fail());
      used[kind] = total - storedIndex(kind, applied);
    }
  });
  after(async () => {
    await assertBooks(world);
    world.network.disconnect();
  });

  const questionOf = (kind: Kind, maxFee: Datoshi) =>
    kind === 'kept' || kind === 'keptLong' || kind === 'skipped'
      ? askedBy(world, world.accounts.keeper, { maxFee })
      : askedByContract(world, world.contracts[kind], { maxFee });

  /** Asks as many as are not to be skipped, and answers them in one transaction, in order. */
  const respond = async (
    kinds: readonly Kind[],
    options: { maxFee?: Datoshi; systemFee?: Datoshi; networkFee?: Datoshi } = {},
  ) => {
    const { maxFee = ENOUGH, ...fees } = options;
    const asked = kinds.filter((kind) => kind !== 'skipped');
    const ids = await idsOf(
      world,
      asked.map((kind) => questionOf(kind, maxFee)),
    );
    const answers = kinds.map((kind) => {
      const id = kind === 'skipped' ? 1n << 40n : (ids.shift() ?? 0n);
      return answer(id, { result: utf8(kind === 'keptLong' ? 'x'.repeat(100) : '1') });
    });
    const applied = await world.run(...answered(world, answers, fees));
    return { applied, responses: responsesIn(world, applied) };
  };

  /** A kept answer stores the index of its block, which grows by a byte now and then. */
  const storedIndex = (kind: Kind, { blockIndex }: AppliedTransaction): Datoshi =>
    ['kept', 'keptLong', 'throws'].includes(kind)
      ? STORAGE_PRICE *
        BigInt(integerBytes(BigInt(blockIndex)) + integerBytes(BigInt(blockIndex + 172_800)))
      : 0n;

  const itemOf = (kind: Kind, applied: AppliedTransaction, maxFee = ENOUGH): Item => ({
    used: (used[kind] ?? 0n) + storedIndex(kind, applied),
    request:
      kind === 'skipped' ? null : { maxFee, premium: 0n, networkFeeCeiling: CEILING, lost: 0n },
  });

  const partsOf = ({ fee, lost, premium }: ResponseEvent) => ({ fee, lost, premium });

  const expects = (
    kinds: readonly Kind[],
    { applied, responses }: { applied: AppliedTransaction; responses: ResponseEvent[] },
    maxFee = ENOUGH,
  ) => {
    const items = kinds.map((kind) => itemOf(kind, applied, maxFee));
    const charges = chargesOf(applied, items).filter((each) => each !== null);
    assert.deepEqual(responses.map(partsOf), charges);
    const sum = sumOf(charges.map(({ fee, lost, premium }) => fee + lost + premium));
    assert.deepEqual(eventsOf(world, applied).at(-1), {
      name: 'Earned',
      account: world.node.hash,
      amount: sum,
    });
    return sum;
  };

  it('of one alone is all that its transaction cost', async () => {
    for (const kind of ['kept', 'quiet', 'burns', 'throws'] as const) {
      const batch = await respond([kind], { networkFee: parseGas('0.0123') });
      const { systemFee, networkFee } = batch.applied;
      assert.equal(expects([kind], batch), systemFee + networkFee);
    }
  });

  it('grows by what the callback uses, to the datoshi', async () => {
    assert.equal(used.burns - used.quiet, BURNT - 1n);
    const { applied, responses } = await respond(['quiet', 'burns', 'quiet']);
    expects(['quiet', 'burns', 'quiet'], { applied, responses });
    const [first, second, third] = responses.map(({ fee }) => fee);
    assert.ok(first && second && third);
    const off = second - first - (BURNT - 1n);
    assert.ok(off >= -1n && off <= 1n, 'only rounding comes between');
    assert.ok(third - first <= 1n && third >= first);
  });

  it('grows by what is stored, to the datoshi', () => {
    // 100 bytes instead of 1 in the record; both lengths take one byte.
    assert.equal(used.keptLong - used.kept, 99n * STORAGE_PRICE);
  });

  const shapes: readonly (readonly Kind[])[] = [
    ['kept', 'quiet'],
    ['quiet', 'kept'],
    ['kept', 'skipped'],
    ['skipped', 'burns', 'skipped'],
    ['throws', 'quiet', 'kept', 'burns', 'keptLong'],
    ['kept', 'kept', 'kept', 'kept', 'kept', 'kept', 'kept'],
    [...Array<Kind>(16).fill('kept'), ...Array<Kind>(16).fill('quiet')],
  ];
  for (const kinds of shapes) {
    it(`of ${describeShape(kinds)} is the own use and an equal share of the rest`, async () => {
      const networkFee = parseGas('0.0600007');
      const { keeper } = world.accounts;
      const accounts = [keeper.hash, world.node.hash, ...Object.values(world.contracts)];
      const before = await readBooks(world, accounts);
      const batch = await respond(kinds, { networkFee });
      const sum = expects(kinds, batch);
      const { systemFee } = batch.applied;
      const skips = kinds.includes('skipped');
      assert.equal(sum === systemFee + networkFee, !skips);
      assert.ok(sum <= systemFee + networkFee);
      const after = await readBooks(world, accounts);
      for (const account of accounts) {
        const [was, is] = [before.balances.get(account), after.balances.get(account)];
        assert.ok(was && is);
        const paid = batch.responses.filter(({ payer }) => payer === account);
        assert.equal(is.credit, was.credit - sumOf(paid.map(({ fee }) => fee)));
        assert.equal(is.reserved, was.reserved);
        assert.equal(is.earned, was.earned + (account === world.node.hash ? sum : 0n));
      }
      assert.equal(after.held, before.held);
    });
  }

  it('counts a system fee that is too high: it is burnt all the same', async () => {
    const kinds: Kind[] = ['quiet', 'burns'];
    const batch = await respond(kinds, { systemFee: parseGas('3'), networkFee: parseGas('0.05') });
    assert.equal(expects(kinds, batch), parseGas('3.05'));
  });

  it('counts the network fee up to the ceiling of the policy at the request', async () => {
    const [before = 0n] = await idsOf(world, [questionOf('quiet', ENOUGH)]);
    await world.run(world.owner, setPolicy(world, { networkFeeCeiling: 1_000_001n }));
    const [low = 0n] = await idsOf(world, [questionOf('quiet', ENOUGH)]);
    await world.run(world.owner, setPolicy(world));
    const options = { networkFee: parseGas('0.3') };
    const answers = [same(before), same(low)];
    const applied = await world.run(...answered(world, answers, options));
    const item = itemOf('quiet', applied);
    assert.ok(item.request);
    const cheap = { ...item, request: { ...item.request, networkFeeCeiling: 1_000_001n } };
    const responses = responsesIn(world, applied);
    assert.deepEqual(responses.map(partsOf), chargesOf(applied, [item, cheap]));
    const [first, second] = responses.map(({ fee }) => fee);
    const expected = (parseGas('0.3') - 1_000_001n) / 2n;
    assert.ok(first && second && first - second - expected <= 1n);
  });

  it('is at most maxFee: what is over is the loss of the sender, not of a neighbour', async () => {
    const { burns } = world.contracts;
    const { owner } = world;
    const maxFee = parseGas('0.5');
    const [poor = 0n] = await idsOf(world, [askedByContract(world, burns, { maxFee })]);
    const [rich = 0n] = await idsOf(world, [questionOf('quiet', ENOUGH)]);
    await world.run(owner, setMode(burns, 'burn', parseGas('2')));
    const dear = used.burns - BURNT + parseGas('2');
    const applied = await world.run(...answered(world, [same(poor), same(rich)]));
    await world.run(owner, setMode(burns, 'burn', BURNT));
    const item = itemOf('quiet', applied);
    assert.ok(item.request);
    const capped = { used: dear, request: { ...item.request, maxFee } };
    const charges = chargesOf(applied, [capped, item]);
    assert.deepEqual(responsesIn(world, applied).map(partsOf), charges);
    assert.equal(charges[0]?.fee, maxFee);
    // The neighbour pays its share of what both have in common, and nothing of the 2 GAS.
    assert.ok((charges[1]?.fee ?? 0n) < parseGas('0.5'));
    assert.ok(applied.systemFee > parseGas('2'));
  });

  it('has the premium of the kind in it, as it was at the request, as far as maxFee reaches', async () => {
    const premiums = [11n, 22n, 33n, 44n, 55n, 66n];
    await world.run(world.owner, setPolicy(world, { premiums }));
    const { quiet } = world.contracts;
    const [oracle = 0n, http = 0n] = await idsOf(world, [
      askedByContract(world, quiet, { maxFee: ENOUGH }, 'request'),
      askedByContract(world, quiet, { maxFee: ENOUGH }),
    ]);
    const huge = Array<bigint>(6).fill((1n << 63n) - 1n);
    await world.run(world.owner, setPolicy(world, { premiums: huge }));
    const [capped = 0n] = await idsOf(world, [questionOf('quiet', ENOUGH)]);
    await world.run(world.owner, setPolicy(world));
    const before = await balanceOf(world, quiet);
    const answers = [oracle, http, capped].map(same);
    const applied = await world.run(...answered(world, answers));
    const item = itemOf('quiet', applied);
    const { request } = item;
    assert.ok(request);
    // The callback of `request` gets a text instead of an id, which takes it longer to store.
    const responses = responsesIn(world, applied);
    const total = sumOf(responses.map(({ fee }) => fee));
    assert.equal(total, applied.systemFee + applied.networkFee);
    assert.deepEqual(
      responses.map(({ premium }) => premium),
      [11n, 22n, ENOUGH - (responses[2]?.fee ?? 0n)],
    );
    const after = await balanceOf(world, quiet);
    const charged = sumOf(responses.map(({ fee, premium }) => fee + premium));
    assert.equal(before.credit + before.reserved - after.credit - after.reserved, charged);
    assert.deepEqual(eventsOf(world, applied).at(-1), {
      name: 'Earned',
      account: world.node.hash,
      amount: charged,
    });
  });

  it('falls on the sponsor that paid, and comes out of its allowance', async () => {
    const { quiet, throws } = world.contracts;
    const { owner } = world;
    const { credit } = await balanceOf(world, quiet);
    await world.runAll([
      [owner, world.callBy(throws, 'sponsor', quiet, ENOUGH, 2n * ENOUGH)],
      [owner, world.callBy(quiet, 'acceptSponsor', throws)],
      [owner, world.callBy(quiet, 'withdraw', quiet, quiet, credit)],
    ]);
    const before = await balanceOf(world, throws);
    const kinds: Kind[] = ['quiet', 'kept'];
    const batch = await respond(kinds);
    // The share of the rest holds what it costs to give the allowance back.
    expects(kinds, batch);
    const [response] = batch.responses;
    assert.deepEqual([response?.requester, response?.payer], [quiet, throws]);
    const after = await balanceOf(world, throws);
    assert.equal(after.credit, before.credit - (response?.fee ?? 0n));
    assert.equal(after.reserved, before.reserved);
    await world.run(owner, world.calls.deposit(owner.hash, credit, quiet));
  });
});

/** Always the same result: the callback stores it over the one before. */
const same = (id: bigint) => answer(id, { result: utf8('1') });

function describeShape(kinds: readonly Kind[]): string {
  const counts = new Map<Kind, number>();
  for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].map(([kind, count]) => `${count} ${kind}`).join(', ');
}
