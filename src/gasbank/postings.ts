import type { Datoshi } from '../base/datoshi.js';
import type { Hash160, Hash256 } from '../base/hash.js';
import type { GatewayEvent } from '../chain/gateway-events.js';
import { type AccountId, creditOf, earnedOf, OUTSIDE, reservedOf, walletOf } from './accounts.js';
import type { Transfer } from './ledger-store.js';

/** Where events happened, and what they need to know of the requests they end. */
export interface PostingContext {
  readonly block: number;
  readonly tx: Hash256;
  /** Accounts that are the node's own: GAS that reaches them stays on the books. */
  readonly ownAccounts: ReadonlySet<Hash160>;
  /** The reservation of a request that is in the books. */
  readonly maxFeeOf: (requestId: bigint) => Datoshi;
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

type Move = Pick<Transfer, 'cause' | 'debit' | 'credit' | 'amount' | 'requestId'>;

function movesOf(event: GatewayEvent, earner: Hash160 | null, context: PostingContext): Move[] {
  const requestId = 'id' in event ? event.id : null;
  const move = (cause: string, debit: AccountId, credit: AccountId, amount: Datoshi): Move => ({
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
      return [move('reserve', creditOf(event.payer), reservedOf(event.payer), event.maxFee)];
    case 'Expired':
      return [move('refund', reservedOf(event.payer), creditOf(event.payer), event.refund)];
    case 'Response': {
      if (earner === null) throw new Error(`bug: ${context.tx} has a Response but no Earned`);
      const reserved = reservedOf(event.payer);
      const rest = context.maxFeeOf(event.id) - event.fee - event.lost - event.premium;
      return [
        move('fee', reserved, earnedOf(earner), event.fee),
        move('lost', reserved, earnedOf(earner), event.lost),
        move('premium', reserved, earnedOf(earner), event.premium),
        move('remainder', reserved, creditOf(event.payer), rest),
      ];
    }
    default:
      return [];
  }
}
