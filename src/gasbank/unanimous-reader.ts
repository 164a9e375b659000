import type { Log } from '../telemetry/log.js';
import type { BooksReader } from './books-reader.js';

/** How often in a row endpoints that are a block apart are asked again. */
const WAITS = 20;
/** One that is further off has no opinion. */
const MAX_APART_BLOCKS = 3;

/**
 * Reads the latest balances as all endpoints tell them that can be asked: for what is booked for
 * good. Null while they don't agree, and, for a while, when a block came in between.
 */
export function createUnanimousReader(
  { reader, each }: { readonly reader: BooksReader; readonly each: readonly BooksReader[] },
  log: Log,
): Pick<BooksReader, 'latest'> {
  let waited = 0;
  return {
    async latest(accounts) {
      const first = await reader.latest(accounts);
      if (first === null || each.length < 2) return first;
      const opinions = await Promise.all(
        each.map((other) => other.latest(accounts).catch(() => 'none' as const)),
      );
      for (const opinion of opinions) {
        if (opinion === 'none') continue;
        const isApart = opinion === null || opinion.height !== first.height;
        const isFar = opinion && Math.abs(opinion.height - first.height) > MAX_APART_BLOCKS;
        if (isFar || (isApart && waited >= WAITS)) continue;
        if (isApart) {
          waited += 1;
          return null;
        }
        const { balances } = opinion;
        const other = accounts.filter((id) => balances.get(id) !== first.balances.get(id));
        if (other.length === 0) continue;
        waited = 0;
        const named = other.join(', ');
        log.warn('the RPC endpoints tell different opening balances', { accounts: named });
        return null;
      }
      waited = 0;
      return first;
    },
  };
}
