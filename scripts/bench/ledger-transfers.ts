import type { Hash160, Hash256 } from '../../src/base/hash.js';
import {
  type AccountId,
  BURNT,
  creditOf,
  EQUITY,
  earnedOf,
  OUTSIDE,
  PREMIUM,
  reservedOf,
  walletOf,
} from '../../src/gasbank/accounts.js';
import type { LedgerStore, Transfer } from '../../src/gasbank/ledger-store.js';

/** Accounts that pay for requests, in turn: few enough that each fills a page of 10^4 transfers. */
export const PAYERS = 50;
const ANSWERS_PER_TRANSACTION = 8;
/** Of a transaction with answers: its draw and its post, and what each answer moves. */
const MOVES_PER_ANSWER = 5;
export const TRANSFERS_PER_TRANSACTION = 2 + ANSWERS_PER_TRANSACTION * MOVES_PER_ANSWER;

const FEE = 1_000_000n;
const RICH = 10n ** 17n;
const hash160Of = (number: number): Hash160 => `0x${spread(number, 5)}`;
const hash256Of = (number: number): Hash256 => `0x${spread(number, 8)}`;

/** Hex digits that lie as far apart as those of real hashes. */
function spread(number: number, words: number): string {
  let text = '';
  for (let word = 1; word <= words; word++) {
    const mixed = Math.imul(number + word, 0x9e37_79b1) ^ Math.imul(number, 0x85eb_ca6b + word);
    text += (mixed >>> 0).toString(16).padStart(8, '0');
  }
  return text;
}

export const payer = (number: number): Hash160 => hash160Of(1_000_003 * (number % PAYERS) + 1);
const NODE = hash160Of(7);

/** What everybody has at first. */
export function endow(ledger: LedgerStore): void {
  const give = (to: AccountId): void => {
    const what = { cause: 'deposit', block: 1, tx: null, requestId: null };
    ledger.transfer({ id: `first:${to}`, debit: OUTSIDE, credit: to, amount: RICH, ...what }, 1);
  };
  give(walletOf(NODE));
  for (let number = 0; number < PAYERS; number++) give(creditOf(payer(number)));
}

/** What the ledger is told of one transaction with answers: TRANSFERS_PER_TRANSACTION rows. */
export interface BookedTransaction {
  readonly draw: Transfer;
  readonly transfers: readonly Transfer[];
  readonly block: number;
  readonly atMs: number;
}

export function transactionOf(number: number): BookedTransaction {
  const tx = hash256Of(number);
  const block = Math.floor(number / 4);
  const fees = { debit: walletOf(NODE), credit: BURNT, amount: FEE } as const;
  const why = { cause: 'respond fees', block: null, tx, requestId: null };
  const transfers = Array.from({ length: ANSWERS_PER_TRANSACTION }, (_, at) => {
    const requestId = BigInt(number * ANSWERS_PER_TRANSACTION + at);
    const who = payer(Number(requestId));
    const move = (
      cause: string,
      debit: AccountId,
      credit: AccountId,
      amount: bigint,
    ): Transfer => ({
      id: `${tx}:${at}:${cause}`,
      cause,
      debit,
      credit,
      amount,
      requestId,
      block,
      tx,
    });
    const [credit, reserved, earned] = [creditOf(who), reservedOf(who), earnedOf(NODE)];
    return [
      move('reserve', credit, reserved, FEE),
      move('fee', reserved, earned, FEE / 2n),
      move('premium', reserved, earned, FEE / 10n),
      move('premium income', EQUITY, PREMIUM, FEE / 10n),
      move('remainder', reserved, credit, (FEE * 4n) / 10n),
    ];
  });
  const draw = { ...fees, ...why, id: `${tx}:fees` };
  return { draw, transfers: transfers.flat(), block, atMs: 1_700_000_000_000 + block };
}

export function book(
  ledger: LedgerStore,
  { draw, transfers, block, atMs }: BookedTransaction,
): void {
  ledger.draw(draw, atMs);
  for (const transfer of transfers) ledger.transfer(transfer, atMs);
  ledger.post(draw.id, FEE, block, atMs);
}
