import fc from 'fast-check';
import { type Datoshi, parseGas } from '../../src/base/datoshi.js';
import type { BooksModel } from './books-model.js';
import { gas, type Intent, intent, role } from './random-intent.js';
import { UPKEEP_OPENING, upkeepIntents } from './random-upkeeps.js';

const requesters = role('user', 'asker', 'thrower');
const anybody = role('owner', 'node', 'second', 'user', 'patron', 'asker', 'thrower');

const deposit = intent(
  fc.record({
    kind: fc.constant('deposit' as const),
    by: role('owner', 'user'),
    to: role('user', 'asker', 'thrower', 'patron'),
    amount: gas('0', '0.00000001', '0.6', '2'),
  }),
  ({ by, to, ...rest }) =>
    (cast) => ({ ...rest, by: cast[by], to: cast[to] }),
);

/** Mostly one's own; all, nothing, a part, or more than there is. */
const payout = (kind: 'withdraw' | 'collect') =>
  intent(
    fc.record({
      kind: fc.constant(kind),
      by: kind === 'collect' ? role('node', 'second', 'user') : anybody,
      other: fc.option(anybody, { freq: 3, nil: null }),
      part: fc.constantFrom('all', 'none', 'half', 'more'),
    }),
    ({ by, other, part }) =>
      (cast, model) => {
        const account = cast[other ?? by];
        const balances = kind === 'collect' ? model.earned : model.credit;
        const all = balances.get(account) ?? 0n;
        const amount = { all, none: 0n, half: all / 2n, more: all + 1n }[part] ?? 0n;
        return { kind, by: cast[by], account, amount };
      },
  );

const ask = intent(
  fc.record({
    kind: fc.constant('ask' as const),
    by: role('user', 'asker', 'asker', 'thrower'),
    maxFee: gas('0.34999999', '0.35', '0.5', '1', '1', '1', '1', '3', '6'),
    keeps: fc.constantFrom(true, false, false),
    // A random number costs nearly all that most give.
    what: fc.constantFrom(...(['web', 'web', 'function', 'function', 'random'] as const)),
    pick: fc.nat(20),
  }),
  ({ by, keeps, pick, ...rest }) =>
    (cast, model) => {
      const functionId = functionPicked(pick, model);
      return { ...rest, by: cast[by], delivers: by !== 'user' && !keeps, functionId };
    },
);

/** Ids that functions have, and now and then the one after the last. */
const functionPicked = (pick: number, model: BooksModel): bigint => {
  const count = model.functions.list.length;
  return pick % 8 === 0 ? BigInt(count + 1) : BigInt(count === 0 ? 0 : (pick % count) + 1);
};

const authors = role('user', 'asker');
const code = fc.record({
  source: fc.constantFrom('1', '2', '3'),
  onChain: fc.boolean(),
  uri: fc.constantFrom('', 'https://x.org/1', 'https://x.org/2'),
});

const register = intent(
  fc.record({ kind: fc.constant('register' as const), by: authors, code }),
  ({ by, ...rest }) =>
    (cast) => ({ ...rest, by: cast[by] }),
);

const update = intent(
  fc.record({ kind: fc.constant('update' as const), by: authors, code, pick: fc.nat(20) }),
  ({ by, pick, ...rest }) =>
    (cast, model) => ({ ...rest, by: cast[by], functionId: functionPicked(pick, model) }),
);

const sponsor = intent(
  fc.record({
    kind: fc.constant('sponsor' as const),
    by: role('patron', 'patron', 'asker'),
    requester: requesters,
    maxFee: gas('0.4', '3', '92233720368.54775807'),
    allowance: gas('0', '1', '5', '92233720368.54775807'),
  }),
  ({ by, requester, ...rest }) =>
    (cast) => ({ ...rest, by: cast[by], requester: cast[requester] }),
);

const accept = intent(
  fc.record({
    kind: fc.constant('accept' as const),
    by: requesters,
    payer: fc.option(role('patron', 'patron', 'asker'), { freq: 4 }),
  }),
  ({ kind, by, payer }) =>
    (cast) => ({ kind, by: cast[by], payer: payer === null ? null : cast[payer] }),
);

/** Ids that are pending or kept, or were, or will be. */
const picked = (picks: readonly number[], from: Iterable<bigint>, model: BooksModel): bigint[] => {
  const ids = [...from];
  const stranger = (pick: number) => model.lastId + BigInt(pick % 3);
  return picks.map((pick) =>
    pick % 8 === 0 ? stranger(pick) : (ids[pick % ids.length] ?? stranger(pick)),
  );
};

/** The other point with the same x. */
function mirrored(point: Buffer): Buffer {
  const other = Buffer.from(point);
  other[0] = (other[0] ?? 0) ^ 0x20;
  return other;
}

