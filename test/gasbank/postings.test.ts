import assert from 'node:assert/strict';
import type { KnownGatewayEvent } from '../../src/chain/gateway-events.js';
import type { OwnFees, OwnMove } from '../../src/chain/own-gas.js';
import {
  creditOf,
  earnedOf,
  mayOverdraw,
  reservedOf,
  walletOf,
} from '../../src/gasbank/accounts.js';
import {
  drawIdOf,
  faultedFees,
  feesElsewhere,
  movePostings,
} from '../../src/gasbank/own-gas-postings.js';
import { type PostingContext, postingsOf } from '../../src/gasbank/postings.js';
import type { LockStep, UpkeepLock } from '../../src/gasbank/upkeep-lock.js';
import { hashOf } from '../pipeline/stage-fixture.js';
import { GATEWAY, numbered } from './histories/model-chain.js';

const OWN = numbered(0xa0, 1);
const SECOND = numbered(0xa0, 2);
const PAYER = numbered(0xc0, 1);
const OTHER = numbered(0xd0, 1);
const TX = hashOf(7);
const LOST_TX = hashOf(6);
const UPKEEP: UpkeepLock = {
  ...{ id: 5n, owner: PAYER, maxFee: 100n, locks: 1, isGone: false, lastRunBlock: 12 },
};

const step = (amount: bigint): LockStep => ({ upkeep: UPKEEP, after: UPKEEP, amount });

