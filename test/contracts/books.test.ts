import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { AppliedTransaction } from '../../scripts/devnet/private-chain.js';
import { systemClock } from '../../src/base/clock.js';
import { parseGas } from '../../src/base/datoshi.js';
import type { Hash160, Hash256 } from '../../src/base/hash.js';
import { hash256 } from '../../src/base/hash.js';
import { readTogether } from '../../src/chain/contract-read.js';
import { isAskEvent } from '../../src/chain/gateway-events.js';
import { type Books, readBooks, storedKeys, sumOf } from './books.js';
import { BooksModel } from './books-model.js';
import { compareUpkeepsAndFeeds, settleRounds, settleRuns } from './compare-upkeeps.js';
import { balanceByEvents, type EventInBlock } from './event-balances.js';
import { eventsOf, type GatewayWorld, gatewayWorld } from './gateway-world.js';
import { setMode } from './hostile.js';
import { type Operation, stepOf } from './operations.js';
import type { Cast, Intent } from './random-intent.js';
import { anyRounds, OPENING, START_CREDIT } from './random-operations.js';
import { newRandomKey, possessionProof } from './random-proofs.js';
import { PAIRS } from './random-upkeeps.js';
import { refused } from './refusals.js';
import { responsesIn } from './requests.js';

const PREMIUM = parseGas('0.01');
const MINIMUM = parseGas('0.35');
const LIFETIME = 8;
const RUNS = 6;
const READ_PAUSE_MS = 25;

type World = GatewayWorld<'user' | 'patron' | 'second', 'asker' | 'thrower'>;

/** A transaction of the run, with what it was to do. */
interface Sent {
  readonly operation: Operation;
  readonly applied: AppliedTransaction;
}

describe('the books of the gateway', function () {
  this.timeout(180_000);

  it('balance after every block, whatever is done in whatever order', async () => {
    const done = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(anyRounds, async (rounds) => {
        const run = await beginRun(done);
        try {
          for (const intents of [...OPENING, ...rounds]) await run.round(intents);
        } finally {
          run.world.network.disconnect();
        }
      }),
      { numRuns: RUNS, endOnFailure: true, includeErrorInReport: true },
    );
    // Not what was tried, but what was done: else the property could hold of nothing.
    const never = ALWAYS_DONE.filter((event) => !done.has(event));
    assert.deepEqual(never, [], `of ${JSON.stringify([...done])}`);
  });
});

/** Events that no run is without, since it begins with them. */
const ALWAYS_DONE = [
  'HttpRequest',
  'FunctionRequest',
  'RandomRequest',
  'FunctionRegistered',
  'FunctionUpdated',
  'Response of HttpRequest',
  'Response of FunctionRequest',
  'Response of RandomRequest',
  'UpkeepRegistered',
  'UpkeepPerformed',
  'PriceUpdated',
  'FeedSponsored',
  'FeedSponsorChosen',
];

async function beginRun(done: Map<string, number>) {
  const world: World = await gatewayWorld({
    accounts: ['user', 'patron', 'second'],
    contracts: ['asker', 'thrower'],
    credit: START_CREDIT,
    policy: {
      premiums: Array<bigint>(6).fill(PREMIUM),
      minimums: Array<bigint>(6).fill(MINIMUM),
      requestLifetime: LIFETIME,
    },
  });
  const { owner, node, accounts, contracts } = world;
  const { asker, thrower } = contracts;
  const key = newRandomKey();
  const possession = possessionProof(world.gateway, key);
  await world.run(node, world.calls.proposeRandomKey(key.publicKey, possession));
  const modes = Buffer.concat([setMode(asker, ''), setMode(thrower, 'throw')]);
  await world.run(owner, modes);
  const cast: Cast = {
    owner: owner.hash,
    node: node.hash,
    user: accounts.user.hash,
    patron: accounts.patron.hash,
    second: accounts.second.hash,
    asker,
    thrower,
  };
  const model = new BooksModel({
    gateway: world.gateway,
    owner: owner.hash,
    node: node.hash,
    minimum: MINIMUM,
    lifetime: LIFETIME,
    throwing: thrower,
    key,
  });
  const events: EventInBlock[] = [];
  for (const account of [cast.user, cast.patron, cast.second, asker, thrower]) {
    model.credit.set(account, START_CREDIT);
    const deposit = { name: 'Deposit', account, from: owner.hash, amount: START_CREDIT } as const;
    events.push({ block: 0, event: deposit });
  }
  // Functions that can be asked for from the start.
  const code = { source: '1', onChain: true, uri: '' };
  for (const by of [cast.user, asker]) {
    const operation = { kind: 'register', by, code } as const;
    const applied = await world.run(...stepOf(world, operation));
    apply(world, model, { operation, applied }, events);
  }
  const round = async (intents: readonly Intent[]) => {
    const operations = intents.map((intent) => intent(cast, model));
    const { sent, snapshots } = await send(world, operations, Object.values<Hash160>(cast));
    const known = events.length;
    for (const each of sent) apply(world, model, each, events);
    count(events, known, done);
    for (const snapshot of snapshots) compareToEvents(snapshot, events);
    await compareToModel(world, model, cast);
  };
  return { world, round };
}

