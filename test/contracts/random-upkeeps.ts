import fc from 'fast-check';
import type { BooksModel } from './books-model.js';
import type { ModelRound } from './feeds-model.js';
import { gas, type Intent, intent, role } from './random-intent.js';

/* Operations on upkeeps and feeds at random. */

export const PAIRS = ['GAS/USD', 'NEO/USD'] as const;

/** Ids of upkeeps, and now and then of something else. */
const upkeepPicked = (pick: number, model: BooksModel): bigint => {
  const ids = [...model.upkeeps.list.keys()];
  if (pick % 8 === 0) return model.lastId + BigInt(pick % 3);
  return ids[pick % ids.length] ?? model.lastId;
};

const register = intent(
  fc.record({
    by: role('user', 'asker', 'thrower'),
    target: role('asker', 'asker', 'thrower'),
    maxFee: gas('0.34999999', '0.5', '0.7', '1', '1', '4'),
  }),
  ({ by, target, maxFee }) =>
    (cast) => ({
      kind: 'upkeep',
      by: cast[by],
      act: { does: 'register', maxFee, target: cast[target] },
    }),
);

const perform = intent(
  fc.record({
    by: fc.option(role('node', 'second', 'user'), { freq: 3 }),
    runs: fc.array(
      fc.record({
        pick: fc.nat(50),
        ahead: fc.constantFrom(1, 1, 1, 2, 0, 1_000_000),
        deliver: fc.constantFrom(true, true, true, false),
      }),
      { minLength: 1, maxLength: 4 },
    ),
  }),
  ({ by, runs }) =>
    (cast, model) => ({
      kind: 'upkeep',
      by: by === null ? (model.node ?? cast.node) : cast[by],
      act: {
        does: 'perform',
        runs: runs.map(({ pick, ahead, deliver }) => {
          const id = upkeepPicked(pick, model);
          return { id, due: (model.upkeeps.list.get(id)?.lastDue ?? 0) + ahead, deliver };
        }),
      },
    }),
);

const fundOrCancel = intent(
  fc.record({
    does: fc.constantFrom('fund' as const, 'fund' as const, 'cancel' as const),
    pick: fc.nat(50),
    by: fc.option(role('user', 'asker', 'patron'), { freq: 3 }),
  }),
  ({ does, pick, by }) =>
    (cast, model) => {
      const id = upkeepPicked(pick, model);
      const owner = model.upkeeps.list.get(id)?.owner ?? cast.user;
      return { kind: 'upkeep', by: by === null ? owner : cast[by], act: { does, id } };
    },
);

/** Times of rounds lie long before any block. */
const FIRST_TIME_MS = 1_000;

const publish = intent(
  fc.record({
    by: fc.option(role('node', 'second', 'user'), { freq: 4 }),
    rounds: fc.array(
      fc.record({ pair: fc.constantFrom(...PAIRS), later: fc.constantFrom(0, 1, 5) }),
      { minLength: 1, maxLength: 4 },
    ),
  }),
  ({ by, rounds }) =>
    (cast, model) => ({
      kind: 'feed',
      by: by === null ? (model.node ?? cast.node) : cast[by],
      act: {
        does: 'publish',
        rounds: rounds.map(({ pair, later }, at): ModelRound => {
          const last = model.feeds.rounds.get(pair)?.at(-1) ?? FIRST_TIME_MS;
          return { pair, timestamp: last + later * (at + 1) };
        }),
      },
    }),
);

const sponsor = intent(
  fc.record({
    by: role('patron', 'patron', 'asker', 'user'),
    pair: fc.constantFrom(...PAIRS),
    maxFee: gas('0.00000001', '0.2', '1', '92233720368.54775807'),
    allowance: gas('0', '0.3', '2', '92233720368.54775807'),
  }),
  ({ by, pair, maxFee, allowance }) =>
    (cast) => ({ kind: 'feed', by: cast[by], act: { does: 'sponsor', pair, maxFee, allowance } }),
);

const choose = intent(
  fc.record({
    by: role('owner', 'owner', 'owner', 'user'),
    pair: fc.constantFrom(...PAIRS),
    payer: fc.option(role('patron', 'patron', 'asker', 'user'), { freq: 5 }),
  }),
  ({ by, pair, payer }) =>
    (cast) => ({
      kind: 'feed',
      by: cast[by],
      act: { does: 'choose', pair, payer: payer === null ? null : cast[payer] },
    }),
);

export const upkeepIntents: readonly { weight: number; arbitrary: fc.Arbitrary<Intent> }[] = [
  { weight: 4, arbitrary: register },
  { weight: 8, arbitrary: perform },
  { weight: 3, arbitrary: fundOrCancel },
  { weight: 5, arbitrary: publish },
  { weight: 2, arbitrary: sponsor },
  { weight: 2, arbitrary: choose },
];

/** What every run has in it: an upkeep that runs, and a feed that a sponsor pays. */
export const UPKEEP_OPENING: readonly (readonly Intent[])[] = [
  [
    ({ asker: by }) => {
      const act = { does: 'register', maxFee: 120_000_000n, target: by } as const;
      return { kind: 'upkeep', by, act };
    },
    ({ patron: by }) => {
      const act = { does: 'sponsor', maxFee: 100_000_000n, allowance: 200_000_000n } as const;
      return { kind: 'feed', by, act: { ...act, pair: PAIRS[0] } };
    },
  ],
  [
    ({ owner: by, patron: payer }) => ({
      kind: 'feed',
      by,
      act: { does: 'choose', pair: PAIRS[0], payer },
    }),
  ],
  [
    ({ node: by }, { upkeeps }) => {
      const runs = [...upkeeps.list].map(([id, { lastDue }]) => {
        return { id, due: lastDue + 1, deliver: true };
      });
      return { kind: 'upkeep', by, act: { does: 'perform', runs } };
    },
    ({ node: by }) => {
      const rounds = [{ pair: PAIRS[0], timestamp: FIRST_TIME_MS }];
      return { kind: 'feed', by, act: { does: 'publish', rounds } };
    },
  ],
];
