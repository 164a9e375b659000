import type { Clock } from '../../base/clock.js';
import { messageOf, NodeError } from '../../base/node-error.js';
import { RpcTrouble } from '../../chain/rpc-error.js';
import { type Check, type Finding, fail, failForNow } from './finding.js';

export interface CheckResult {
  readonly name: string;
  readonly subject: string | null;
  readonly finding: Finding;
}

/** How all of it ended. `later`: nothing is wrong but what may pass by itself. */
export type Verdict = 'sound' | 'mend' | 'later';

/** Runs checks beside each other; each ends in the time that it has. In the order of the checks. */
export function runChecks(
  checks: readonly Check[],
  { clock, limitMs }: { readonly clock: Clock; readonly limitMs: number },
): Promise<CheckResult[]> {
  return Promise.all(
    checks.map(async (each) => ({
      name: each.name,
      subject: each.subject,
      finding: await withinTime(each, clock, limitMs),
    })),
  );
}

async function withinTime(each: Check, clock: Clock, limitMs: number): Promise<Finding> {
  const over = new AbortController();
  const ended = new AbortController();
  const late = clock.sleep(limitMs, ended.signal).then(
    () => {
      over.abort();
      return tooSlow(limitMs);
    },
    // Never settles: the check was first.
    () => new Promise<Finding>(() => {}),
  );
  const found = Promise.resolve()
    .then(() => each.run(over.signal))
    .catch(findingOf);
  try {
    return await Promise.race([found, late]);
  } finally {
    ended.abort();
  }
}

const tooSlow = (limitMs: number): Finding =>
  failForNow({
    expected: `an end within ${limitMs / 1_000} s`,
    found: 'none: what it asks does not answer',
    fix: 'Try again; see how busy this machine and its endpoints are.',
  });

const LOOKED_AT = 'that it works';

/** What the system refuses: no permission, no such disk. */
const isOfSystem = (error: unknown): boolean =>
  error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string';

/** Trouble that has a name is what was found; anything else is a fault of this program. */
function findingOf(error: unknown): Finding {
  const found = messageOf(error);
  if (isOfSystem(error)) return fail({ expected: LOOKED_AT, found, fix: 'Mend what it says.' });
  if (!(error instanceof NodeError)) throw error;
  const isOfEndpoint = Object.values<string>(RpcTrouble).includes(error.code);
  const hint = error.hint ?? (isOfEndpoint ? 'Try again later, or ask another endpoint.' : '');
  const fix = hint === '' ? `See ${error.code} in docs/operators.md.` : hint;
  const trouble = { expected: LOOKED_AT, found, fix };
  return error.retryable ? failForNow(trouble) : fail(trouble);
}

export function verdictOf(results: readonly CheckResult[]): Verdict {
  const failed = results.flatMap(({ finding }) => (finding.status === 'fail' ? [finding] : []));
  if (failed.length === 0) return 'sound';
  return failed.every(({ isTemporary }) => isTemporary) ? 'later' : 'mend';
}
