import assert from 'node:assert/strict';
import type { Finding } from '../../../src/operations/doctor/finding.js';

interface Wanted {
  readonly expected?: string | RegExp;
  readonly found: string | RegExp;
  readonly fix: string | RegExp;
}

export const assertFails = (finding: Finding, wanted: Wanted, isTemporary = false): void =>
  assertTrouble('fail', finding, wanted, isTemporary);

export const assertWarns = (finding: Finding, wanted: Wanted): void =>
  assertTrouble('warning', finding, wanted, false);

function assertTrouble(
  status: 'fail' | 'warning',
  finding: Finding,
  wanted: Wanted,
  isTemporary: boolean,
): void {
  const shown = JSON.stringify(finding);
  if (finding.status !== status) assert.fail(`expected ${status}, got ${shown}`);
  assert.equal(finding.isTemporary, isTemporary, shown);
  for (const part of ['expected', 'found', 'fix'] as const) {
    const want = wanted[part];
    if (want === undefined) assert.notEqual(finding[part], '');
    else if (typeof want === 'string') assert.equal(finding[part], want);
    else assert.match(finding[part], want);
  }
}
