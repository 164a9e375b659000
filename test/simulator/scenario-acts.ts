import { sha256 } from '../../src/base/bytes.js';
import { parseGas } from '../../src/base/datoshi.js';
import type { Hash256 } from '../../src/base/hash.js';
import { GAS_TOKEN } from '../../src/chain/native-contracts.js';
import { callScript, type ScriptArg, utf8 } from '../../src/chain/script.js';
import { setCall, setMode } from '../contracts/hostile.js';
import { newRandomKey, possessionProof, prove } from '../contracts/random-proofs.js';
import {
  account,
  allIds,
  byAccount,
  byAnybody,
  byContract,
  byWhoever,
  CONTRACT_NAMES,
  contract,
  everybody,
  FEE,
  type Planned,
  pendingIds,
  planned,
  type ScenarioWorld,
  USERS,
} from './scenario-world.js';

/* What a scenario does. Each is one transaction, chosen by the world's seeded choice. */

type Act = (world: ScenarioWorld) => Planned;

const AMOUNTS = [0n, 1n, parseGas('0.5'), parseGas('7'), parseGas('60'), -1n, 1n << 63n];
const MAX_FEES = [parseGas('1'), parseGas('3'), parseGas('6'), parseGas('9'), 1n, -1n];
const NOT_UTF8 = Buffer.from([0x61, 0xff]);

const maxFee = ({ choice }: ScenarioWorld): bigint =>
  choice.percent(90) ? choice.of(MAX_FEES.slice(0, 4)) : choice.of(MAX_FEES);
const amount = ({ choice }: ScenarioWorld): bigint =>
  choice.percent(80) ? choice.of(AMOUNTS.slice(1, 5)) : choice.of(AMOUNTS);
const callback = ({ choice }: ScenarioWorld, by: 'account' | 'contract'): Buffer => {
  if (choice.percent(8)) return utf8(choice.of(['missing', '_x', 'quietSafeAnswer', 'safeAnswer']));
  return utf8(by === 'account' ? '' : choice.of(['', 'onAnswer', 'onAnswer', 'onAnswer']));
};
const userData = ({ choice }: ScenarioWorld): ScriptArg =>
  choice.percent(4)
    ? Buffer.alloc(600)
    : choice.of<ScriptArg>([null, 5n, utf8('data'), [1n, utf8('two'), [null]], true]);
/** Who is named in an argument: mostly somebody, now and then nobody. */
const anybody = (world: ScenarioWorld): ScriptArg =>
  world.choice.percent(92)
    ? world.choice.of(everybody(world))
    : world.choice.of<ScriptArg>([
        null,
        Buffer.alloc(19),
        world.twins.gateway,
        world.twins.executor,
        GAS_TOKEN,
      ]);
const anyId = (world: ScenarioWorld): bigint => {
  const ids = allIds(world);
  return ids.length > 0 && world.choice.percent(90)
    ? world.choice.of(ids)
    : world.choice.of([0n, 77n, 77n, 77n, -1n]);
};

function deposit(world: ScenarioWorld): Planned {
  const { choice, twins } = world;
  const name = choice.of(USERS);
  const from = account(world, name);
  const data = choice.percent(50) ? null : choice.percent(80) ? anybody(world) : utf8('odd');
  const call = callScript(GAS_TOKEN, 'transfer', [
    from.hash,
    twins.gateway,
    choice.percent(85) ? parseGas('40') : amount(world),
    data,
  ]);
  return planned(world, `${name}: deposit`, from, call);
}

const withdraw: Act = (world) => {
  const { choice } = world;
  if (choice.percent(35)) {
    const name = choice.of(CONTRACT_NAMES);
    const to = anybody(world);
    return byContract(world, name, 'withdraw', contract(world, name), to, amount(world));
  }
  const name = choice.of(USERS);
  const whose = choice.percent(80) ? account(world, name).hash : anybody(world);
  return byAccount(world, name, 'withdraw', whose, anybody(world), amount(world));
};

const collect: Act = (world) => {
  const name = world.choice.of(['node', 'node', 'owner', 'next'] as const);
  const whose = account(world, name).hash;
  const earned = world.twins.chain.views.balances().earned.get(whose) ?? 0n;
  const howMuch = world.choice.percent(60) ? earned / 2n : amount(world);
  return byAccount(world, name, 'collect', whose, anybody(world), howMuch);
};

const askWeb: Act = (world) => {
  const { choice } = world;
  const method = choice.of(['request', 'requestHttp']);
  const spec = choice.percent(90)
    ? utf8('x'.repeat(choice.below(200)))
    : choice.of([NOT_UTF8, Buffer.alloc(600, 0x61), Buffer.alloc(300, 0x61)]);
  const filter = choice.percent(90) ? utf8('$.a') : Buffer.alloc(129, 0x61);
  return byWhoever(world, method, (by) => [
    spec,
    filter,
    callback(world, by),
    userData(world),
    maxFee(world),
  ]);
};

