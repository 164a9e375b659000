import type { Datoshi } from '../base/datoshi.js';
import type { Hash160, Hash256 } from '../base/hash.js';
import type { GatewayEvent } from '../chain/gateway-events.js';
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
import type { Transfer } from './ledger-store.js';

/** What a gateway event moves datoshi for. */
export type EventCause =
  | 'deposit'
  | 'withdrawal'
  | 'collect'
  | 'reserve'
  | 'refund'
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
  /** The FAULTed transaction that an own account's answer charged `lost` for; null if unknown. */
  readonly lostTxOf: (requestId: bigint, earner: Hash160, lost: Datoshi) => Hash256 | null;
}

/**
 * The ledger transfers that one transaction's gateway events stand for, in order. Ids derive from
 * the transaction and the event's place in it, so that reading a block twice records nothing twice.
 */
export function postingsOf(events: readonly GatewayEvent[], context: PostingContext): Transfer[] {
  const earner = events.find((event) => event.name === 'Earned')?.account ?? null;
  const { block, tx } = context;
  return events.flatMap((event, place) =>
    movesOf(event, earner, context)
      .filter(({ amount, debit, credit }) => amount !== 0n && debit !== credit)
      .map((move) => ({ ...move, id: `${tx}:${place}:${move.cause}`, block, tx })),
  );
}

type Move = Pick<Transfer, 'debit' | 'credit' | 'amount' | 'requestId' | 'lostTx'> & {
  readonly cause: EventCause;
};

function movesOf(event: GatewayEvent, earner: Hash160 | null, context: PostingContext): Move[] {
  const requestId = 'id' in event ? event.id : null;
  const move = (cause: EventCause, debit: AccountId, credit: AccountId, amount: Datoshi): Move => ({
    cause,
    debit,
    credit,
    amount,
    requestId,
  });
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
      if (earner === null) throw new Error(`bug: ${context.tx} has a Response but no Earned`);
      const reserved = reservedOf(event.payer);
      const earned = earnedOf(earner);
      const rest = context.maxFeeOf(event.id) - event.fee - event.lost - event.premium;
      const isOwn = context.ownAccounts.has(earner);
      const lostTx =
        isOwn && event.lost > 0n ? context.lostTxOf(event.id, earner, event.lost) : null;
      const recovered = { ...move('recovered', LOST, BURNT, event.lost), lostTx };
      return [
        move('fee', reserved, earned, event.fee),
        { ...move('lost', reserved, earned, event.lost), lostTx },
        // What nobody booked as lost cannot be taken out of it.
        ...(lostTx === null ? [] : [recovered]),
        move('premium', reserved, earned, event.premium),
        ...(isOwn ? [move('premium income', EQUITY, PREMIUM, event.premium)] : []),
        move('remainder', reserved, creditOf(event.payer), rest),
      ];
    }
    default:
      return [];
  }
}
