/** Ids are in the database as integers of 64 bits with a sign: there is none above. */
export const MAX_STORED_ID = 2n ** 63n - 1n;

const MAX_ID_DIGITS = String(MAX_STORED_ID).length;

/** Reads a decimal id; null for a text that is none, or one that cannot be stored. */
export function readStoredId(text: string): bigint | null {
  if (!/^\d+$/.test(text) || text.length > MAX_ID_DIGITS) return null;
  const id = BigInt(text);
  return id > MAX_STORED_ID ? null : id;
}
