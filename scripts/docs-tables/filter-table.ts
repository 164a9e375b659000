import { createFilterEvaluator } from '../../src/filters/evaluate-filter.js';
import type { Dialect } from '../../src/filters/filter-outcome.js';
import { code, markdownTable } from './markdown.js';

/** The document that the examples of filters are about. */
const DOCUMENT = {
  symbol: 'GAS',
  quotes: [
    { venue: 'a', price: 4.81, tags: ['spot'] },
    { venue: 'b', price: 4.79, tags: [] },
    { venue: 'é', price: 12345678901234567890n },
  ],
};

const PATHS = [
  '$.symbol',
  '$.quotes[0].price',
  '$.quotes[-1].venue',
  '$.quotes[0,1].venue',
  "$['symbol','quotes'][0]",
  '$.quotes[0:2].price',
  '$.quotes[*].venue',
  '$..venue',
  '$..tags',
  '$..*',
  "$.quotes[?@.venue=='b'].price",
  '$.quotes[2].price',
  '$.nothing',
  'symbol',
];

const MAX_RESULT_BYTES = 61_440;

/** JSON of the document; its one number that is too large for a float64 included. */
const documentText = (spaces?: number): string =>
  JSON.stringify(
    DOCUMENT,
    (_, value: unknown) => (typeof value === 'bigint' ? `#${value}#` : value),
    spaces,
  ).replace(/"#(\d+)#"/, '$1');

export const filterDocument = (): string => `\`\`\`json\n${documentText()}\n\`\`\``;

/** What paths select in either dialect. */
export function filterTable(): string {
  const evaluate = createFilterEvaluator();
  const body = Buffer.from(documentText());
  const result = (dialect: Dialect, path: string): string => {
    const reply = evaluate({
      dialect,
      path,
      body,
      profile: 'csharp',
      maxResultBytes: MAX_RESULT_BYTES,
    });
    if (reply.kind !== 'matched') return `Error: ${reply.reason}`;
    const text = Buffer.from(reply.json).toString('utf8');
    return text.length > 60 ? `${[...JSON.parse(text)].length} values` : code(text);
  };
  const rows = PATHS.map((path) => [code(path), result('native', path), result('rfc9535', path)]);
  return markdownTable(['filter', '`request`', '`requestHttp`'], rows);
}
