import type { Datoshi } from '../base/datoshi.js';
import type { Hash160, Hash256 } from '../base/hash.js';
import { type GatewayEvent, gatewayEventMalformed } from '../chain/gateway-events.js';
import {
  type AccountId,
  BURNT,
  creditOf,
  EQUITY,
  earnedOf,
  LOST,
  OUTSIDE,
  PREMIUM,
  reservedOf,
  walletOf,
} from './accounts.js';
import type { Transfer, TransferRow } from './ledger-store.js';
import type { LockStep } from './upkeep-lock.js';

/** What a gateway event moves datoshi for. */
export type EventCause =
  | 'deposit'
  | 'withdrawal'
  | 'collect'
  | 'reserve'
  | 'refund'
  | 'lock'
  | 'unlock'
  | 'fee'
  | 'lost'
  | 'recovered'
  | 'premium'
  | 'premium income'
  | 'remainder';

/** Where events happened, and what they need to know of the requests they end. */
export interface PostingContext {
  readonly block: number;
  readonly tx: Hash256;
  /** Accounts that are the node's own: GAS that reaches them stays on the books. */
  readonly ownAccounts: ReadonlySet<Hash160>;
  /** The reservation of a request that is in the books. */
  readonly maxFeeOf: (requestId: bigint) => Datoshi;
  /** What the event at this place does to the locks of its upkeep. */
  readonly lockAt: (place: number) => LockStep;
  /**
   * The FAULTed transaction that an own account's answer or run charged `lost` for, in a block
   * after `afterBlock`; null if unknown.
   */
  readonly lostTxOf: (
    requestId: bigint,
    earner: Hash160,
    lost: Datoshi,
    afterBlock: number,
  ) => Hash256 | null;
}

/**
 * The ledger transfers that one transaction's gateway events stand for, in order. Ids derive from
 * the transaction and the event's place in it, so that reading a block twice records nothing twice.
 */
export function postingsOf(events: readonly GatewayEvent[], context: PostingContext): Transfer[] {
  const earner = events.find((event) => event.name === 'Earned')?.account ?? null;
  const { block, tx } = context;
  return events.flatMap((event, place) =>
    movesOf(event, place, earner, context)
      .filter(({ amount, debit, credit }) => amount !== 0n && debit !== credit)
      .map(({ debit, credit, amount, cause, requestId, lostTx }) => {
        const id = `${tx}:${place}:${cause}`;
        return { id, debit, credit, amount, cause, block, tx, requestId, lostTx };
      }),
  );
}

type Move = Pick<TransferRow, 'debit' | 'credit' | 'amount' | 'requestId' | 'lostTx'> & {
  readonly cause: EventCause;
};

function movesOf(
  event: GatewayEvent,
  place: number,
  earner: Hash160 | null,
  context: PostingContext,
): Move[] {
  const move = moveFor('id' in event ? event.id : null);
  const gasOf = (account: Hash160): AccountId =>
    context.ownAccounts.has(account) ? walletOf(account) : OUTSIDE;

  switch (event.name) {
    case 'Deposit':
      return [move('deposit', gasOf(event.from), creditOf(event.account), event.amount)];
    case 'Withdrawal':
      return [move('withdrawal', creditOf(event.account), gasOf(event.to), event.amount)];
    case 'Collected':
      return [move('collect', earnedOf(event.account), gasOf(event.to), event.amount)];
    case 'OracleRequest':
    case 'HttpRequest':
    case 'FunctionRequest':
    case 'RandomRequest':
      return [move('reserve', creditOf(event.payer), reservedOf(event.payer), event.maxFee)];
    case 'Expired':
      return [move('refund', reservedOf(event.payer), creditOf(event.payer), event.refund)];
    case 'Response': {
      const { payer } = event;
      const from = { payer, maxFee: context.maxFeeOf(event.id), afterBlock: BEFORE_ALL };
      return chargeMoves(event, from, earner, context);
    }
    case 'UpkeepRegistered':
      return [move('lock', creditOf(event.owner), reservedOf(event.owner), event.maxFee)];
    case 'UpkeepFunded': {
      const { upkeep, amount } = context.lockAt(place);
      return [move('lock', creditOf(upkeep.owner), reservedOf(upkeep.owner), amount)];
    }
    case 'UpkeepCancelled': {
      const { upkeep, amount } = context.lockAt(place);
      return [move('unlock', reservedOf(upkeep.owner), creditOf(upkeep.owner), amount)];
    }
    case 'UpkeepPerformed': {
      const { upkeep, amount } = context.lockAt(place);
      const { owner: payer, maxFee, lastRunBlock: afterBlock } = upkeep;
      return [
        ...chargeMoves(event, { payer, maxFee, afterBlock }, earner, context),
        move('lock', creditOf(payer), reservedOf(payer), amount),
      ];
    }
    case 'PriceUpdated': {
      // Of the sponsor's free credit; a premium is in it. Without a sponsor nobody pays.
      if (event.payer === null) return [];
      return [
        move('fee', creditOf(event.payer), earnedOf(earnerOf(event, context, earner)), event.fee),
      ];
    }
    default:
      return [];
  }
}

function earnerOf({ name }: GatewayEvent, { tx }: PostingContext, earner: Hash160 | null): Hash160 {
  if (earner === null) throw gatewayEventMalformed(name, tx, 'no Earned follows it');
  return earner;
}

const moveFor =
  (requestId: bigint | null) =>
  (
    cause: EventCause,
    debit: AccountId,
    credit: AccountId,
    amount: Datoshi,
    lostTx: Hash256 | null = null,
  ): Move => ({ cause, debit, credit, amount, requestId, lostTx });

/** No block has a lower index. */
const BEFORE_ALL = -1;

/** What was set aside for an answer or a run, shared out. */
function chargeMoves(
  event: Extract<GatewayEvent, { name: 'Response' | 'UpkeepPerformed' }>,
  from: { readonly payer: Hash160; readonly maxFee: Datoshi; readonly afterBlock: number },
  given: Hash160 | null,
  context: PostingContext,
): Move[] {
  const earner = earnerOf(event, context, given);
  const { id, fee, lost, premium } = event;
  const move = moveFor(id);
  const [reserved, earned] = [reservedOf(from.payer), earnedOf(earner)];
  const isOwn = context.ownAccounts.has(earner);
  const lostTx = isOwn && lost > 0n ? context.lostTxOf(id, earner, lost, from.afterBlock) : null;
  return [
    move('fee', reserved, earned, fee),
    move('lost', reserved, earned, lost, lostTx),
    // What nobody booked as lost cannot be taken out of it.
    ...(lostTx === null ? [] : [move('recovered', LOST, BURNT, lost, lostTx)]),
    move('premium', reserved, earned, premium),
    ...(isOwn ? [move('premium income', EQUITY, PREMIUM, premium)] : []),
    move('remainder', reserved, creditOf(from.payer), from.maxFee - fee - lost - premium),
  ];
}
