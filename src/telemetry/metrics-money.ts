import { DATOSHI_PER_GAS, type Datoshi } from '../base/datoshi.js';
import { SPEND_KINDS } from '../base/spend-kind.js';
import { counter, gauge } from './metric-declaration.js';
import { type Makers, seconds } from './metric-makers.js';

/** Keys of gasbank.budgets: for the node and for each kind, by hour and by day. */
const MAX_BUDGETS = 2 * (SPEND_KINDS.length + 2);
/** Pairs and sources of feeds that have series of their own. */
const MAX_PAIRS = 128;
const MAX_SOURCE_NAMES = 64;

const PAYERS = [...SPEND_KINDS, 'elsewhere'];

export const MONEY_METRICS = {
  wallet: gauge('dodona_wallet_balance_gas', 'GAS', "GAS in the node's wallet."),
  floor: gauge(
    'dodona_wallet_floor_gas',
    'GAS',
    'gasbank.walletFloor: no transaction takes the wallet below.',
  ),
  warning: gauge(
    'dodona_wallet_warning_gas',
    'GAS',
    'gasbank.walletWarning: below this the wallet is called low.',
  ),
  runway: gauge(
    'dodona_wallet_runway_seconds',
    'seconds',
    'How long wallet and earnings last above the floor if spending and earning go on as in the ' +
      'last day; absent while the earnings pay for everything, and in the first hour.',
  ),
  credit: gauge('dodona_credit_held_gas', 'GAS', 'GAS that the gateway holds as credit.'),
  earned: gauge('dodona_earned_gas', 'GAS', 'GAS earned and not yet collected.'),
  burnt: counter(
    'dodona_fees_burnt_gas_total',
    'GAS',
    'GAS that went for fees of own transactions since the books began.',
  ),
  fees: counter(
    'dodona_fees_gas_total',
    'GAS',
    'Fees of own transactions in blocks that this process took in, by what they were for.',
    { kind: PAYERS },
  ),
  charged: counter(
    'dodona_charged_gas_total',
    'GAS',
    'What answers and runs in blocks that this process took in were charged, premiums included.',
    { kind: ['oracle', 'http', 'function', 'random', 'upkeep'] },
  ),
  agreed: gauge(
    'dodona_books_agreed_height',
    'block index',
    'Last block at which all accounts of the books agreed with the chain.',
  ),
  differing: gauge(
    'dodona_books_differences',
    'accounts',
    'Accounts of which books and chain tell different balances.',
  ),
  stopped: gauge(
    'dodona_spending_stopped',
    'yes or no',
    '1 while nothing is spent because books and chain do not agree, else 0.',
  ),
  held: gauge(
    'dodona_spending_held',
    'yes or no',
    '1 while work waits: for a budget, the floor of the wallet, the books, or since it would lose.',
    { cause: ['budget', 'floor', 'loss', 'signer', 'stopped'] },
  ),
  used: gauge(
    'dodona_budget_used_ratio',
    'ratio',
    'Used share of a limit of gasbank.budgets; 1 is all of it.',
    { budget: MAX_BUDGETS },
  ),
  inboxOnly: gauge(
    'dodona_inbox_only_requesters',
    'requesters',
    'Requesters whose answers are kept because their callbacks brought transactions down.',
  ),
  differences: counter(
    'dodona_charge_differences_total',
    'charges',
    'Answers, runs and price rounds that were charged otherwise than predicted.',
    { reason: ['callback', 'skipped', 'maxFee', 'gas', 'sponsor'] },
  ),
  foreign: counter(
    'dodona_foreign_transactions_total',
    'transactions',
    'Transactions of own accounts that this database did not send: fees paid, or GAS moved out.',
    { what: ['fees', 'moved'] },
  ),
  rejections: counter(
    'dodona_price_rejections_total',
    'words of sources',
    'Words of sources that did not count, by why: failed, stale, future, unconverted, outlier.',
    {
      pair: MAX_PAIRS,
      source: MAX_SOURCE_NAMES,
      why: ['failed', 'stale', 'future', 'unconverted', 'outlier'],
    },
  ),
  sourceUp: gauge(
    'dodona_price_source_up',
    'yes or no',
    '1 while what the source says counts, 0 while it does not.',
    { pair: MAX_PAIRS, source: MAX_SOURCE_NAMES },
  ),
  quorum: gauge(
    'dodona_price_quorum',
    'yes or no',
    '1 while the sources of a feed agree, else 0.',
    { pair: MAX_PAIRS },
  ),
  breaker: gauge(
    'dodona_price_breaker_held',
    'yes or no',
    "1 while a jump over the breaker's step waits to be seen again, else 0.",
    { pair: MAX_PAIRS },
  ),
  age: gauge('dodona_price_age_seconds', 'seconds', 'Age of the round that is on the chain.', {
    pair: MAX_PAIRS,
  }),
  heartbeat: gauge(
    'dodona_price_heartbeat_seconds',
    'seconds',
    'heartbeat of a published feed: a round should not be older.',
    { pair: MAX_PAIRS },
  ),
};

/** What one source did in one poll of a feed. */
export interface SourcePoll {
  readonly pair: string;
  readonly source: string;
  /** Why it did not count (failed, stale, future, unconverted, outlier); null where it did. */
  readonly rejected: string | null;
}

