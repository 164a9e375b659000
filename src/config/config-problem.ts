import { shorten } from '../base/bytes.js';
import { NodeError } from '../base/node-error.js';

/** Problems that the message of an error shows; `details` has them all. */
export const MAX_SHOWN_PROBLEMS = 25;
/** No key of ours is longer. */
const MAX_KEY_CHARS = 120;

/** Names and list indexes from the top of the file down to a value. */
export type KeyPath = readonly (string | number)[];

export interface Place {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  readonly column: number;
}

/** One thing that is wrong with a configuration. */
export interface ConfigProblem {
  readonly place: Place;
  /** Key path such as network.rpc[0]; empty when no key is to blame. */
  readonly key: string;
  readonly problem: string;
  readonly expected: string;
  /** What to do, as a sentence. */
  readonly todo: string;
}

/** A key path as people write it: network.rpc[0]. */
export function keyText(path: KeyPath): string {
  const text = path.reduce<string>(
    (text, step) =>
      typeof step === 'number' ? `${text}[${step}]` : text === '' ? step : `${text}.${step}`,
    '',
  );
  return shorten(text, MAX_KEY_CHARS);
}

export const placeText = (place: Place): string => `${place.file}:${place.line}:${place.column}`;

/** The error that lists all problems, in the order in which they stand in the file. */
export function configInvalid(
  file: string,
  problems: readonly ConfigProblem[],
  code:
    | 'CONFIG_INVALID'
    | 'CONFIG_FILES'
    | 'FEED_INVALID'
    | 'ATTESTATION_POLICY' = 'CONFIG_INVALID',
  hint = 'every key is explained in node.config.example.yaml',
): NodeError {
  const sorted = [...problems].sort(
    (a, b) => a.place.line - b.place.line || a.place.column - b.place.column,
  );
  const count = sorted.length === 1 ? 'one problem' : `${sorted.length} problems`;
  const shown = sorted.slice(0, MAX_SHOWN_PROBLEMS).map(problemText);
  const left = sorted.length - shown.length;
  const more = left === 0 ? [] : [`and ${left} more: correct these first, then check again`];
  const message = [`${count} in ${file}`, ...shown, ...more].join('\n');
  return new NodeError(code, message, {
    hint,
    details: {
      problems: sorted.map(({ place, ...problem }) => ({ ...place, ...problem })),
    },
  });
}

function problemText({ place, key, problem, expected, todo }: ConfigProblem): string {
  return [
    `${placeText(place)}${key === '' ? '' : `  ${key}`}`,
    `  wrong:    ${problem}`,
    `  expected: ${expected}`,
    `  to do:    ${todo}`,
  ].join('\n');
}
