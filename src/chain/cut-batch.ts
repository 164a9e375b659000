/** How neo-go begins the answer of a call that had a result, up to the result's own text. */
const beginningOf = (id: number): string => `{"id":${id},"jsonrpc":"2.0","result":`;

/**
 * The JSON text of each result in the answer to a batch, in the order of the ids, each of which is
 * one more than that before it, without parsing any of it. Null unless the answer is in every byte
 * as neo-go writes one: a list in the order of the ids, compact, without an error or an escape.
 * What is between two beginnings can't be part of a text of the answer, which would have its quotes
 * escaped.
 */
export function cutBatch(body: string, firstId: number, count: number): string[] | null {
  if (body.includes('\\') || !body.startsWith(`[${beginningOf(firstId)}`)) return null;
  const results: string[] = [];
  let start = 1 + beginningOf(firstId).length;
  for (let id = firstId + 1; id < firstId + count; id++) {
    const next = `},${beginningOf(id)}`;
    const end = body.indexOf(next, start);
    if (end < 0) return null;
    results.push(body.slice(start, end));
    start = end + next.length;
  }
  const end = lastEnd(body);
  if (end < start) return null;
  results.push(body.slice(start, end));
  return results;
}

/** Where the text of the last result ends; neo-go ends its answers with a line feed. */
function lastEnd(body: string): number {
  const end = body.length - (body.endsWith('\n') ? 1 : 0);
  return body.startsWith('}]', end - 2) ? end - 2 : -1;
}
