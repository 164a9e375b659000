import { setTimeout as delay } from 'node:timers/promises';
import { parseGas } from '../../src/base/datoshi.js';
import type { Hash160, Hash256 } from '../../src/base/hash.js';
import { messageOf } from '../../src/base/node-error.js';
import { callScript, utf8 } from '../../src/chain/script.js';
import { consumerAsks, consumerAsksAsNative, MAX_FEE, senderAsks } from '../../test/node/asking.js';
import { rolls } from '../../test/node/draws.js';
import { type Hostile, hostileAsks, modeScript } from '../../test/node/hostile.js';
import type { DevnetAccount } from '../devnet/account.js';
import type { Devnet } from '../devnet/devnet.js';
import { parseExecution } from '../devnet/private-chain.js';
import type { SeededRandom } from '../simulator/seeded-random.js';
import type { Cast } from './cast.js';
import { ECHO_PATH, HONEST_PATHS, ROUGH_PATHS } from './rough-source.js';

/** What was asked, by what kind of asking; and transactions that the chain did not take. */
export interface LoadCounts {
  readonly asked: Record<string, number>;
  transactions: number;
  refused: number;
  lastRefusal: string;
}

/** What became of the load's transactions, from the chain. */
export interface LoadFates {
  readonly halted: number;
  /** By what they FAULTed with. */
  readonly faulted: Record<string, number>;
  readonly missing: number;
}

export interface Load {
  readonly counts: LoadCounts;
  /** Of the transactions that were sent. */
  readonly sent: readonly Hash256[];
  /** Ends when what is being sent is sent. */
  stop(): Promise<void>;
}

export interface LoadOptions {
  readonly devnet: Devnet;
  readonly cast: Cast;
  readonly sourceUrl: string;
  readonly random: SeededRandom;
  /** Between transactions, on average. */
  readonly everyMs: number;
}

/** What callbacks do, beside answering; some of it in the block only, after the trial went well. */
const MODES: readonly (readonly [mode: string, number?: bigint])[] = [
  ['throw'],
  ['abort'],
  ['endless'],
  ['burnAll'],
  ['faultInBlock'],
  ['throwInBlock'],
  ['faultBelowGas', parseGas('1.5')],
  ['manyNotifications'],
  ['largeItem'],
  ['recurse'],
  [''],
];
const MOST_IN_TRANSACTION = 3;
const NUMBERS = [1n, 6n] as const;

interface Part {
  readonly kind: string;
  readonly weight: number;
  /** Who alone may ask so; anybody when left out. */
  readonly by?: DevnetAccount;
  make(): Buffer;
}

