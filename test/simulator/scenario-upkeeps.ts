import { parseGas } from '../../src/base/datoshi.js';
import { callScript, type ScriptArg, utf8 } from '../../src/chain/script.js';
import { lostFor, responder } from './scenario-acts.js';
import {
  account,
  byAccount,
  byAnybody,
  CONTRACT_NAMES,
  contract,
  FEE,
  type Planned,
  planned,
  type ScenarioWorld,
} from './scenario-world.js';

/* Upkeeps, prices, keys and administration in a scenario. */

type Act = (world: ScenarioWorld) => Planned;

const GOOD_TRIGGERS = (gateway: string): string[] => [
  'every:1',
  'every:1',
  'every:2',
  'when:isDue',
  'when:isDue',
  'cron:* * * * *',
  'cron:*/5 1-2 * * *;catchup=3',
  `on:${gateway}:Deposit`,
];
const BAD_TRIGGERS = [
  'every:0',
  'cron:61 * * * *',
  'when:_no',
  'when:missing',
  'on:0x12:Deposit',
  'every:1;catchup=11',
  'sometimes',
];

const register: Act = (world) => {
  const { choice, twins } = world;
  const target = contract(world, choice.of(CONTRACT_NAMES));
  const trigger = choice.percent(75)
    ? choice.of(GOOD_TRIGGERS(twins.gateway))
    : choice.of(BAD_TRIGGERS);
  const [method, args] = choice.of<readonly [string, ScriptArg]>([
    ['tick', [1n]],
    ['tick', [1n]],
    ['tick', [1n]],
    ['tick', [1n]],
    ['tick', [1n]],
    ['tick', [utf8('x')]],
    ['tick', [[1n, null]]],
    ['tick', []],
    ['missing', [1n]],
    ['_deploy', [1n, 2n]],
    ['tick', null],
  ]);
  const maxFee = choice.of([parseGas('1'), parseGas('4'), parseGas('12'), 1n]);
  return byAnybody(world, 'registerUpkeep', target, utf8(method), args, utf8(trigger), maxFee);
};

const upkeepIds = ({ twins }: ScenarioWorld): bigint[] =>
  twins.chain.views.upkeeps().map(({ id }) => id);

const anyUpkeep = (world: ScenarioWorld): bigint => {
  const ids = upkeepIds(world);
  return ids.length > 0 && world.choice.percent(92) ? world.choice.of(ids) : 88n;
};

const cancelOrFund: Act = (world) =>
  byAnybody(world, world.choice.of(['cancelUpkeep', 'fundUpkeep', 'fundUpkeep']), anyUpkeep(world));

const perform: Act = (world) => {
  const { choice, twins } = world;
  const runs = Array.from({ length: choice.of([1, 1, 1, 2, 3]) }, (): ScriptArg[] => {
    const id = anyUpkeep(world);
    return [id, dueOf(world, id), choice.percent(80), lostOf(world, id)];
  });
  const script = callScript(twins.gateway, 'performUpkeeps', [runs]);
  const name = responder(world);
  const systemFee = parseGas('2') + FEE * BigInt(runs.length);
  const [id] = runs[0] ?? [];
  const isAlone = runs.length === 1 && typeof id === 'bigint' && choice.percent(50);
  const items = runs.length;
  const more = isAlone ? { systemFee, items, nonce: Number(id) } : { systemFee, items };
  const what = `${name}: perform ${runs.map(([each, due]) => `${each} at ${due}`)}`;
  return planned(world, what, account(world, name), script, more);
};

const lostOf = (world: ScenarioWorld, id: bigint): ScriptArg =>
  world.faulted.length > 0 && world.choice.percent(15) ? lostFor(world, id) : null;

/** An occurrence of an upkeep: mostly the latest, else one too early, too late or none. */
function dueOf({ choice, twins }: ScenarioWorld, id: bigint): bigint {
  const { views } = twins.chain;
  const upkeep = views.upkeeps().find((each) => each.id === id);
  const height = views.height();
  if (upkeep === undefined || choice.percent(15)) return BigInt(height + choice.below(4) - 2);
  if (upkeep.trigger.startsWith('cron:')) {
    const { timeMs } = views.block(height);
    return BigInt(timeMs - (timeMs % 60_000));
  }
  const every = Number(/^every:(\d+)/.exec(upkeep.trigger)?.[1] ?? 1);
  return BigInt(height - ((height - upkeep.registered) % every));
}

