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

/** For who draws beside the running node, which keeps what differs: throws SPENDING_STOPPED. */
export function requireNoDifference(proofs: Pick<ProofStore, 'open'>): void {
  const open = proofs.open();
  if (open.length > 0) throw spendingStopped(describeDifferences(open));
}

/** The refusal of a draw; it holds work back, and passes with what it tells of. */
export const spendingStopped = (reason: string): NodeError =>
  new NodeError('SPENDING_STOPPED', `nothing is spent: ${reason}`, {
    retryable: true,
    hint: 'run `dodona gasbank reconcile`; work goes on by itself once books and chain agree',
  });
