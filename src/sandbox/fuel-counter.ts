/** The engine counts down from here to 0, asks whether to go on, and begins again. */
export const FUEL_PER_POLL = 10_000;

/** Where in a context, in words, the counter may be. */
const CONTEXT_WORDS = 256;
const FEW = 100;
const MANY = 3 * FEW;

/**
 * Finds the engine's own counter of branches and calls, which nothing gives access to: the one word
 * of a context that so many calls of the same function move down, and thrice as many thrice as far.
 * @returns its place in words
 */
export function findFuelCounter(
  words: () => Int32Array,
  context: number,
  call: (times: number) => void,
): number {
  const first = context / Int32Array.BYTES_PER_ELEMENT;
  const seen = (): Int32Array => words().slice(first, first + CONTEXT_WORDS);
  const start = seen();
  call(FEW);
  const few = seen();
  call(MANY);
  const many = seen();
  const fits = (word: number, at: number): boolean => {
    const fell = word - (few[at] ?? 0);
    const isCounter = word > 0 && word <= FUEL_PER_POLL && fell >= FEW;
    return isCounter && (few[at] ?? 0) - (many[at] ?? 0) === fell * (MANY / FEW);
  };
  const found = start.findIndex(fits);
  if (found < 0 || start.findLastIndex(fits) !== found) {
    throw new Error('bug: the counter of the engine was not found');
  }
  return first + found;
}
