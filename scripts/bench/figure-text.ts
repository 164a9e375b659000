import { rounded } from './statistics.js';

/** With commas from a thousand on. */
export const shown = (value: number): string =>
  rounded(value).toLocaleString('en-US', { maximumSignificantDigits: 15 });

/** "answersPerSecond" is "answers per second", "p50" stays. */
export const labelOf = (name: string): string =>
  name
    .replace('.', ': ')
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase();

export interface Target {
  readonly sign: '<=' | '<' | '>=' | '>';
  readonly value: number;
}

/** A target as benchmarks write it, e.g. "<= 12". Throws on anything else. */
export function readTarget(text: string): Target {
  const [, sign, value] = /^(<=|<|>=|>) (\d+(?:\.\d+)?)$/.exec(text) ?? [];
  if (sign === undefined) throw new Error(`expected a target like "<= 12", got "${text}"`);
  return { sign: sign as Target['sign'], value: Number(value) };
}

export function isMet(value: number, text: string): boolean {
  const target = readTarget(text);
  switch (target.sign) {
    case '<=':
      return value <= target.value;
    case '<':
      return value < target.value;
    case '>=':
      return value >= target.value;
    case '>':
      return value > target.value;
  }
}
