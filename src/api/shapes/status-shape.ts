import { z } from 'zod';
import { REQUEST_STATES } from '../../requests/request-machine.js';
import type { NodeStatus, SignerStatus, SpendingStatus } from '../node-status.js';
import {
  account,
  address,
  amount,
  block,
  count,
  id,
  isoOrNull,
  isoTime,
  textOrNull,
  time,
} from './values.js';

const booksShape = z.object({
  agreedBlock: block('last block at which books and chain agreed').nullable(),
  agreedAt: time('when they were held against it').nullable(),
  accounts: count('accounts that agreed').nullable(),
  stopped: z.string().nullable().meta({ description: 'why nothing is spent; null while it may' }),
  differences: z.array(
    z.object({
      account: z.string().meta({ description: 'of the ledger, e.g. credit:0x…' }),
      ledgerDatoshi: amount(),
      chainDatoshi: amount(),
      agreedBlock: block().nullable(),
      firstBlock: block(),
    }),
  ),
});

const spendingShape = z.object({
  held: z.array(
    z.object({
      cause: z.string().meta({ description: 'budget, floor, loss, signer or stopped' }),
      reason: z.string(),
      until: time('when it is tried again'),
    }),
  ),
  budgets: z.array(
    z.object({
      key: z.string().meta({ description: 'key of the configuration' }),
      used: z.number().meta({ description: '1: all of it' }),
    }),
  ),
  inboxOnly: z.array(z.object({ requester: account(), until: time(), reason: z.string() })),
});

const randomShape = z.object({
  keyId: id('the key that new requests use; 0: none yet'),
  publicKeyId: z.string().nullable(),
  isHeld: z.boolean().meta({ description: 'whether this node holds its secret' }),
  keysHeld: count('keys in the file of the node'),
  problem: z.string().nullable(),
});

const feedShape = z.object({
  pair: z.string(),
  isPublished: z.boolean().meta({ description: 'false: it is asked to convert others alone' }),
  round: id('its latest round on the chain').nullable(),
  price: z.string().nullable().meta({ description: 'of that round, 8 decimals' }),
  ageMs: count('milliseconds since the time of its sources').nullable(),
  heartbeatMs: count('milliseconds after which it is published in any case'),
  hasQuorum: z
    .boolean()
    .nullable()
    .meta({ description: 'whether its sources agreed; null before they were asked' }),
  isHeld: z.boolean().meta({ description: 'whether the breaker holds a jump' }),
  why: z.string().nullable().meta({ description: 'what the last poll led to' }),
});

const attestationShape = z.object({
  provider: z.string().meta({ description: 'where quotes come from; none: from nowhere' }),
  madeAt: time('when the last attestation was made').nullable(),
  block: block('the block in it').nullable(),
});

const walletShape = z.object({
  account: account("the node's account"),
  address: address(),
  balanceDatoshi: amount().nullable(),
  floorDatoshi: amount().meta({ description: 'no transaction takes the balance below it' }),
  warningDatoshi: amount(),
});

const signerShape = z.object({
  isUp: z.boolean().meta({ description: 'whether it answers; all waits while it does not' }),
  since: time('since when it is so'),
  problem: z.string().nullable(),
  spentDatoshi: amount().nullable().meta({ description: 'within its last hour' }),
  maxPerHourDatoshi: amount().nullable(),
  lastRefusal: z
    .object({ at: time(), reason: z.string(), message: z.string() })
    .nullable()
    .meta({ description: 'the last transaction that it would not sign' }),
});

const endpointShape = z.object({
  endpoint: z.string().meta({ description: 'scheme, host and port' }),
  isHealthy: z.boolean(),
  height: block().nullable(),
  why: z.string().nullable().meta({ description: 'why it is not used' }),
});

const queueShape = z
  .object(Object.fromEntries(REQUEST_STATES.map((state) => [state, count(`${state} requests`)])))
  .meta({ description: 'requests by state' });

