import { formatGas, parseGas } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';
import { GAS_TOKEN } from '../../src/chain/native-contracts.js';
import { assertScript, callScript, type ScriptArg, utf8 } from '../../src/chain/script.js';
import { type Cast, type Sender, sha256Of } from './actors.js';
import type { ChainViews, SimulatedChain } from './chain/simulated-chain.js';
import type { Faults } from './faults.js';
import type { SeededRandom } from './seeded-random.js';
import { SOURCE_MOODS, sourceUrl } from './simulated-web.js';
import type { SimulationLength } from './simulation.js';
import { type StandInProgram, standInRandomKey } from './stand-ins.js';
import { SECRET_NAME } from './vault-in-place.js';

export interface ScenarioParts {
  readonly chain: SimulatedChain;
  readonly cast: Cast;
  readonly sender: Sender;
  readonly faults: Faults;
  readonly random: SeededRandom;
  readonly nodeAccount: Hash160;
  readonly length: SimulationLength;
}

/** What people do while a simulation runs. */
export interface Scenario {
  /** Before the first block. */
  prepare(): void;
  /** Before each block of the busy time. */
  act(): void;
  /** Puts right what keeps work from its end: pauses, an empty wallet. */
  calm(): void;
}

/** Of the upkeep that nothing may keep from running. */
export const STEADY_EVERY_BLOCKS = 3;
/** Blocks until a request expires: short, so that its end is seen. */
const LEAST_LIFETIME_BLOCKS = 8;
const CALLBACK_MODES = [
  '',
  'throw',
  'abort',
  'burn',
  'burnAll',
  'faultInBlock',
  'throwInBlock',
  'missingMethod',
  'manyNotifications',
  'recurse',
] as const;
const CONDITION_MODES = ['true', 'false', 'falseInBlock', 'throw', 'abort', 'one'] as const;
const CRON = ['* * * * *', '*/2 * * * *'];
const KINDS = 6;