const askRandom: Act = (world) => {
  const { choice } = world;
  const seed = choice.percent(8)
    ? Buffer.alloc(65)
    : choice.of<ScriptArg>([null, utf8('seed'), Buffer.alloc(64)]);
  return byWhoever(world, 'requestRandom', (by) => [
    seed,
    callback(world, by),
    null,
    maxFee(world),
  ]);
};

const askFunction: Act = (world) => {
  const id = world.choice.percent(90) ? world.choice.of([1n, 2n]) : world.choice.of([9n, -1n]);
  const args = utf8(world.choice.of(['[]', '[1]']));
  return byWhoever(world, 'requestFunction', (by) => [
    id,
    args,
    callback(world, by),
    null,
    maxFee(world),
  ]);
};

const SOURCES = ['return 1', 'return 2', 'return 3'];

const registerOrUpdate: Act = (world) => {
  const { choice } = world;
  const source = choice.of(SOURCES);
  const hash = choice.percent(90) ? sha256(source) : sha256('other');
  const code = [
    hash,
    utf8(choice.percent(60) ? source : ''),
    utf8(choice.of(['', 'https://a.example/1', 'https://a.example/2'])),
  ];
  return choice.percent(50)
    ? byAnybody(world, 'registerFunction', utf8('name'), ...code)
    : byAnybody(world, 'updateFunction', choice.of([1n, 2n, 9n]), ...code);
};

const sponsor: Act = (world) =>
  byAnybody(world, 'sponsor', anybody(world), maxFee(world), amount(world));

const acceptSponsor: Act = (world) => byAnybody(world, 'acceptSponsor', anybody(world));

/** A transaction that faulted: mostly one that may be claimed. */
export function lostFor({ choice, faulted }: ScenarioWorld, id: bigint): Hash256 {
  const own = faulted.filter(({ nonce }) => BigInt(nonce) === id);
  return choice.of(own.length > 0 && choice.percent(80) ? own : faulted).hash;
}

/** What an answer says; a random request gets its proof, mostly. */
function responseFor(world: ScenarioWorld, id: bigint): ScriptArg[] {
  const { choice } = world;
  const seed = world.seeds.get(id);
  const deliver = choice.percent(75);
  const lost = world.faulted.length > 0 && choice.percent(15) ? lostFor(world, id) : null;
  if (seed !== undefined && choice.percent(85)) {
    return [id, 0n, prove(world.key, seed), deliver, lost];
  }
  const code = choice.percent(75) ? 0n : choice.of([0x14n, 0x16n, 0xffn, 0x11n]);
  const bytes = code === 0n || choice.percent(5) ? choice.of([0, 1, 40, 400]) : 0;
  return [id, code, Buffer.alloc(bytes, 0x31), deliver, lost];
}

const RESPONDERS = ['node', 'next', 'user'] as const;

/** Mostly who may. */
export function responder(world: ScenarioWorld): (typeof RESPONDERS)[number] {
  const { choice, twins } = world;
  const may = RESPONDERS.filter((name) => twins.accounts[name].hash === twins.chain.views.node());
  return may.length > 0 && choice.percent(88) ? choice.of(may) : choice.of(RESPONDERS);
}

const respond: Act = (world) => {
  const { choice, twins } = world;
  const pending = pendingIds(world);
  const count = choice.of([0, 1, 1, 1, 1, 2, 3]);
  const ids = Array.from({ length: count }, () =>
    pending.length > 0 && choice.percent(90) ? choice.of(pending) : anyId(world),
  );
  const responses = ids.map((id) => responseFor(world, id));
  const script = callScript(twins.gateway, 'respond', [responses]);
  const name = responder(world);
  const random = ids.filter((id) => world.seeds.has(id)).length;
  const systemFee = parseGas('2') + FEE * BigInt(ids.length + 2 * random);
  const [only] = ids;
  const isAlone = ids.length === 1 && only !== undefined && only > 0n && choice.percent(50);
  const items = ids.length;
  const more = isAlone ? { systemFee, items, nonce: Number(only) } : { systemFee, items };
  return planned(world, `${name}: respond to ${ids}`, account(world, name), script, more);
};

const expire: Act = (world) => {
  const pending = pendingIds(world);
  const some = pending.slice(0, world.choice.below(6));
  const ids = world.choice.percent(30) ? [...some, anyId(world)] : some;
  return byAccount(world, world.choice.of(USERS), 'expire', ids);
};

const keptIds = ({ twins }: ScenarioWorld): bigint[] =>
  twins.chain.views
    .requests()
    .filter(({ endings }) => endings[0]?.kind === 'answered' && !endings[0].delivered)
    .map(({ id }) => id);

const takeKept: Act = (world) => {
  const method = world.choice.of(['takeResult', 'takeResult', 'redeliver', 'dropResults']);
  const kept = keptIds(world);
  const id = kept.length > 0 && world.choice.percent(80) ? world.choice.of(kept) : anyId(world);
  return byAnybody(world, method, method === 'dropResults' ? [id, anyId(world)] : id);
};

