import type { Clock } from '../base/clock.js';
import { type Datoshi, formatGas } from '../base/datoshi.js';
import { messageOf, NodeError } from '../base/node-error.js';
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

/** Looks in vain before a transaction is sent once more: an endpoint may have lost it. */
const LOOKS_BEFORE_RESEND = 10;

/**
 * Waits until a transaction is in a block; resolves with the block's index. Throws a NodeError:
 * TRANSACTION_FAULTED, or TRANSACTION_DEAD (retryable) when no block up to its last had it.
 */
export async function waitForBlock(
  { chain, clock, pollMs, height }: WaitParts,
  sent: SignedTransaction,
  validUntilBlock: number,
): Promise<number> {
  for (let looks = 1; ; looks++) {
    // The height first: what is in no block afterwards, and past its last, can be in none.
    const at = await height();
    const [fate] = await chain.fates([sent.hash], at);
    if (fate?.kind === 'inBlock') {
      if (fate.halted) return fate.block;
      const why = `transaction ${sent.hash} FAULTed in block ${fate.block}: ${fate.exception}`;
      throw new NodeError('TRANSACTION_FAULTED', why, {
        hint: 'its fees are paid, and nothing else was done',
        details: { tx: sent.hash, block: fate.block },
      });
    }
    if (at >= validUntilBlock) {
      const why = `transaction ${sent.hash} was in no block up to ${validUntilBlock}, its last`;
      throw new NodeError('TRANSACTION_DEAD', why, {
        retryable: true,
        hint: 'nothing was paid: try again',
        details: { tx: sent.hash },
      });
    }
    if (fate?.kind === 'unknown' && looks % LOOKS_BEFORE_RESEND === 0) {
      await chain.broadcast(sent.raw);
    }
    await clock.sleep(pollMs);
  }
}

/** Told of a transaction before anybody else sees it. */
export type NoteSent = (signed: SignedTransaction, validUntilBlock: number) => void;

/** Signs and broadcasts at once: for accounts whose books nobody here keeps. */
export async function sendDirectly(
  chain: Pick<ChainPort, 'sign' | 'broadcast'>,
  { script, terms }: PricedTransaction,
  noteSent: NoteSent,
): Promise<SignedTransaction> {
  const signed = await chain.sign(script, terms);
  noteSent(signed, terms.validUntilBlock);
  const broadcast = await chain.broadcast(signed.raw);
  if (broadcast.kind !== 'refused') return signed;
  throw new NodeError('ORDER_REFUSED', `the RPC node refuses it: ${messageOf(broadcast.reason)}`, {
    hint: 'nothing was paid: correct what it says',
    details: { tx: signed.hash },
  });
}
