/** How neo-go begins the answer of a call that had a result, up to the result's own text. */
const beginningOf = (id: number): string => `{"id":${id},"jsonrpc":"2.0","result":`;

/**
 * The JSON text of each result in the answer to a batch, in the order of the ids, without parsing
 * any of it. Null unless the answer is in every byte as neo-go writes one: a list in the order of
 * the ids, compact, without an error or an escape. What is between two beginnings can't be part of
 * a text of the answer, which would have its quotes escaped.
 */
export function cutBatch(body: string, ids: readonly number[]): string[] | null {
  if (body.includes('\\')) return null;
  const results: string[] = [];
  let from = 1;
  for (let at = 0; at < ids.length; at++) {
    const beginning = beginningOf(ids[at] as number);
    if (!body.startsWith(beginning, from)) return null;
    const start = from + beginning.length;
    const isLast = at === ids.length - 1;
    const end = isLast
      ? lastEnd(body)
      : body.indexOf(`},${beginningOf(ids[at + 1] as number)}`, start);
    if (end < start) return null;
    results.push(body.slice(start, end));
    from = end + 2;
  }
  return body.startsWith('[') ? results : null;
}

/** Where the text of the last result ends; neo-go ends its answers with a line feed. */
function lastEnd(body: string): number {
  const end = body.length - (body.endsWith('\n') ? 1 : 0);
  return body.startsWith('}]', end - 2) ? end - 2 : -1;
}