export function createScenario(parts: ScenarioParts): Scenario {
  const { chain, cast, sender, random, faults } = parts;
  const { gateway, owner } = cast;
  const consumer = (): Hash160 => random.pick(cast.consumers);
  const user = (): Hash160 => random.pick(cast.users);
  const lifetime = random.between(LEAST_LIFETIME_BLOCKS, parts.length.lifetime);
  const programs = programsOf(random);
  const acts = weighted(random, ACTS);
  const mood = createMood(random);

  function setPolicy(): void {
    const premiums = Array.from({ length: KINDS }, () => BigInt(random.below(2_000_000)));
    const minimums = Array.from({ length: KINDS }, () => BigInt(random.below(30_000_000)));
    const ceiling = parseGas(random.pick(['0.05', '0.5', '5']));
    sender.call(owner, gateway, 'setPolicy', [premiums, minimums, lifetime, 10, ceiling, 100]);
  }

  function deposit(account: Hash160, amount: bigint): void {
    const from = user();
    const script = callScript(GAS_TOKEN, 'transfer', [from, gateway, amount, account]);
    sender.send(from, `a deposit of ${formatGas(amount)} GAS`, assertScript(script));
  }

  const maxFee = (): bigint => parseGas(random.pick(['0.02', '0.1', '0.3', '1', '3']));
  const callback = (): string => random.pick(['onAnswer', 'onAnswer', 'onAnswer', '', 'nowhere']);

  function ask(): void {
    const by = consumer();
    const given = [utf8(callback()), random.pick<ScriptArg>([null, 7n, utf8('mine')]), maxFee()];
    const url = sourceUrl(mood(), random.below(1_000));
    const filter = utf8(random.pick(['', '$.value', '$.list[*]', '$.nothing', '$..[?@ > 3]']));
    switch (random.below(5)) {
      case 0:
        return sender.callAs(user(), by, 'request', [utf8(url), utf8('$.value'), ...given]);
      case 1: {
        const id = BigInt(random.between(1, programs.length));
        const args = [id, utf8('{"a":1}'), ...given];
        return sender.callAs(user(), by, 'requestFunction', args);
      }
      case 2:
        return sender.callAs(user(), by, 'requestRandom', [random.bytes(8), ...given]);
      default: {
        const headers = random.chance(0.2) ? { 'x-key': `{{secret:${SECRET_NAME}}}` } : {};
        const spec = utf8(JSON.stringify({ url, headers }));
        return sender.callAs(user(), by, 'requestHttp', [spec, filter, ...given]);
      }
    }
  }

  function registerUpkeep(): void {
    const target = consumer();
    const trigger = random.pick([
      `every:${random.between(1, 6)}`,
      `cron:${random.pick(CRON)}`,
      'when:isDue',
      `on:${consumer()}:Noise`,
    ]);
    const catchup = random.chance(0.3) ? `;catchup=${random.between(1, 4)}` : '';
    const args = [target, utf8('tick'), [1n], utf8(trigger + catchup), maxFee()];
    sender.callAs(user(), consumer(), 'registerUpkeep', args);
  }

  function anyRequest(views: ChainViews): bigint {
    const { length } = views.requests();
    return BigInt(random.between(1, length + 2));
  }

  const does: Readonly<Record<ActName, () => void>> = {
    ask,
    registerUpkeep,
    deposit: () => deposit(consumer(), parseGas(random.pick(['0.1', '1', '10']))),
    withdraw: () => {
      const account = consumer();
      sender.callAs(user(), account, 'withdraw', [account, user(), parseGas('0.3')]);
    },
    setMode: () => {
      const number = BigInt(random.below(5_000_000));
      const mode = random.pick(CALLBACK_MODES);
      sender.call(user(), consumer(), 'setMode', [utf8(mode), number]);
    },
    setCondition: () =>
      sender.call(user(), consumer(), 'setCondition', [utf8(random.pick(CONDITION_MODES))]),
    sponsor: () => {
      const allowance = parseGas(random.pick(['0', '0.5', '5']));
      sender.callAs(user(), consumer(), 'sponsor', [consumer(), parseGas('1'), allowance]);
    },
    acceptSponsor: () => sender.callAs(user(), consumer(), 'acceptSponsor', [consumer()]),
    cancelUpkeep: () =>
      sender.callAs(user(), consumer(), 'cancelUpkeep', [anyRequest(chain.views)]),
    fundUpkeep: () => sender.call(user(), gateway, 'fundUpkeep', [anyRequest(chain.views)]),
    sponsorFeed: () => {
      const by = consumer();
      const pair = utf8(random.pick(['GAS/USD', 'NEO/USD']));
      sender.callAs(user(), by, 'sponsorFeed', [pair, parseGas('0.5'), parseGas('3')]);
      sender.call(owner, gateway, 'chooseFeedSponsor', [pair, by]);
    },
    redeliver: () => sender.call(user(), gateway, 'redeliver', [anyRequest(chain.views)]),
    takeResult: () => sender.callAs(user(), consumer(), 'takeResult', [anyRequest(chain.views)]),
    expire: () => sender.call(user(), gateway, 'expire', [[anyRequest(chain.views)]]),
    pause: () => sender.call(owner, gateway, 'pause', [random.chance(0.5)]),
    setPolicy,
  };

  function changeNetworkPolicy(): void {
    const change = { execFeeFactor: BigInt(random.between(1, 60)) };
    chain.setPolicy(random.chance(0.5) ? change : { feePerByte: BigInt(random.below(3_000)) });
  }

  return {
    prepare() {
      setPolicy();
      const key = standInRandomKey.publicKey;
      sender.call(owner, gateway, 'proposeRandomKey', [key, Buffer.alloc(48)]);
      for (const account of cast.consumers) {
        deposit(account, parseGas(random.pick(['0.5', '5', '50'])));
      }
      deposit(cast.steady, parseGas('500'));
      const trigger = utf8(`every:${STEADY_EVERY_BLOCKS}`);
      const args = [cast.steady, utf8('tick'), [1n], trigger, parseGas('5')];
      sender.callAs(user(), cast.steady, 'registerUpkeep', args);
      programs.forEach((program, at) => {
        const source = JSON.stringify(program);
        const args = [utf8(`f${at}`), sha256Of(source), utf8(source), utf8('')];
        sender.callAs(user(), consumer(), 'registerFunction', args);
      });
    },
    act() {
      if (faults.strikes('policy changed')) changeNetworkPolicy();
      const count = random.chance(0.1) ? random.between(4, 12) : random.below(5);
      for (let done = 0; done < count; done++) does[acts()]();
    },
    calm() {
      sender.call(owner, gateway, 'pause', [false]);
      const amount = parseGas('100');
      const script = callScript(GAS_TOKEN, 'transfer', [owner, parts.nodeAccount, amount, null]);
      sender.send(owner, 'GAS for the node', assertScript(script));
    },
  };
}

const ACTS = {
  ask: 12,
  registerUpkeep: 2,
  deposit: 2,
  withdraw: 1,
  setMode: 3,
  setCondition: 1,
  sponsor: 1,
  acceptSponsor: 1,
  cancelUpkeep: 0.5,
  fundUpkeep: 0.5,
  sponsorFeed: 0.5,
  redeliver: 0.5,
  takeResult: 0.3,
  expire: 0.3,
  pause: 0.3,
  setPolicy: 0.3,
} as const;
type ActName = keyof typeof ACTS;

/** Draws by weights that differ from one simulation to the next. */
function weighted<Name extends string>(
  random: SeededRandom,
  weights: Readonly<Record<Name, number>>,
): () => Name {
  const own = (Object.entries(weights) as [Name, number][]).map(
    ([name, weight]) => [name, weight * random.pick([name === 'ask' ? 2 : 0, 1, 1, 3])] as const,
  );
  const sum = own.reduce((total, [, weight]) => total + weight, 0);
  return () => {
    let left = random.next() * sum;
    for (const [name, weight] of own) {
      left -= weight;
      if (left < 0) return name;
    }
    return 'ask' as Name;
  };
}

/** Sources that mostly answer. */
const createMood = (random: SeededRandom) => () =>
  random.chance(0.6) ? 'ok' : random.pick(SOURCE_MOODS);

const programsOf = (random: SeededRandom): StandInProgram[] => [
  { does: 'return' },
  { does: 'throw' },
  { does: 'run for ever' },
  { does: 'fetch', url: sourceUrl('ok', random.below(100)) },
];