/** Asks all the time, from several accounts, for everything that there is; some of it hostile. */
export function startLoad(options: LoadOptions): Load {
  const { devnet, cast, random } = options;
  const counts: LoadCounts = { asked: {}, transactions: 0, refused: 0, lastRefusal: '' };
  const sent: Hash256[] = [];
  const parts = partsOf(options);
  const stopping = new AbortController();

  const pick = (of: readonly Part[]): Part => {
    let at = random.below(of.reduce((sum, { weight }) => sum + weight, 0));
    for (const part of of) {
      at -= part.weight;
      if (at < 0) return part;
    }
    throw new Error('bug: no part of the load was drawn');
  };

  async function sendOne(): Promise<void> {
    const sender = random.pick(cast.people);
    const own = parts.filter(({ by }) => by === undefined || by === sender);
    const count = random.between(1, MOST_IN_TRANSACTION);
    const chosen = Array.from({ length: count }, () => pick(own));
    const script = Buffer.concat(chosen.map((part) => part.make()));
    try {
      sent.push(await devnet.send(sender, script));
      counts.transactions += 1;
      for (const { kind } of chosen) counts.asked[kind] = (counts.asked[kind] ?? 0) + 1;
    } catch (error) {
      counts.refused += 1;
      counts.lastRefusal = messageOf(error);
    }
  }

  const running = (async () => {
    while (!stopping.signal.aborted) {
      const waitMs = random.between(0, 2 * options.everyMs);
      await delay(waitMs, undefined, { signal: stopping.signal }).catch(() => {});
      if (!stopping.signal.aborted) await sendOne();
    }
  })();
  return {
    counts,
    sent,
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

function partsOf(options: LoadOptions): Part[] {
  const { devnet, cast, sourceUrl, random } = options;
  const fixture = { gateway: devnet.gateway };
  let asked = 0;
  // Each asks something else, so that no answer is another's.
  const url = (path: string): string => `${sourceUrl}${path}?n=${++asked}`;
  const spec = (path: string, more: object = {}) => JSON.stringify({ url: url(path), ...more });
  const hostile = (): Hostile => random.pick(cast.hostiles);
  const beat = cast.metronomes.at(-1) as Hash160;
  const anybody: Part[] = [
    {
      kind: 'requestHttp, kept',
      weight: 2,
      make: () => senderAsks(fixture, { spec: spec('/price'), filter: '$.price' }),
    },
    {
      kind: 'hostile callback',
      weight: 4,
      make: () => hostileAsks(fixture, hostile(), { spec: spec('/price') }),
    },
    {
      kind: 'hostile change of mind',
      weight: 1,
      make: () => modeScript(hostile(), ...random.pick(MODES)),
    },
    { kind: 'event for an upkeep', weight: 1, make: () => callScript(beat, 'beat', []) },
  ];
  const consumers = cast.consumers.flatMap(({ hash: consumer, owner: by }): Part[] => [
    {
      kind: 'request',
      weight: 4,
      by,
      make: () => consumerAsksAsNative({ consumer }, url('/rates'), '$.GAS.USD', MAX_FEE),
    },
    {
      kind: 'requestHttp',
      weight: 5,
      by,
      make: () => consumerAsks({ consumer }, { spec: spec(random.pick(HONEST_PATHS)) }),
    },
    {
      kind: 'hostile source',
      weight: 2,
      by,
      make: () => consumerAsks({ consumer }, { spec: spec(random.pick(ROUGH_PATHS)) }),
    },
  ]);
  return [...anybody, ...consumers, ...partsWithSecrets(options, spec)];
}

/** What the first consumer alone may ask, and draws. */
function partsWithSecrets(
  { cast, random }: LoadOptions,
  spec: (path: string, more?: object) => string,
): Part[] {
  const [{ hash: consumer, owner: by }] = cast.consumers;
  const headers = { authorization: 'Bearer {{secret:API_KEY}}' };
  const args = () => utf8(JSON.stringify({ n: random.below(1_000_000) }));
  return [
    {
      kind: 'requestHttp with a secret',
      weight: 3,
      by,
      make: () => consumerAsks({ consumer }, { spec: spec('/keyed', { headers }) }),
    },
    {
      kind: 'secret sent back',
      weight: 1,
      by,
      make: () => consumerAsks({ consumer }, { spec: spec(ECHO_PATH, { headers }) }),
    },
    {
      kind: 'requestFunction',
      weight: 3,
      by,
      make: () => callScript(consumer, 'askFunction', [cast.functionId, args(), MAX_FEE]),
    },
    { kind: 'requestRandom', weight: 2, by, make: () => rolls(cast.games, ...NUMBERS) },
  ];
}

const LOGS_IN_BATCH = 50;

/** Reads what became of transactions. */
export async function fatesOf(devnet: Devnet, sent: readonly Hash256[]): Promise<LoadFates> {
  const faulted: Record<string, number> = {};
  let [halted, missing] = [0, 0];
  for (let from = 0; from < sent.length; from += LOGS_IN_BATCH) {
    const calls = sent.slice(from, from + LOGS_IN_BATCH).map((hash) => {
      return { method: 'getapplicationlog', params: [hash] };
    });
    for (const answer of await devnet.rpc.batch(calls)) {
      if (!answer.ok) {
        missing += 1;
        continue;
      }
      const { executions } = answer.result as { executions: readonly unknown[] };
      const { state, exception } = parseExecution(executions[0]);
      if (state === 'HALT') halted += 1;
      else faulted[exception ?? ''] = (faulted[exception ?? ''] ?? 0) + 1;
    }
  }
  return { halted, faulted, missing };
}