export interface MoneyMetrics {
  /** The node's wallet, and what the gateway holds: others' credit, the node's earnings. */
  balances(amounts: {
    readonly wallet?: Datoshi;
    readonly credit?: Datoshi;
    readonly earned?: Datoshi;
    /** Fees of the node's transactions, since the books began. */
    readonly burnt?: Datoshi;
    /** Limits of the configuration. */
    readonly floor?: Datoshi;
    readonly warning?: Datoshi;
  }): void;
  /** How long the money lasts; null: for ever, or not known yet. */
  runway(lastsMs: number | null): void;
  /** Fees of an own transaction in a block, by what they were for. */
  feesPaid(kind: string, amount: Datoshi): void;
  /** What an answer or a run was charged. */
  charged(kind: string, amount: Datoshi): void;
  /** An own account's transaction that this database did not send. */
  foreignTransaction(what: 'fees' | 'moved'): void;
  /** How the books stand to the chain. */
  books(figures: {
    /** Last block at which all accounts agreed; null before the first. */
    readonly agreedHeight: number | null;
    /** Accounts that differ. */
    readonly differences: number;
    readonly isStopped: boolean;
  }): void;
  /** What of the gas bank holds work back now, by cause (budget, floor, loss, stopped). */
  spendingHeld(causes: readonly string[]): void;
  /** How much of each limit of gasbank.budgets is used, by its key; 1: all of it. */
  budgets(used: readonly { readonly key: string; readonly used: number }[]): void;
  /** Requesters whose answers are kept, since their callbacks brought transactions down. */
  inboxOnly(requesters: number): void;
  /** An answer was charged otherwise than predicted (callback, skipped, maxFee, gas). */
  chargeDifference(reason: string): void;
  priceSource(poll: SourcePoll): void;
  /** Whether the sources of a feed agreed at its last poll, and whether the breaker holds it. */
  pricePoll(pair: string, poll: { readonly hasQuorum: boolean; readonly isHeld: boolean }): void;
  /** Age of the round on the chain, null while there is none; and the oldest it should be. */
  priceAge(pair: string, ageMs: number | null, heartbeatMs: number): void;
}

/** GAS as a float, for graphs only. */
const gas = (amount: Datoshi): number => Number(amount) / Number(DATOSHI_PER_GAS);

export function moneyMetrics(make: Makers): MoneyMetrics {
  return { ...balanceMetrics(make), ...spendingMetrics(make), ...priceMetrics(make) };
}

function balanceMetrics(make: Makers) {
  const of = MONEY_METRICS;
  const gauges = {
    wallet: make.gauge(of.wallet),
    credit: make.gauge(of.credit),
    earned: make.gauge(of.earned),
    floor: make.gauge(of.floor),
    warning: make.gauge(of.warning),
  };
  const [burnt, runway] = [make.counter(of.burnt), make.gauge(of.runway)];
  const [agreed, differing] = [make.gauge(of.agreed), make.gauge(of.differing)];
  const stopped = make.gauge(of.stopped);
  return {
    balances({ burnt: fees, ...amounts }) {
      for (const [name, amount] of Object.entries(amounts)) {
        if (amount !== undefined) gauges[name as keyof typeof gauges].set({}, gas(amount));
      }
      if (fees !== undefined) burnt.setTo({}, gas(fees));
    },
    runway(lastsMs) {
      if (lastsMs === null) runway.reset();
      else runway.set({}, seconds(lastsMs));
    },
    books({ agreedHeight, differences, isStopped }) {
      if (agreedHeight !== null) agreed.set({}, agreedHeight);
      differing.set({}, differences);
      stopped.set({}, isStopped ? 1 : 0);
    },
  } satisfies Partial<MoneyMetrics>;
}

function spendingMetrics(make: Makers) {
  const of = MONEY_METRICS;
  const [held, used, inboxOnly] = [
    make.gauge(of.held),
    make.gauge(of.used),
    make.gauge(of.inboxOnly),
  ];
  const [fees, charged] = [make.counter(of.fees), make.counter(of.charged)];
  const [differences, foreign] = [make.counter(of.differences), make.counter(of.foreign)];
  return {
    feesPaid: (kind, amount) => fees.inc({ kind }, gas(amount)),
    charged: (kind, amount) => charged.inc({ kind }, gas(amount)),
    foreignTransaction: (what) => foreign.inc({ what }),
    spendingHeld(causes) {
      held.reset();
      for (const cause of causes) held.set({ cause }, 1);
    },
    budgets(shares) {
      for (const share of shares) used.set({ budget: share.key }, share.used);
    },
    inboxOnly: (requesters) => inboxOnly.set({}, requesters),
    chargeDifference: (reason) => differences.inc({ reason }),
  } satisfies Partial<MoneyMetrics>;
}

function priceMetrics(make: Makers) {
  const of = MONEY_METRICS;
  const [rejections, sourceUp] = [make.counter(of.rejections), make.gauge(of.sourceUp)];
  const [quorum, breaker] = [make.gauge(of.quorum), make.gauge(of.breaker)];
  const [age, heartbeat] = [make.gauge(of.age), make.gauge(of.heartbeat)];
  return {
    priceSource({ pair, source, rejected }) {
      sourceUp.set({ pair, source }, rejected === null ? 1 : 0);
      if (rejected !== null) rejections.inc({ pair, source, why: rejected });
    },
    pricePoll(pair, { hasQuorum, isHeld }) {
      quorum.set({ pair }, hasQuorum ? 1 : 0);
      breaker.set({ pair }, isHeld ? 1 : 0);
    },
    priceAge(pair, ageMs, heartbeatMs) {
      heartbeat.set({ pair }, seconds(heartbeatMs));
      if (ageMs !== null) age.set({ pair }, seconds(ageMs));
    },
  } satisfies Partial<MoneyMetrics>;
}