/** Counts the events from a place on by their names, answers also by what they answer. */
function count(events: readonly EventInBlock[], from: number, done: Map<string, number>): void {
  for (const { event } of events.slice(from)) {
    const asked =
      event.name === 'Response' &&
      events.find((each) => isAskEvent(each.event) && each.event.id === event.id);
    const name = asked ? `Response of ${asked.event.name}` : event.name;
    done.set(name, (done.get(name) ?? 0) + 1);
  }
}

/** Sends operations at once, and reads the books after each block until all are in one. */
async function send(world: World, operations: readonly Operation[], accounts: Hash160[]) {
  let waiting = true;
  const all = Promise.all(
    operations.map(async (operation): Promise<Sent> => {
      const applied = await world.attempt(...stepOf(world, operation));
      return { operation, applied };
    }),
  ).finally(() => {
    waiting = false;
  });
  const snapshots = new Map<number, Books>();
  const look = async () => {
    const books = await readBooks(world, accounts);
    snapshots.set(books.height, books);
  };
  while (waiting) {
    await look();
    await systemClock.sleep(READ_PAUSE_MS);
  }
  const sent = await all;
  await look();
  return { sent: await inOrder(world, sent), snapshots: [...snapshots.values()] };
}

/** As the chain has them: by block, and by place in it. */
async function inOrder(world: World, sent: readonly Sent[]): Promise<Sent[]> {
  const blocks = [...new Set(sent.map(({ applied }) => applied.blockIndex))];
  const places = new Map<Hash256, number>();
  for (const block of blocks.sort((a, b) => a - b)) {
    const { tx } = await world.network.rpc.call<{ tx: { hash: string }[] }>('getblock', [block, 1]);
    for (const { hash } of tx) places.set(hash256(hash), places.size);
  }
  const placeOf = ({ applied }: Sent) => places.get(applied.txHash) ?? assert.fail('in no block');
  return [...sent].sort((a, b) => placeOf(a) - placeOf(b));
}

/** Has the model do what the chain did, and compares how it ended and what it cost. */
function apply(world: World, model: BooksModel, sent: Sent, events: EventInBlock[]): void {
  const { operation, applied } = sent;
  const { blockIndex, networkFee, systemFee } = applied;
  const ending = model.apply(operation, blockIndex);
  if (!ending.done) {
    refused(applied, ending.refusal);
    return;
  }
  assert.equal(applied.state, 'HALT', `${operation.kind}: ${applied.exception}`);
  for (const event of eventsOf(world, applied)) {
    events.push({ block: blockIndex, event });
    if (event.name === 'RandomRequest') model.draws.seeded(event.id, event.seed);
    // The code of a request is what its function has in that place of the chain.
    if (event.name !== 'FunctionRequest') continue;
    assert.equal(event.codeHash, model.functions.get(event.functionId)?.codeHash);
  }
  const charging = { applied, earner: operation.by, premium: PREMIUM };
  if (operation.kind === 'upkeep' && operation.act.does === 'perform') {
    const items = operation.act.runs.length;
    settleRuns(world, model, ending.runs, { ...charging, items });
  }
  if (operation.kind === 'feed' && operation.act.does === 'publish') {
    const items = operation.act.rounds.length;
    settleRounds(world, model, ending.rounds, { ...charging, items });
  }
  if (operation.kind !== 'respond') return;
  const responses = responsesIn(world, applied);
  assert.deepEqual(
    responses.map(({ id, payer, delivered }) => ({ id, payer, delivered })),
    ending.settled.map(({ id, payer, delivered }) => ({ id, payer, delivered })),
  );
  ending.settled.forEach((settled, at) => {
    const { fee = 0n, lost = 0n, premium = 0n } = responses[at] ?? {};
    const left = settled.maxFee - fee;
    assert.ok(left >= 0n && lost === 0n);
    assert.equal(premium, left < PREMIUM ? left : PREMIUM);
    model.charge(settled, fee + premium, operation.by);
  });
  const fees = sumOf(responses.map(({ fee }) => fee));
  const isExact =
    responses.length === operation.ids.length &&
    responses.every(({ fee }, at) => fee < (ending.settled[at]?.maxFee ?? 0n));
  assert.ok(fees <= systemFee + networkFee);
  if (isExact) assert.equal(fees, systemFee + networkFee);
}