export const statusShape = z.object({
  version: z.string(),
  startedAt: time('when the node was started').nullable(),
  network: z.object({
    magic: z.int(),
    gateway: account('the gateway'),
    height: block("index of the network's latest block").nullable(),
    processed: block('index of the last block that was taken in').nullable(),
    lagBlocks: count('blocks still to be taken in').nullable(),
    latestBlockAt: time('when the last new block was seen').nullable(),
  }),
  isReady: z.boolean(),
  reasons: z.array(z.string()).meta({ description: 'what is missing; empty when ready' }),
  queue: queueShape,
  oldestOpenAt: time('block time of the oldest request that has not ended').nullable(),
  wallet: walletShape.nullable(),
  signer: signerShape
    .nullable()
    .meta({ description: 'in another process; null where the node has its key itself' }),
  creditHeldDatoshi: amount().nullable(),
  earnedDatoshi: amount().nullable(),
  endpoints: z.array(endpointShape),
  books: booksShape,
  spending: spendingShape.nullable(),
  random: randomShape.nullable(),
  prices: z.array(feedShape).nullable(),
  attestation: attestationShape,
  recentTrouble: z.array(
    z.object({
      at: time(),
      level: z.enum(['error', 'warn']),
      message: z.string(),
      requestId: id('the request that it is about').nullable(),
    }),
  ),
});

/** The status as it is answered. */
export function statusWire(status: NodeStatus): z.input<typeof statusShape> {
  const { attestation, chain, books, random, signer, wallet } = status;
  return {
    version: status.version,
    startedAt: isoOrNull(status.startedAtMs),
    network: {
      magic: status.magic,
      gateway: status.gateway,
      height: chain.height,
      processed: chain.processed,
      lagBlocks: chain.lagBlocks,
      latestBlockAt: isoOrNull(chain.latestBlockAtMs),
    },
    isReady: status.readiness?.ready ?? false,
    reasons: [...(status.readiness?.reasons ?? [])],
    queue: Object.fromEntries(REQUEST_STATES.map((state) => [state, status.queue[state] ?? 0])),
    oldestOpenAt: isoOrNull(status.oldestOpenAtMs),
    wallet: wallet === null ? null : walletWire(wallet),
    signer: signer === null ? null : signerWire(signer),
    creditHeldDatoshi: textOrNull(status.creditHeldDatoshi),
    earnedDatoshi: textOrNull(status.earnedDatoshi),
    endpoints: status.endpoints.map(({ healthy, ...rest }) => ({ ...rest, isHealthy: healthy })),
    books: {
      agreedBlock: books.agreedBlock,
      agreedAt: isoOrNull(books.agreedAtMs),
      accounts: books.accounts,
      stopped: books.stopped,
      differences: books.differences.map(({ ledgerDatoshi, chainDatoshi, ...rest }) => ({
        ...rest,
        ledgerDatoshi: String(ledgerDatoshi),
        chainDatoshi: String(chainDatoshi),
      })),
    },
    spending: status.spending === null ? null : spendingWire(status.spending),
    random: random === null ? null : { ...random, keyId: String(random.keyId) },
    prices:
      status.prices?.map(({ latest, ...rest }) => ({
        ...rest,
        round: textOrNull(latest?.round ?? null),
        price: latest?.price ?? null,
      })) ?? null,
    attestation: {
      provider: attestation.provider,
      madeAt: isoOrNull(attestation.last?.madeAtMs ?? null),
      block: attestation.last?.blockIndex ?? null,
    },
    recentTrouble: status.recentTrouble.map(({ atMs, requestId, ...rest }) => ({
      ...rest,
      at: isoTime(atMs),
      requestId: textOrNull(requestId),
    })),
  };
}

const walletWire = (wallet: NonNullable<NodeStatus['wallet']>) => ({
  ...wallet,
  balanceDatoshi: textOrNull(wallet.balanceDatoshi),
  floorDatoshi: String(wallet.floorDatoshi),
  warningDatoshi: String(wallet.warningDatoshi),
});

const signerWire = ({ sinceMs, lastRefusal, ...rest }: SignerStatus) => ({
  ...{ isUp: rest.isUp, since: isoTime(sinceMs), problem: rest.problem },
  spentDatoshi: textOrNull(rest.spentDatoshi),
  maxPerHourDatoshi: textOrNull(rest.maxPerHourDatoshi),
  lastRefusal:
    lastRefusal === null
      ? null
      : {
          ...{ reason: lastRefusal.reason, message: lastRefusal.message },
          at: isoTime(lastRefusal.atMs),
        },
});

const spendingWire = ({ held, budgets, inboxOnly }: SpendingStatus) => ({
  held: held.map(({ untilMs, ...rest }) => ({ ...rest, until: isoTime(untilMs) })),
  budgets: [...budgets],
  inboxOnly: inboxOnly.map(({ untilMs, ...rest }) => ({ ...rest, until: isoTime(untilMs) })),
});
