import type { ExactValue } from '../filters/exact-json.js';
import { ExactNumber } from '../filters/exact-number.js';

/** What stands at a path of a document; undefined where nothing does. */
export function valueAt(value: ExactValue, ...path: (string | number)[]): ExactValue | undefined {
  let found: ExactValue | undefined = value;
  for (const step of path) {
    if (Array.isArray(found)) found = typeof step === 'number' ? found[step] : undefined;
    else if (isObject(found) && Object.hasOwn(found, step)) found = found[step];
    else return undefined;
  }
  return found;
}

/** The members of an object; none of anything else. */
export const membersOf = (value: ExactValue | undefined): [string, ExactValue][] =>
  isObject(value) ? Object.entries(value) : [];

const isObject = (value: ExactValue | undefined): value is { [name: string]: ExactValue } =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof ExactNumber);

/** The decimal digits of a number or text of a document, as they were written; else null. */
export function decimalText(value: ExactValue | undefined): string | null {
  if (value instanceof ExactNumber) return value.literal;
  if (typeof value === 'string') return value;
  // A number that was not kept exactly has the decimal value of its shortest text.
  return typeof value === 'number' ? String(value) : null;
}