const respond = intent(
  fc.record({
    kind: fc.constant('respond' as const),
    by: fc.option(role('node', 'second', 'user'), { freq: 3 }),
    picks: fc.array(fc.nat(50), { minLength: 1, maxLength: 4 }),
    deliver: fc.constantFrom(true, true, true, false),
    /** Points of the group that prove nothing. */
    forges: fc.constantFrom(true, ...Array<boolean>(9).fill(false)),
  }),
  // By whom it should be, if by nobody else.
  ({ by, picks, forges, ...rest }) =>
    (cast, model) => {
      const ids = picked(picks, model.pending.keys(), model);
      const proofs = proofsFor(ids, model);
      if (forges) for (const [id, proof] of proofs) proofs.set(id, mirrored(proof));
      return { ...rest, by: by === null ? (model.node ?? cast.node) : cast[by], ids, proofs };
    },
);

const expire = intent(fc.array(fc.nat(50), { minLength: 1, maxLength: 6 }), (picks) => {
  return (cast, model) => ({
    kind: 'expire',
    by: cast.user,
    ids: picked(picks, model.pending.keys(), model),
  });
});

const take = intent(
  fc.record({
    kind: fc.constantFrom('take' as const, 'redeliver' as const),
    pick: fc.nat(50),
  }),
  ({ kind, pick }) =>
    (cast, model) => {
      const [id = 0n] = picked([pick], model.kept.keys(), model);
      const requester = model.kept.get(id)?.requester;
      return { kind, by: kind === 'take' && pick % 4 ? (requester ?? cast.user) : cast.user, id };
    },
);

const propose = intent(
  fc.record({
    kind: fc.constant('proposeNode' as const),
    by: role('owner', 'owner', 'node', 'second', 'user'),
    account: role('node', 'second'),
  }),
  ({ kind, by, account }) =>
    (cast) => ({ kind, by: cast[by], account: cast[account] }),
);

const acceptNode = intent(
  fc.record({
    kind: fc.constant('acceptNode' as const),
    by: fc.option(role('node', 'second'), { freq: 3 }),
    overlapBlocks: fc.constantFrom(0, 4, 1000),
  }),
  ({ by, ...rest }) =>
    (cast, model) => ({
      ...rest,
      by: by === null ? (model.nodes.proposal?.account ?? cast.second) : cast[by],
    }),
);

const ruling = intent(
  fc.record({
    by: role('owner', 'user'),
    what: fc.constantFrom('revoke', 'pause', 'resume', 'resume'),
  }),
  ({ by, what }) =>
    (cast) =>
      what === 'revoke'
        ? { kind: 'revokeNode', by: cast[by] }
        : { kind: 'pause', by: cast[by], on: what === 'pause' },
);

export const anyIntent: fc.Arbitrary<Intent> = fc.oneof(
  { weight: 14, arbitrary: ask },
  { weight: 12, arbitrary: respond },
  { weight: 3, arbitrary: expire },
  { weight: 3, arbitrary: deposit },
  { weight: 2, arbitrary: payout('withdraw') },
  { weight: 2, arbitrary: payout('collect') },
  { weight: 2, arbitrary: sponsor },
  { weight: 2, arbitrary: accept },
  { weight: 2, arbitrary: take },
  { weight: 2, arbitrary: register },
  { weight: 2, arbitrary: update },
  { weight: 2, arbitrary: propose },
  { weight: 3, arbitrary: acceptNode },
  { weight: 1, arbitrary: ruling },
  ...upkeepIntents,
);

const proofsFor = (ids: readonly bigint[], model: BooksModel): Map<bigint, Buffer> =>
  new Map(
    ids.flatMap((id) => {
      const proof = model.draws.proofOf(id);
      return proof === null ? [] : [[id, proof]];
    }),
  );

const KINDS = ['web', 'function', 'random'] as const;

/** What every run begins with: something of each kind, so that no run is without it. */
export const OPENING: readonly (readonly Intent[])[] = [
  KINDS.map((what): Intent => {
    const maxFee = parseGas('1.5');
    return ({ asker: by }) => ({ kind: 'ask', what, by, maxFee, delivers: true, functionId: 1n });
  }),
  [
    ({ node: by }, model) => {
      const ids = [...model.pending.keys()];
      return { kind: 'respond', by, ids, deliver: true, proofs: proofsFor(ids, model) };
    },
    ({ user: by }) => {
      const code = { source: '2', onChain: false, uri: 'https://x.org/1' };
      return { kind: 'update', by, functionId: 1n, code };
    },
  ],
  ...UPKEEP_OPENING,
];

/** Rounds of operations that are sent at once. */
export const anyRounds = fc.array(fc.array(anyIntent, { minLength: 1, maxLength: 6 }), {
  minLength: 12,
  maxLength: 20,
});

export const START_CREDIT: Datoshi = parseGas('6');
