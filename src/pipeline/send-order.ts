import type { Clock } from '../base/clock.js';
import { type Datoshi, formatGas } from '../base/datoshi.js';
import { isRetryable, messageOf, NodeError } from '../base/node-error.js';
import type { TransactionState } from '../chain/transaction-state.js';
import { type FeeMargin, systemFeeFor } from './answer-fees.js';
import type { ChainPort, SignedTransaction, TransactionTerms } from './chain-port.js';

/** A transaction that was tried and has its fees, and is not signed yet. */
export interface PricedTransaction {
  readonly script: Buffer;
  readonly terms: TransactionTerms;
  /** System and network fee. */
  readonly fees: Datoshi;
}

export interface OrderLimits {
  readonly margin: FeeMargin;
  readonly maxSystemFee: Datoshi;
  readonly maxNetworkFee: Datoshi;
}

/**
 * Tries a transaction that runs no stranger's code but what it pays to, and prices it. Throws a
 * NodeError ORDER_REFUSED with the contract's own words when it would FAULT, FEES_ABOVE_LIMIT when
 * it costs more than the limits.
 */
export async function priceTransaction(
  chain: ChainPort,
  script: Buffer,
  { margin, maxSystemFee, maxNetworkFee }: OrderLimits,
  given: { readonly nonce: number; readonly validUntilBlock: number },
): Promise<PricedTransaction> {
  const networkFee = chain.networkFee(script);
  const trial = await chain.preflight(script, { ...given, systemFee: 0n, networkFee }, null);
  if (trial.state === 'FAULT') {
    throw new NodeError('ORDER_REFUSED', `it would be refused: ${wordsOf(trial.exception)}`, {
      hint: 'nothing was sent and nothing paid: correct what it says',
      details: { exception: trial.exception },
    });
  }
  const systemFee = systemFeeFor(trial.gasConsumed, margin);
  if (systemFee > maxSystemFee || networkFee > maxNetworkFee) {
    const fees = `${formatGas(systemFee)} GAS and ${formatGas(networkFee)} GAS`;
    throw new NodeError('FEES_ABOVE_LIMIT', `it would cost ${fees} of system and network fee`, {
      hint: 'raise pipeline.maxSystemFee or pipeline.maxNetworkFee if that is what you want',
    });
  }
  const terms = { ...given, systemFee, networkFee };
  return { script, terms, fees: systemFee + networkFee };
}

/** What a contract said when it refused: the text that it threw, where the node quotes one. */
function wordsOf(exception: string): string {
  return /unhandled exception: "(.*)"/s.exec(exception)?.[1] ?? exception;
}

export interface WaitParts {
  readonly chain: Pick<ChainPort, 'fates' | 'broadcast'>;
  readonly clock: Clock;
  readonly pollMs: number;
  /** Index of the network's latest block. */
  readonly height: () => Promise<number>;
}

/** How long no endpoint may answer before nobody waits for a transaction any longer. */
export const MAX_UNSEEN_MS = 300_000;

/** Looks in vain before a transaction is sent once more: an endpoint may have lost it. */
const LOOKS_BEFORE_RESEND = 10;

/**
 * Waits until a transaction is in a block; resolves with the block's index. Trouble of the
 * endpoints is waited out. Throws a NodeError: TRANSACTION_FAULTED; TRANSACTION_DEAD (retryable)
 * when no block up to its last had it; TRANSACTION_UNSEEN (retryable) when no endpoint answered for
 * MAX_UNSEEN_MS.
 */
export async function waitForBlock(
  wait: WaitParts,
  sent: SignedTransaction,
  validUntilBlock: number,
): Promise<number> {
  const { clock, pollMs } = wait;
  let answeredMs = clock.monotonicMs();
  for (let looks = 1; ; looks++) {
    const end = await lookForEnd(wait, sent, validUntilBlock, looks).catch((error) => {
      if (isRetryable(error)) return { kind: 'unseen', error } as const;
      throw error;
    });
    if (end.kind === 'inBlock') return endedIn(end, sent);
    if (end.kind === 'dead') throw dead(sent, validUntilBlock);
    if (end.kind !== 'unseen') answeredMs = clock.monotonicMs();
    else if (clock.monotonicMs() - answeredMs > MAX_UNSEEN_MS) {
      throw unseen(sent, validUntilBlock, end.error);
    }
    await clock.sleep(pollMs);
  }
}

type InBlock = Extract<TransactionState, { readonly kind: 'inBlock' }>;
type End = InBlock | { readonly kind: 'dead' | 'waits' };

/** Where it is now; `dead`: in no block up to its last. Sends it again where it was lost. */
async function lookForEnd(
  { chain, height }: WaitParts,
  { hash, raw }: SignedTransaction,
  validUntilBlock: number,
  looks: number,
): Promise<End> {
  // The height first: what is in no block afterwards, and past its last, can be in none.
  const at = await height();
  const [fate] = await chain.fates([hash], at);
  if (fate?.kind === 'inBlock') return fate;
  if (at >= validUntilBlock) return { kind: 'dead' };
  if (fate?.kind === 'unknown' && looks % LOOKS_BEFORE_RESEND === 0) await chain.broadcast(raw);
  return { kind: 'waits' };
}

function endedIn({ halted, block, exception }: InBlock, { hash }: SignedTransaction): number {
  if (halted) return block;
  throw new NodeError(
    'TRANSACTION_FAULTED',
    `transaction ${hash} FAULTed in block ${block}: ${exception}`,
    { hint: 'its fees are paid, and nothing else was done', details: { tx: hash, block } },
  );
}

const dead = ({ hash }: SignedTransaction, validUntilBlock: number): NodeError =>
  new NodeError(
    'TRANSACTION_DEAD',
    `transaction ${hash} was in no block up to ${validUntilBlock}, its last`,
    {
      retryable: true,
      hint: 'nothing was paid: try again',
      details: { tx: hash },
    },
  );

const unseen = ({ hash }: SignedTransaction, validUntilBlock: number, cause: unknown): NodeError =>
  new NodeError(
    'TRANSACTION_UNSEEN',
    `transaction ${hash} was sent, and for ${MAX_UNSEEN_MS / 1_000} s no endpoint told of it`,
    {
      retryable: true,
      hint: `it may be in a block up to ${validUntilBlock}: look for it before you send its like`,
      cause,
      details: { tx: hash, validUntilBlock },
    },
  );

/** Told of a transaction before anybody else sees it. */
export type NoteSent = (signed: SignedTransaction, validUntilBlock: number) => void;

/**
 * Signs and broadcasts at once: for accounts whose books nobody here keeps. Where no endpoint says
 * whether it took it, it may be on its way: `waitForBlock` finds out, and sends it again.
 */
export async function sendDirectly(
  chain: Pick<ChainPort, 'sign' | 'broadcast'>,
  { script, terms }: PricedTransaction,
  noteSent: NoteSent,
): Promise<SignedTransaction> {
  const signed = await chain.sign(script, terms);
  noteSent(signed, terms.validUntilBlock);
  const broadcast = await chain.broadcast(signed.raw).catch((error) => {
    if (isRetryable(error)) return null;
    throw error;
  });
  if (broadcast?.kind !== 'refused') return signed;
  throw new NodeError('ORDER_REFUSED', `the RPC node refuses it: ${messageOf(broadcast.reason)}`, {
    hint: 'nothing was paid: correct what it says',
    details: { tx: signed.hash },
  });
}
