import { z } from 'zod';
import { messageOf, NodeError } from '../base/node-error.js';
import type { Heard } from './ask-source.js';
import { formatDecimal, parseDecimal } from './decimal.js';
import type { StoredPoll } from './poll-store.js';

const line = z.strictObject({
  pair: z.string().max(32),
  atMs: z.int().nonnegative(),
  quotes: z
    .array(
      z.union([
        z.strictObject({ source: z.string(), value: z.string(), timeMs: z.int().nonnegative() }),
        z.strictObject({ source: z.string(), failure: z.string() }),
      ]),
    )
    .max(32),
});

/** What the sources of one feed said at one moment, as recorded. */
export interface RecordedPoll {
  readonly pair: string;
  readonly atMs: number;
  readonly quotes: ReadonlyMap<string, Heard>;
}

/** A poll as a line of a recording: JSON, values in the source's own quote currency. */
export function recordedLine({ pair, atMs, quotes }: StoredPoll): string {
  return JSON.stringify({
    pair,
    atMs,
    quotes: quotes.map(({ source, heardValue, heardMs, why }) =>
      heardValue === null || heardMs === null
        ? { source, failure: why ?? 'nothing' }
        : { source, value: formatDecimal(heardValue), timeMs: heardMs },
    ),
  });
}

/** Reads a line. Throws a NodeError RECORDING_MALFORMED that names it. */
export function readRecordedLine(text: string, number: number): RecordedPoll {
  const { pair, atMs, quotes } = parsed(text, number);
  const entries = quotes.map((quote): [string, Heard] => {
    if ('failure' in quote) return [quote.source, { failure: quote.failure }];
    const value = parseDecimal(quote.value);
    if (value === null) {
      throw malformed(number, `the value of ${quote.source} is no positive decimal`);
    }
    return [quote.source, { value, timestampMs: quote.timeMs }];
  });
  return { pair, atMs, quotes: new Map(entries) };
}

function parsed(text: string, number: number): z.infer<typeof line> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw malformed(number, messageOf(error));
  }
  const read = line.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw malformed(number, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'malformed'}`);
}

const malformed = (number: number, problem: string): NodeError =>
  new NodeError('RECORDING_MALFORMED', `line ${number} of the recording: ${problem}`, {
    hint: 'give a file that `dodona prices export` wrote',
  });
