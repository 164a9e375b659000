import { formatGas } from '../base/datoshi.js';
import { NodeError } from '../base/node-error.js';
import { GATEWAY_HELD } from './chain-figures.js';
import type { BooksDifference, ProofStore } from './proof-store.js';

/** How many differences a sentence names; the status and `gasbank reconcile` name all. */
const NAMED = 3;

/** In one sentence: who differs, by how much and since when. */
export function describeDifference(difference: BooksDifference): string {
  const { account, ledger, chain } = difference;
  const who = account === GATEWAY_HELD ? 'the gateway holds in all' : `${account} has`;
  const figures = `${formatGas(chain)} GAS on the chain and ${formatGas(ledger)} GAS on the books`;
  return `${who} ${figures} (${describeSpan(difference)})`;
}

/** Where a difference began, as far as it is known. */
export function describeSpan({
  agreedBlock,
  firstBlock,
}: Pick<BooksDifference, 'agreedBlock' | 'firstBlock'>): string {
  if (agreedBlock === null) return `seen at block ${firstBlock}`;
  if (agreedBlock === firstBlock - 1) return `since block ${firstBlock}`;
  return `it began after block ${agreedBlock}, and by ${firstBlock}`;
}

/** Why nothing may be drawn while these are open. */
export function describeDifferences(differences: readonly BooksDifference[]): string {
  const named = differences.slice(0, NAMED).map(describeDifference).join('; ');
  const more = differences.length - NAMED;
  const rest = more > 0 ? `; and ${more} more accounts differ` : '';
  return `the books differ from the chain: ${named}${rest}`;
}

/** Without a look at all accounts for so many times `reconcileEveryBlocks` nothing is spent. */
const OVERDUE_FACTOR = 3;

/**
 * Why nothing may be drawn from books that are at `height`, though no difference is known; null
 * where all accounts were looked at lately, at `lookedAt`.
 */
export function whyOverdue(
  lookedAt: number | null,
  height: number,
  everyBlocks: number,
): string | null {
  if (lookedAt === null) return 'the books are not yet held against the chain';
  if (height - lookedAt <= OVERDUE_FACTOR * everyBlocks) return null;
  return `the books were not held against the chain since block ${lookedAt}`;
}

/**
 * For who draws beside the node, which keeps what differs and when nothing did: throws
 * SPENDING_STOPPED for what would stop the node itself.
 */
export function requireProven(
  proofs: Pick<ProofStore, 'open' | 'proof'>,
  height: number,
  everyBlocks: number,
): void {
  const open = proofs.open();
  if (open.length > 0) throw spendingStopped(describeDifferences(open));
  const overdue = whyOverdue(proofs.proof()?.agreedBlock ?? null, height, everyBlocks);
  if (overdue !== null) throw spendingStopped(`${overdue}: the node does that when it runs`);
}

/** The refusal of a draw; it holds work back, and passes with what it tells of. */
export const spendingStopped = (reason: string): NodeError =>
  new NodeError('SPENDING_STOPPED', `nothing is spent: ${reason}`, {
    retryable: true,
    hint: 'run `dodona gasbank reconcile`; work goes on by itself once books and chain agree',
  });