describe('the postings of a gateway event', () => {
  const context: PostingContext = {
    block: 20,
    tx: TX,
    ownAccounts: new Set([OWN]),
    maxFeeOf: () => 100n,
    lostTxOf: () => LOST_TX,
    lockAt: () => step(100n),
  };
  const moved = (events: readonly KnownGatewayEvent[], given: Partial<PostingContext> = {}) =>
    postingsOf(events, { ...context, ...given }).map(
      ({ cause, debit, credit, amount }) => `${debit} -> ${credit} ${amount} ${cause}`,
    );
  const who = { requester: PAYER, payer: PAYER };
  const response = (lost = 0n, premium = 0n): KnownGatewayEvent => ({
    ...{ name: 'Response', id: 5n, ...who, code: 0, delivered: true },
    ...{ fee: 30n, lost, premium },
  });
  const earned = (account = OWN): KnownGatewayEvent => ({ name: 'Earned', account, amount: 30n });

  it('follow GAS to and from the node and everybody else', () => {
    const deposit = (from: typeof OWN) => ({ name: 'Deposit', account: PAYER, from }) as const;
    const amount = 9n;
    assert.deepEqual(
      moved([
        { ...deposit(OTHER), amount },
        { ...deposit(OWN), amount },
        { name: 'Withdrawal', account: PAYER, to: OTHER, amount },
        { name: 'Withdrawal', account: PAYER, to: OWN, amount },
        { name: 'Collected', account: OWN, to: OWN, amount },
        { name: 'Collected', account: OWN, to: OTHER, amount },
      ]),
      [
        `outside -> ${creditOf(PAYER)} 9 deposit`,
        `${walletOf(OWN)} -> ${creditOf(PAYER)} 9 deposit`,
        `${creditOf(PAYER)} -> outside 9 withdrawal`,
        `${creditOf(PAYER)} -> ${walletOf(OWN)} 9 withdrawal`,
        `${earnedOf(OWN)} -> ${walletOf(OWN)} 9 collect`,
        `${earnedOf(OWN)} -> outside 9 collect`,
      ],
    );
  });

  it('set a request aside, and give it back when it expires', () => {
    const ask = { id: 5n, ...who, filter: '', maxFee: 100n, deadline: 40 };
    assert.deepEqual(
      moved([
        { name: 'HttpRequest', spec: '{}', ...ask },
        { name: 'OracleRequest', url: '', ...ask },
        { name: 'Expired', id: 5n, payer: PAYER, refund: 100n },
      ]),
      [
        `${creditOf(PAYER)} -> ${reservedOf(PAYER)} 100 reserve`,
        `${creditOf(PAYER)} -> ${reservedOf(PAYER)} 100 reserve`,
        `${reservedOf(PAYER)} -> ${creditOf(PAYER)} 100 refund`,
      ],
    );
  });

  it('share a maxFee out: fee, lost fees, premium and what is left', () => {
    const from = reservedOf(PAYER);
    assert.deepEqual(moved([response(20n, 4n), earned()]), [
      `${from} -> ${earnedOf(OWN)} 30 fee`,
      `${from} -> ${earnedOf(OWN)} 20 lost`,
      'lost -> burnt 20 recovered',
      `${from} -> ${earnedOf(OWN)} 4 premium`,
      'equity -> premium 4 premium income',
      `${from} -> ${creditOf(PAYER)} 46 remainder`,
    ]);
    assert.deepEqual(moved([response(), earned()]), [
      `${from} -> ${earnedOf(OWN)} 30 fee`,
      `${from} -> ${creditOf(PAYER)} 70 remainder`,
    ]);
  });

  it('recover nothing that is not on the books as lost, and look for it only where it is due', () => {
    const asked: unknown[] = [];
    const lostTxOf: PostingContext['lostTxOf'] = (...given) => {
      asked.push(given);
      return null;
    };
    const recovered = (moves: readonly string[]) => moves.filter((move) => /recovered/.test(move));
    assert.deepEqual(recovered(moved([response(20n), earned()], { lostTxOf })), []);
    assert.deepEqual(asked, [[5n, OWN, 20n, -1]]);
    moved([response(0n), earned()], { lostTxOf });
    moved([response(20n), earned(OTHER)], { lostTxOf });
    assert.equal(asked.length, 1);
    moved([response(1n), earned()], { lostTxOf });
    assert.equal(asked.length, 2);
  });

  it("count a premium as the node's income only when the node earned it", () => {
    const moves = moved([response(20n, 4n), earned(OTHER)]);
    assert.ok(!moves.some((move) => /income|recovered/.test(move)));
    assert.ok(moves.includes(`${reservedOf(PAYER)} -> ${earnedOf(OTHER)} 4 premium`));
  });

  const performed = (
    given: Partial<Extract<KnownGatewayEvent, { name: 'UpkeepPerformed' }>> = {},
  ): KnownGatewayEvent => ({
    ...{ name: 'UpkeepPerformed', id: 5n, owner: PAYER, due: 9, delivered: true },
    ...{ fee: 30n, lost: 0n, premium: 4n, locked: 100n },
    ...given,
  });

  it('lock credit for a run of an upkeep, settle it by what it cost, and lock the next', () => {
    const asked: unknown[] = [];
    const lostTxOf: PostingContext['lostTxOf'] = (...given) => {
      asked.push(given);
      return LOST_TX;
    };
    const [credit, locked] = [creditOf(PAYER), reservedOf(PAYER)];
    const registered = { target: OTHER, method: 'run', trigger: 'every:5', maxFee: 100n };
    assert.deepEqual(
      moved([
        { name: 'UpkeepRegistered', id: 5n, owner: PAYER, ...registered },
        { name: 'UpkeepFunded', id: 5n, amount: 100n },
      ]),
      [`${credit} -> ${locked} 100 lock`, `${credit} -> ${locked} 100 lock`],
    );
    assert.deepEqual(moved([performed({ lost: 20n }), earned()], { lostTxOf }), [
      `${locked} -> ${earnedOf(OWN)} 30 fee`,
      `${locked} -> ${earnedOf(OWN)} 20 lost`,
      'lost -> burnt 20 recovered',
      `${locked} -> ${earnedOf(OWN)} 4 premium`,
      'equity -> premium 4 premium income',
      `${locked} -> ${credit} 46 remainder`,
      `${credit} -> ${locked} 100 lock`,
    ]);
    assert.deepEqual(asked, [[5n, OWN, 20n, 12]]);
    const unlocked = { lockAt: () => step(0n) };
    const free = performed({ premium: 0n, locked: 0n });
    assert.deepEqual(moved([free, earned(OTHER)], unlocked), [
      `${locked} -> ${earnedOf(OTHER)} 30 fee`,
      `${locked} -> ${credit} 70 remainder`,
    ]);
    assert.throws(
      () => moved([performed()]),
      /UpkeepPerformed of transaction 0x\w+: no Earned follows it/,
    );
  });

  it('give back what is locked for the next run of an upkeep that is cancelled', () => {
    const [cancelled] = [{ name: 'UpkeepCancelled', id: 5n } as const];
    const back = [`${reservedOf(PAYER)} -> ${creditOf(PAYER)} 100 unlock`];
    assert.deepEqual(moved([cancelled]), back);
    assert.deepEqual(moved([cancelled], { lockAt: () => step(0n) }), []);
  });

  it('lock nothing for a run after one whose target cancelled it', () => {
    const [credit, locked] = [creditOf(PAYER), reservedOf(PAYER)];
    assert.deepEqual(moved([performed(), earned(OTHER)], { lockAt: () => step(0n) }), [
      `${locked} -> ${earnedOf(OTHER)} 30 fee`,
      `${locked} -> ${earnedOf(OTHER)} 4 premium`,
      `${locked} -> ${credit} 66 remainder`,
    ]);
  });

  it('charge a price round to the sponsor of its feed, if there is one', () => {
    const round = { pair: 'GAS/USD', price: 5n, timestamp: 9, confidenceBps: 3, round: 2n };
    const updated = (payer: typeof PAYER | null, fee: bigint): KnownGatewayEvent => ({
      ...{ name: 'PriceUpdated', ...round, payer, fee },
    });
    const events = [updated(PAYER, 9n), updated(null, 0n), updated(PAYER, 0n), updated(PAYER, 1n)];
    assert.deepEqual(moved([...events, earned()]), [
      `${creditOf(PAYER)} -> ${earnedOf(OWN)} 9 fee`,
      `${creditOf(PAYER)} -> ${earnedOf(OWN)} 1 fee`,
    ]);
    const [first] = postingsOf([updated(PAYER, 9n), earned()], context);
    assert.equal(first?.requestId, null);
    assert.deepEqual(moved([updated(null, 0n)]), []);
    assert.throws(
      () => moved([updated(PAYER, 9n)]),
      /PriceUpdated of transaction 0x\w+: no Earned follows it/,
    );
  });

  it('are told apart by transaction, place and cause, and keep what they are of', () => {
    const transfers = postingsOf([response(1n, 1n), earned()], context);
    assert.equal(new Set(transfers.map(({ id }) => id)).size, transfers.length);
    assert.deepEqual(
      transfers.map(({ block, tx, requestId, lostTx, cause }) => [
        ...[block, tx, requestId, cause],
        lostTx ?? null,
      ]),
      [
        [20, TX, 5n, 'fee', null],
        [20, TX, 5n, 'lost', LOST_TX],
        [20, TX, 5n, 'recovered', LOST_TX],
        [20, TX, 5n, 'premium', null],
        [20, TX, 5n, 'premium income', null],
        [20, TX, 5n, 'remainder', null],
      ],
    );
    const deposit = { name: 'Deposit', account: PAYER, from: OTHER, amount: 1n } as const;
    assert.equal(postingsOf([deposit], context)[0]?.requestId, null);
  });

  it('of an answer without an account that earned are refused', () => {
    assert.throws(() => moved([response()]), /Response of transaction 0x\w+: no Earned follows it/);
  });

  it('of what moves nothing are none', () => {
    const sponsored = { requester: PAYER, maxFeePerRequest: 1n, allowance: 1n };
    assert.deepEqual(moved([{ name: 'Sponsored', payer: PAYER, ...sponsored }]), []);
    assert.deepEqual(moved([{ name: 'Deposit', account: PAYER, from: OTHER, amount: 0n }]), []);
    assert.deepEqual(
      moved([{ name: 'Deposit', account: PAYER, from: OTHER, amount: 1n }]).length,
      1,
    );
  });
});

