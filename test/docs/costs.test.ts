import assert from 'node:assert/strict';
import { FACTORS } from '../../scripts/docs-tables/cost-table.js';
import { type MeasuredCosts, measureCosts } from '../../scripts/docs-tables/measure-costs.js';
import { parseGas } from '../../src/base/datoshi.js';
import { readDocument } from './fenced-blocks.js';

/** How far a figure of the page may be from what is measured, and never less than the rounding. */
const TOLERANCE_PERCENT = 5n;
const ROUNDING = parseGas('0.002');

const authors = readDocument('docs/contract-authors.md');

/** The cells of a row of the page, by its first one. */
function rowOf(what: string): string[] {
  const line = authors.split('\n').find((text) => text.startsWith(`| ${what} |`));
  assert.notEqual(line, undefined, `no row says "${what}"`);
  return (line ?? '').split('|').map((cell) => cell.trim());
}

function compare(measured: MeasuredCosts, column: number): void {
  for (const [what, amount] of Object.entries({ ...measured.calls, ...measured.answers })) {
    const told = parseGas(rowOf(what)[column] ?? '');
    const difference = told > amount ? told - amount : amount - told;
    const allowed = (amount * TOLERANCE_PERCENT) / 100n;
    const most = allowed > ROUNDING ? allowed : ROUNDING;
    assert.equal(difference <= most, true, `${what}: the page says ${told}, it was ${amount}`);
  }
}

describe('the costs in docs/contract-authors.md', () => {
  for (const [at, factor] of FACTORS.entries()) {
    it(`are what is charged on a chain with an execution fee factor of ${factor}`, async () => {
      compare(await measureCosts(factor), at + 2);
    }).timeout(240_000);
  }
});
