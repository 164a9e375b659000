import type { Finding } from '../operations/doctor/finding.js';
import type { CheckResult } from '../operations/doctor/run-checks.js';
import { ExitCode } from './exit-code.js';
import { labelled } from './text-table.js';
import { visible } from './visible-text.js';

const WORDS = { ok: 'ok', warning: 'warning', fail: 'FAIL', skipped: 'skipped' } as const;
const STATUS_COLUMNS = 9;
const LABEL_COLUMNS = 12;
const INDENT = ' '.repeat(STATUS_COLUMNS);

/** A line for each check, with what to do below those that are not ok, and what it comes to. */
export function doctorText(results: readonly CheckResult[], exitCode: VerdictCode): string {
  return [...results.flatMap(resultLines), '', summary(results, exitCode)].join('\n');
}

function resultLines({ name, subject, finding }: CheckResult): string[] {
  const what = subject === null ? name : `${name} ${subject}`;
  const head = (text: string): string =>
    labelled(WORDS[finding.status], `${what}${text}`, STATUS_COLUMNS);
  if (finding.status === 'ok') return [head(`: ${finding.found}`)];
  if (finding.status === 'skipped') return [head(`: ${finding.why}`)];
  const detail = (label: string, text: string): string =>
    labelled(`${INDENT}${label}`, text, STATUS_COLUMNS + LABEL_COLUMNS);
  return [
    head(finding.isTemporary ? ' (may pass by itself)' : ''),
    detail('expected', finding.expected),
    detail('found', finding.found),
    detail('how to fix', finding.fix),
  ];
}

/** What the doctor may end with. */
export type VerdictCode = Exclude<ExitCode, typeof ExitCode.bug>;

const ENDINGS = {
  [ExitCode.done]: 'Nothing fails.',
  [ExitCode.fixIt]: 'Fix what fails, and run it again.',
  [ExitCode.tryLater]: 'What fails may pass by itself: try again later.',
} as const;

function summary(results: readonly CheckResult[], exitCode: VerdictCode): string {
  const counts = countsOf(results);
  const told = (['ok', 'warning', 'fail', 'skipped'] as const).map(
    (status) => `${counts[status]} ${WORDS[status]}`,
  );
  return `${told.join(', ')}. ${ENDINGS[exitCode]}`;
}

/** The same for programs. */
export function doctorJson(results: readonly CheckResult[], exitCode: VerdictCode): string {
  const checks = results.map(({ name, subject, finding }) => ({
    check: name,
    subject: subject === null ? null : visible(subject),
    ...finding,
  }));
  const counts = countsOf(results);
  return JSON.stringify({ ok: exitCode === ExitCode.done, exitCode, counts, checks });
}

function countsOf(results: readonly CheckResult[]): Record<Finding['status'], number> {
  const count = (status: Finding['status']): number =>
    results.filter(({ finding }) => finding.status === status).length;
  return {
    ok: count('ok'),
    warning: count('warning'),
    fail: count('fail'),
    skipped: count('skipped'),
  };
}
