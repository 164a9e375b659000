import { createHash } from 'node:crypto';
import { parseGas } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';
import type { NodeConfig } from '../../src/config/node-config.js';
import { type Cast, createSender, drawCast } from './actors.js';
import { createSimulatedChain, type SimulatedChain } from './chain/simulated-chain.js';
import { fateOf } from './chain-faults.js';
import { createFaults, type Faults } from './faults.js';
import { createHistory, type History } from './history.js';
import { createPriceWalk } from './price-walk.js';
import { createScenario, type Scenario } from './scenario.js';
import { createSeededRandom, type SeededRandom } from './seeded-random.js';
import { drawConfig, drawFeeds, MAGIC } from './simulated-config.js';
import { createSimulatedNode, type SimulatedNode } from './simulated-node.js';
import { createAnnouncer } from './simulated-rpc.js';
import { createStandInSigner } from './stand-ins.js';
import { createVirtualTime, type VirtualTime } from './virtual-time.js';

/** What all simulations of a process share, since making it takes a while. */
export interface SimulationGround {
  readonly config: NodeConfig;
  readonly emptyDatabase: Buffer;
}

export interface Simulation {
  readonly time: VirtualTime;
  readonly chain: SimulatedChain;
  readonly cast: Cast;
  readonly nodes: readonly SimulatedNode[];
  readonly nodeAccount: Hash160;
  readonly config: NodeConfig;
  readonly faults: Faults;
  readonly history: History;
  /** What must not be; the first is enough. */
  readonly failures: string[];
  /** In the forms in which a secret might be written down. */
  readonly isSecret: (text: string | Buffer) => boolean;
  readonly scenario: Scenario;
  /** From when on nothing went wrong any more. */
  calmBlock: number | null;
  readonly length: SimulationLength;
  readonly blockMs: number;
  readonly random: SeededRandom;
  readonly emptyDatabase: Buffer;
  readonly announce: (index: number) => void;
  trueMs(): number;
}

/** How long a simulation goes on. */
export interface SimulationLength {
  /** Blocks in which people ask and things go wrong. */
  readonly busyBlocks: number;
  /** Blocks afterwards in which nothing goes wrong, at least: what comes again and again comes. */
  readonly calmBlocks: number;
  /** Blocks until a request expires, at most. */
  readonly lifetime: number;
}

/**
 * Many short histories and some long: most of what can go wrong does within a few blocks, and more
 * seeds are more kinds of chain, people and trouble.
 */
const LENGTHS = [
  { share: 0.75, busy: { least: 3, most: 6 }, calmBlocks: 4, lifetime: 14 },
  { share: 0.18, busy: { least: 6, most: 14 }, calmBlocks: 8, lifetime: 20 },
  { share: 0.07, busy: { least: 12, most: 40 }, calmBlocks: 20, lifetime: 30 },
] as const;

function drawLength(random: SeededRandom): SimulationLength {
  let left = random.next();
  const drawn = LENGTHS.find(({ share }) => {
    left -= share;
    return left < 0;
  });
  const { busy, calmBlocks, lifetime } = drawn ?? LENGTHS[2];
  return { busyBlocks: random.between(busy.least, busy.most), calmBlocks, lifetime };
}

/**
 * From this seed on there are three endpoints, of which two have to agree: the first one may tell
 * what could be true and is not.
 */
export const FIRST_SEED_OF_LIARS = 500_000_000;
const LIARS = { endpoints: 3, quorum: 2, faults: ['endpoint tells what could be true'] } as const;

const EPOCH_MS = 1_700_000_000_000;
const GAS_OF_PEOPLE = parseGas('1000000');
const START_BLOCK = 0;