const PAIRS = ['GAS/USD', 'NEO/USD'];

const feed: Act = (world) => {
  const { choice, twins } = world;
  const pair = utf8(choice.percent(95) ? choice.of(PAIRS) : '');
  if (choice.percent(30)) {
    const limits = [parseGas('2'), choice.of([0n, parseGas('5'), parseGas('50')])];
    return byAnybody(world, 'sponsorFeed', pair, ...limits);
  }
  const { user, patron, second } = twins.accounts;
  if (choice.percent(20)) {
    const payer = choice.of([null, user.hash, patron.hash, second.hash]);
    return byAccount(
      world,
      choice.of(['owner', 'owner', 'user']),
      'chooseFeedSponsor',
      pair,
      payer,
    );
  }
  const { timeMs } = twins.chain.views.block(twins.chain.views.height());
  const rounds = Array.from({ length: choice.of([1, 1, 2, 3]) }, (): ScriptArg[] => [
    utf8(choice.of(PAIRS)),
    BigInt(choice.of([1, 500_000_000, 7])),
    // Far enough from the block's time to be before or after it, whatever block it gets into.
    BigInt(timeMs + choice.of([-5_000, -2_000, -1_000, 0, 3_600_000])),
    BigInt(choice.percent(95) ? choice.below(10_001) : 10_001),
  ]);
  const script = callScript(twins.gateway, 'submitPrices', [rounds]);
  const name = responder(world);
  const systemFee = parseGas('2') + FEE * BigInt(rounds.length);
  return planned(world, `${name}: submitPrices`, account(world, name), script, {
    systemFee,
    items: rounds.length,
  });
};

const POLICY = (world: ScenarioWorld): ScriptArg[] => {
  const { choice } = world;
  const amounts = (value: bigint) => Array<bigint>(6).fill(value);
  return [
    amounts(choice.of([0n, parseGas('0.01'), parseGas('0.5')])),
    choice.percent(90) ? amounts(parseGas('0.35')) : amounts(-1n),
    choice.of([12, 12, 30, 0]),
    choice.of([3, 20, 172_800]),
    choice.of([0n, parseGas('0.03'), parseGas('1.1')]),
    choice.of([0, 5, 40]),
  ];
};

const administer: Act = (world) => {
  const { choice, twins } = world;
  const owner = choice.percent(85) ? 'owner' : 'user';
  const hash = Buffer.alloc(32, choice.below(3));
  return choice.of<() => Planned>([
    () => byAccount(world, owner, 'setPolicy', ...POLICY(world)),
    () => byAccount(world, owner, 'setPolicy', ...POLICY(world)),
    () => byAccount(world, owner, 'pause', choice.percent(15)),
    () => byAccount(world, owner, 'pause', false),
    () => byAccount(world, owner, 'proposeUpdate', hash, hash),
    () => byAccount(world, owner, 'cancelUpdate'),
    () => byAccount(world, owner, 'transferOwnership', twins.accounts.user.hash),
  ])();
};

/** Without a node account nothing is answered: soon there is to be one again. */
function newNode(world: ScenarioWorld): Planned {
  const { next } = world.twins.accounts;
  return world.choice.percent(50)
    ? byAccount(world, 'owner', 'proposeNodeAccount', next.hash)
    : byAccount(world, 'next', 'acceptNodeAccount', 5);
}

const keys: Act = (world) => {
  const { choice, twins } = world;
  const { node, next, user } = twins.accounts;
  if (twins.chain.views.node() === null && choice.percent(80)) return newNode(world);
  return choice.of<() => Planned>([
    () =>
      byAccount(
        world,
        choice.of(['owner', 'owner', 'owner', 'node', 'next', 'user']),
        'proposeNodeAccount',
        choice.of([node.hash, next.hash, node.hash, next.hash, user.hash, twins.gateway]),
      ),
    () =>
      byAccount(
        world,
        choice.of(['node', 'next', 'next', 'user']),
        'acceptNodeAccount',
        choice.of([0, 5, 100_000_000]),
      ),
    () => byAccount(world, choice.percent(25) ? 'owner' : 'node', 'revokeNodeAccount'),
  ])();
};

export const MORE_ACTS: readonly (readonly [weight: number, act: Act])[] = [
  [9, register],
  [4, cancelOrFund],
  [14, perform],
  [9, feed],
  [5, administer],
  [6, keys],
];
