/** A value as JSON carries it: bigint becomes decimal text, bytes become hexadecimal text. */
export type Wire<T> = T extends bigint | Uint8Array
  ? string
  : T extends readonly (infer Item)[]
    ? readonly Wire<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]: Wire<T[Key]> }
      : T;

/** JSON of data that may hold bigint and bytes. */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, wireValue, indent);
}

/** The data as it arrives on the other side of JSON. */
export function toWire<T>(value: T): Wire<T> {
  return JSON.parse(jsonText(value)) as Wire<T>;
}

function wireValue(this: unknown, key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  // A Buffer's toJSON has already run, so the original is looked at.
  const original = (this as Record<string, unknown>)[key];
  return original instanceof Uint8Array ? Buffer.from(original).toString('hex') : value;
}
