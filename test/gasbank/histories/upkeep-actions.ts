import type { Hash160 } from '../../../src/base/hash.js';
import type { ModelChain } from './model-chain.js';
import type { ModelRun, TargetDoes, UpkeepCall } from './model-upkeeps.js';

const DOES: readonly TargetDoes[] = [
  ...['nothing', 'nothing', 'nothing', 'cancel'],
  ...['fund', 'fund and cancel', 'withdraw', 'register'],
] as TargetDoes[];

/** Some runs cost nothing, and of some a second one is more than the credit bears. */
export const registeredFee = (amount: bigint, b: number): bigint =>
  b % 8 === 0 ? 0n : b % 3 === 0 ? amount * 3n : amount;

/** Runs of upkeeps from the one at `a` on, the same one again now and then. */
export function someRuns(
  { upkeeps, faults }: ModelChain,
  sender: Hash160,
  { count, a, c }: { readonly count: number; readonly a: number; readonly c: number },
): ModelRun[] {
  const ids = [...upkeeps.all.keys()];
  if (ids.length === 0) return [];
  return Array.from({ length: count }, (_, at): ModelRun => {
    const id = ids[(a + (c % 3 === 0 ? 0 : at)) % ids.length] as bigint;
    const fits = [...faults.values()].filter(
      ({ transaction }) => transaction.sender === sender && BigInt(transaction.nonce) === id,
    );
    const lostTx = fits.at(-1)?.transaction.hash ?? null;
    const does = DOES[(c + at) % DOES.length] ?? 'nothing';
    return { id, fee: BigInt((a + 7 * at) % 300), lostTx, does };
  });
}

/** Somebody funds an upkeep, its owner cancels it, or somebody ends a cancelled one. */
export function fundOrCancel(
  all: ModelChain['upkeeps']['all'],
  a: number,
  b: number,
): UpkeepCall[] {
  const upkeep = [...all.values()][a % Math.max(all.size, 1)];
  if (upkeep === undefined) return [];
  const { id, owner } = upkeep;
  return [b % 2 === 0 ? { kind: 'fund', id } : { kind: 'cancel', id, by: owner }];
}
