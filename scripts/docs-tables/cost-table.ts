import { DATOSHI_PER_GAS, type Datoshi } from '../../src/base/datoshi.js';
import { markdownTable } from './markdown.js';

/** Execution fee factors that costs are measured at: Neo's default, and about mainnet's. */
export const FACTORS = [30n, 3n] as const;

/** GAS with three decimals, rounded. */
function rounded(amount: Datoshi): string {
  const thousandth = DATOSHI_PER_GAS / 1_000n;
  const whole = (amount + thousandth / 2n) / thousandth;
  return `${whole / 1_000n}.${String(whole % 1_000n).padStart(3, '0')}`;
}

type Figures = Readonly<Record<string, Datoshi>>;

/** A row for each thing that was measured: GAS at either factor, and their ratio. */
export function costTable(atDefault: Figures, atThree: Figures): string {
  const rows = Object.entries(atDefault).map(([what, amount]) => {
    const lower = atThree[what] ?? 0n;
    const percent = (lower * 100n + amount / 2n) / amount;
    return [what, rounded(amount), rounded(lower), `${percent} %`];
  });
  return markdownTable(['what', 'GAS at 30', 'GAS at 3', 'ratio'], rows);
}