function compareToEvents({ height, held, balances }: Books, events: readonly EventInBlock[]) {
  for (const [account, balance] of balances) {
    assert.deepEqual(balance, balanceByEvents(events, account, height), `after block ${height}`);
  }
  const owed = [...balances.values()].map((each) => each.credit + each.reserved + each.earned);
  assert.equal(held, sumOf(owed), `GAS held after block ${height}`);
}

async function compareToModel(world: World, model: BooksModel, cast: Cast): Promise<void> {
  const { reads, network } = world;
  const accounts = Object.values<Hash160>(cast);
  const { balances } = await readBooks(world, accounts);
  for (const account of accounts) {
    assert.deepEqual(balances.get(account), {
      credit: model.credit.get(account) ?? 0n,
      reserved: model.balances.reserved.get(account) ?? 0n,
      earned: model.earned.get(account) ?? 0n,
    });
  }
  const pairs = [cast.patron, cast.asker].flatMap((payer) =>
    [cast.user, cast.asker, cast.thrower].map((requester) => [payer, requester] as const),
  );
  const ids = [...Array(Number(model.lastId)).keys()].map((at) => BigInt(at + 1));
  const { values: sponsorships } = await readTogether(
    network.rpc,
    pairs.map(([payer, requester]) => reads.sponsorshipOf(payer, requester)),
  );
  const expected = pairs.map(([payer, requester]) => {
    const { maxFee, allowance } = model.sponsorship(payer, requester);
    return { maxFeePerRequest: maxFee, allowance };
  });
  assert.deepEqual(sponsorships, expected);
  const { values: pending } = await readTogether(
    network.rpc,
    ids.map((id) => reads.requestOf(id)),
  );
  assert.deepEqual(
    ids.filter((_, at) => pending[at] !== null),
    [...model.pending.keys()],
  );
  const { values: kept } = await readTogether(
    network.rpc,
    ids.map((id) => reads.resultOf(id)),
  );
  assert.deepEqual(
    ids.filter((_, at) => kept[at] !== null),
    [...model.kept.keys()].sort((a, b) => Number(a - b)),
  );
  const { values } = await readTogether(network.rpc, [
    reads.pendingCount(),
    reads.nodeAccount(),
    reads.isPaused(),
  ]);
  assert.deepEqual(values, [model.pending.size, model.node, model.paused]);
  await compareFunctions(world, model);
  await compareUpkeepsAndFeeds(world, model, PAIRS);
  const open = [...model.pending.values(), ...model.kept.values()];
  assert.deepEqual(
    await Promise.all(['r', 'k', 'd', 'z'].map((prefix) => storedKeys(world, prefix))),
    [
      model.pending.size,
      model.kept.size,
      open.filter(({ delivers }) => delivers).length,
      [...model.pending.values()].filter(({ draws }) => draws).length,
    ],
    'records of requests, results, deliveries and draws: nothing is left of what is done',
  );
}

async function compareFunctions({ network, reads }: World, { functions }: BooksModel) {
  const { values: registered } = await readTogether(
    network.rpc,
    [...functions.list, null].map((_, at) => reads.functionOf(BigInt(at + 1))),
  );
  assert.deepEqual(
    registered.map((each) => each && { owner: each.owner, codeHash: each.codeHash }),
    [...functions.list, null],
  );
  const { values: kept } = await readTogether(
    network.rpc,
    [...functions.codes.keys()].map((hash) => reads.codeOf(hash)),
  );
  assert.deepEqual(
    kept.map((code) => code && { source: code.source.toString(), uris: code.uris }),
    [...functions.codes.values()],
  );
}
