import type { StackItem } from './stack-item.js';
import { asItems, isNull } from './stack-item-values.js';

/** Reads an item as one of our types; `what` names it in errors. */
export type Decode<T> = (item: StackItem, what: string) => T;

export const orNull =
  <T>(decode: Decode<T>): Decode<T | null> =>
  (item, what) =>
    isNull(item) ? null : decode(item, what);

/** Items of an array of a known length, each read by its place and named in errors. */
export function fieldsOf(item: StackItem, what: string, length: number) {
  const items = asItems(item, what, length);
  return <T>(at: number, name: string, decode: Decode<T>): T =>
    decode(items[at] as StackItem, `${name} of ${what}`);
}
