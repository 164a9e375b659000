import { NodeError } from '../base/node-error.js';
import type { FilterOutcome } from '../filters/filter-outcome.js';
import { type Bundle, blobHash } from './bundle.js';
import { endedByMachine, type Filtering } from './record-filters.js';

export interface FilterReplay extends Filtering {
  /** What ended otherwise than in the record, or was never evaluated. */
  differences(): readonly string[];
  /** What is taken from the record, since running it again would prove nothing. */
  asRecorded(): readonly string[];
  /** What this machine could not finish. */
  gaps(): readonly string[];
}

/**
 * Evaluates filters anew with `filtering`, except where the machine ended one: a time limit, say,
 * may be met here and missed there. `filtering` should have time to spare.
 */
export function replayFilters(
  { filters }: Pick<Bundle, 'filters'>,
  filtering: Filtering,
): FilterReplay {
  const differences: string[] = [];
  const asRecorded: string[] = [];
  const gaps: string[] = [];
  const left = [...filters];
  return {
    differences: () =>
      left.length > 0
        ? [...differences, `${left.length} recorded filters were not evaluated`]
        : differences,
    asRecorded: () => asRecorded,
    gaps: () => gaps,
    async evaluate(dialect, path, body, signal) {
      const sha256 = blobHash(body);
      const index = left.findIndex(
        (one) => one.dialect === dialect && one.path === path && one.bodySha256 === sha256,
      );
      const [record] = index < 0 ? [] : left.splice(index, 1);
      const name = `the filter ${JSON.stringify(path)}`;
      if (record === undefined) differences.push(`${name} on these bytes is not in the record`);
      const kind = record?.outcome as FilterOutcome['kind'] | undefined;
      if (kind !== undefined && kind !== 'matched' && endedByMachine(kind)) {
        asRecorded.push(`${name} ended by ${kind}, which depends on the machine it ran on`);
        return { kind, reason: record?.reason ?? '' };
      }
      const outcome = await filtering.evaluate(dialect, path, body, signal).catch((error) => {
        if (error instanceof NodeError) gaps.push(`${name} could not run here: ${error.message}`);
        throw error;
      });
      if (endedByMachine(outcome.kind)) gaps.push(`${name} ended by ${outcome.kind} here`);
      else if (kind !== undefined && outcome.kind !== kind) {
        differences.push(`${name} ended by ${kind} then, by ${outcome.kind} now`);
      }
      return outcome;
    },
  };
}