/** Puts everything together that a seed draws; nothing has happened yet. */
export function createSimulation(
  seed: number,
  ground: SimulationGround,
  tell?: (line: string) => void,
): Simulation {
  const random = createSeededRandom(`dodona ${seed}`);
  const time = createVirtualTime();
  const history = createHistory(time.nowMs, tell);
  const liars = seed >= FIRST_SEED_OF_LIARS ? LIARS : null;
  const faults = createFaults(random.fork('faults'), liars?.faults);
  const draw = random.fork('draws');
  const startMs = EPOCH_MS + draw.below(86_400_000);
  const trueMs = (): number => startMs + time.nowMs();
  const cast = drawCast(draw);
  const key = createHash('sha256').update(`the node's key of ${seed}`).digest();
  const signer = createStandInSigner(key);
  const drawnEndpoints = draw.between(1, 3);
  const { endpoints, quorum } = liars ?? { endpoints: drawnEndpoints, quorum: 1 };
  const chain = openChain(cast, signer.account, endpoints, startMs, draw);
  const failures: string[] = [];
  const value = createHash('sha256').update(`the secret of ${seed}`).digest('hex').slice(0, 40);
  const isSecret = createSecretSearch([key, Buffer.from(value)]);
  const secret = { requester: cast.consumers[0] as Hash160, value: Buffer.from(value) };
  const blockMs = draw.pick([1_000, 1_000, 1_000, 3_000]);
  const at = { gateway: cast.gateway, startBlock: START_BLOCK, endpoints, quorum, blockMs };
  const config = drawConfig(ground.config, at, draw);
  const feeds = drawFeeds(draw);
  const noise = random.fork('network');
  const announcer = createAnnouncer({ time, faults, random: noise });
  const surroundings = {
    ...{ time, faults, history, trueMs },
    random: noise,
    post: (endpoint: number, body: string) => ({ ...chain.post(endpoint, body), date: null }),
    prices: createPriceWalk(random.fork('prices'), startMs),
    announcer,
    fail: (what: string) => void failures.push(what),
    emptyDatabase: ground.emptyDatabase,
  };
  const names = draw.chance(0.2) ? ['north', 'south'] : ['north'];
  const nodes = names.map((name) =>
    createSimulatedNode(surroundings, {
      ...{ name, config, signer, feeds, isSecret, secret },
      random: random.fork(name),
    }),
  );
  const fates = random.fork('fates');
  chain.onTransaction((transaction) =>
    transaction.sender === signer.account
      ? fateOf(transaction, chain.views.height(), faults, fates, history)
      : null,
  );
  const people = random.fork('people');
  const length = drawLength(draw);
  const sender = createSender(chain, cast.gateway, history, people);
  const nodeAccount = signer.account;
  return {
    ...{ time, chain, cast, nodes, nodeAccount, config, faults, history, failures, isSecret },
    scenario: createScenario({
      ...{ chain, cast, sender, faults, nodeAccount, length },
      random: people,
    }),
    calmBlock: null,
    emptyDatabase: ground.emptyDatabase,
    ...{ length, blockMs, trueMs, random: random.fork('blocks'), announce: announcer.announce },
  };
}

function openChain(
  cast: Cast,
  nodeAccount: Hash160,
  endpoints: number,
  startTimeMs: number,
  draw: SeededRandom,
): SimulatedChain {
  const people = [cast.owner, ...cast.users];
  const gas = new Map<Hash160, bigint>(people.map((account) => [account, GAS_OF_PEOPLE]));
  gas.set(nodeAccount, parseGas(draw.pick(['2', '20', '200'])));
  return createSimulatedChain({
    ...{ magic: MAGIC, gateway: cast.gateway, executor: cast.executor, owner: cast.owner },
    ...{ nodeAccount, startIndex: START_BLOCK, startTimeMs: startTimeMs - 1, endpoints, gas },
    contracts: [...cast.consumers, cast.steady].map((hash) => ({ kind: 'hostile' as const, hash })),
    proofs: 'trusted',
    signatures: 'trusted',
  });
}

/** Finds secrets as bytes, as hex and as base64. */
function createSecretSearch(secrets: readonly Buffer[]): (text: string | Buffer) => boolean {
  const forms = secrets.flatMap((secret) => [
    secret,
    Buffer.from(secret.toString('hex')),
    Buffer.from(secret.toString('base64').slice(0, -4)),
  ]);
  return (text) => {
    const bytes = typeof text === 'string' ? Buffer.from(text) : text;
    return forms.some((form) => bytes.includes(form));
  };
}