describe("the postings of the node's own GAS", () => {
  const fees: OwnFees = { kind: 'fees', account: OWN, tx: TX, amount: 12n, fault: { nonce: 3 } };

  it('book fees that no draw stands for as spent elsewhere, and a FAULT as lost', () => {
    const rest = { block: 20, tx: TX, requestId: null, amount: 12n };
    const wallet = walletOf(OWN);
    assert.deepEqual(feesElsewhere(fees, 20), {
      ...{ ...rest, id: `${TX}:fees:elsewhere`, cause: 'fees elsewhere' },
      ...{ debit: wallet, credit: 'burnt' },
    });
    assert.deepEqual(faultedFees(fees, 20), {
      ...{ ...rest, id: `${TX}:faulted`, cause: 'faulted', debit: 'burnt', credit: 'lost' },
      lostTx: TX,
    });
    assert.equal(drawIdOf(TX), `${TX}:fees`);
  });

  const move = (amount: bigint, more: Partial<OwnMove> = {}): OwnMove => ({
    ...{ kind: 'moved', account: OWN, other: OTHER, tx: TX, amount },
    ...more,
  });
  const book = (...ownGas: (OwnMove | OwnFees)[]) =>
    movePostings(ownGas, {
      ...{ block: 20, gateway: GATEWAY, ownAccounts: new Set([OWN, SECOND]) },
      isOrdered: (tx) => tx === LOST_TX,
    });

  it('book what came and what went with who was behind it, in two lists', () => {
    const { incoming, outgoing } = book(move(1n), move(-8n, { tx: null, other: null }), fees);
    const wallet = walletOf(OWN);
    const rest = { block: 20, requestId: null };
    assert.deepEqual(incoming, [
      {
        ...{ ...rest, id: `${TX}:gas:${OWN}:0`, debit: 'outside', credit: wallet, amount: 1n },
        ...{ cause: 'funded', tx: TX, counterparty: OTHER },
      },
    ]);
    assert.deepEqual(outgoing, [
      {
        ...{ ...rest, id: `block:20:gas:${OWN}:0`, debit: wallet, credit: 'outside', amount: 8n },
        ...{ cause: 'spent elsewhere', tx: null, counterparty: null },
      },
    ]);
  });

  it('tell what was ordered here from what was spent elsewhere, and from what came in by it', () => {
    const { incoming, outgoing } = book(
      move(-1n, { tx: LOST_TX }),
      move(2n, { tx: LOST_TX }),
      move(-3n),
      move(-4n, { tx: LOST_TX, other: SECOND }),
    );
    assert.deepEqual(
      [...incoming, ...outgoing].map(({ amount, cause }) => [amount, cause]),
      [
        [2n, 'funded'],
        [1n, 'ordered'],
        [3n, 'spent elsewhere'],
        [4n, 'moved'],
      ],
    );
  });

  it("leave the gateway's to its events, without another number for those after them", () => {
    const { incoming } = book(move(5n), move(6n, { other: GATEWAY }), move(7n));
    assert.deepEqual(
      incoming.map(({ id, amount }) => [id.slice(-2), amount]),
      [
        [':0', 5n],
        [':2', 7n],
      ],
    );
  });

  it('tell moves between own accounts from funding and spending', () => {
    const out = move(-5n, { other: SECOND });
    const { incoming, outgoing } = book(out, move(5n, { account: SECOND, other: OWN }));
    assert.deepEqual(
      [incoming, outgoing].map(([one]) => one?.cause),
      ['moved', 'moved'],
    );
    assert.equal(incoming[0]?.credit, walletOf(SECOND));
  });
});

describe('the accounts of the books', () => {
  it('hold their floor, but for contra accounts and wallets that are not opened', () => {
    const free = ['outside', 'equity', walletOf(OWN)] as const;
    const held = [
      'burnt',
      'lost',
      'premium',
      creditOf(OWN),
      reservedOf(OWN),
      earnedOf(OWN),
    ] as const;
    assert.deepEqual(free.map(mayOverdraw), [true, true, true]);
    for (const account of held) assert.equal(mayOverdraw(account), false, account);
  });
});