const MODES = ['', '', '', '', '', '', 'throw', 'throw', 'abort', 'assert', 'burn', 'burn'];
const ODD_MODES = [
  'burnAll',
  'missingContract',
  'missingMethod',
  'wrongParameterCount',
  'manyNotifications',
  'notifications',
  'faultInBlock',
  'throwInBlock',
  'callTwice',
  'callBoth',
  'witness',
  'no such mode',
];
const CALLING_MODES = ['call', 'call', 'tryCall', 'callTwice', 'callThenThrow'] as const;

const change: Act = (world) => {
  const { choice } = world;
  const name = choice.of(CONTRACT_NAMES);
  const target = contract(world, name);
  const owner = account(world, 'owner');
  if (choice.percent(45)) {
    const mode = choice.percent(80) ? choice.of(MODES) : choice.of(ODD_MODES);
    const number = mode === 'notifications' ? 3n : parseGas('0.1');
    return planned(world, `${name}: mode ${mode}`, owner, setMode(target, mode, number));
  }
  if (choice.percent(15)) {
    const mode = choice.of(['', '', 'refuse', 'call']);
    const script = callScript(target, 'setPaymentMode', [utf8(mode)]);
    return planned(world, `${name}: payment mode ${mode}`, owner, script);
  }
  if (choice.percent(15)) {
    const said = choice.of(['true', 'false', 'one', 'byte', 'array', 'null', 'throw', 'abort']);
    const script = callScript(target, 'setCondition', [utf8(said)]);
    return planned(world, `${name}: condition ${said}`, owner, script);
  }
  const [method, ...args] = reentry(world, target);
  const mode = choice.of(CALLING_MODES);
  const script = Buffer.concat([
    setMode(target, mode),
    setCall(target, world.twins.gateway, method, args),
  ]);
  return planned(world, `${name}: ${mode} ${method}`, owner, script);
};

/** What a callback calls at the gateway. */
function reentry(world: ScenarioWorld, self: ScriptArg): [string, ...ScriptArg[]] {
  return world.choice.of<[string, ...ScriptArg[]]>([
    ['requestHttp', utf8('{}'), utf8(''), utf8('onAnswer'), null, parseGas('3')],
    ['withdraw', self, account(world, 'second').hash, parseGas('1')],
    ['respond', []],
    ['takeResult', anyId(world)],
    ['redeliver', anyId(world)],
    ['expire', pendingIds(world).slice(0, 3)],
    ['cancelUpkeep', world.choice.of([1n, anyId(world)])],
    ['sponsor', account(world, 'user').hash, parseGas('3'), parseGas('9')],
  ]);
}

const proposeKey: Act = (world) => {
  const { choice, twins, key } = world;
  const good = possessionProof(twins.gateway, choice.percent(50) ? key : newRandomKey());
  const proof = choice.of([good, Buffer.alloc(47)]);
  const name = choice.of(['owner', 'node', 'user'] as const);
  return {
    ...byAccount(world, name, 'proposeRandomKey', key.publicKey, proof),
    systemFee: 4n * FEE,
  };
};

/** Scripts that no node writes, and lists that are too long. */
const odd: Act = (world) => {
  const { choice, twins } = world;
  const { gateway } = twins;
  const pending = pendingIds(world);
  const one = (id: bigint) => callScript(gateway, 'respond', [[responseFor(world, id)]]);
  const many = (count: number) => Array.from({ length: count }, () => 99n);
  const answer = [99n, 0n, Buffer.alloc(0), true, null];
  const [what, script] = choice.of<() => readonly [string, Buffer]>([
    () => ['two responds', Buffer.concat([one(pending[0] ?? 1n), one(pending[1] ?? 2n)])],
    () => [
      'a read and respond',
      Buffer.concat([callScript(gateway, 'version'), one(pending[0] ?? 1n)]),
    ],
    () => ['expire 65', callScript(gateway, 'expire', [many(65)])],
    () => ['drop 65', callScript(gateway, 'dropResults', [many(65)])],
    () => ['respond 33', callScript(gateway, 'respond', [many(33).map(() => answer)])],
    () => ['a response of 4', callScript(gateway, 'respond', [[answer.slice(0, 4)]])],
    () => ['no such method', callScript(gateway, 'respond', [])],
    () => ['destroy', callScript(contract(world, 'doomed'), 'destroy')],
  ])();
  const name = responder(world);
  return planned(world, `${name}: ${what}`, account(world, name), script, {
    systemFee: 8n * FEE,
    items: 2,
  });
};

/** With how often each is done. */
export const ACTS: readonly (readonly [weight: number, act: Act])[] = [
  [7, deposit],
  [4, withdraw],
  [4, collect],
  [22, askWeb],
  [7, askRandom],
  [5, askFunction],
  [3, registerOrUpdate],
  [6, sponsor],
  [5, acceptSponsor],
  [36, respond],
  [6, expire],
  [9, takeKept],
  [9, change],
  [1, proposeKey],
  [4, odd],
];
