import fc from 'fast-check';

/** What breaks a text: cut, something put in, a piece left out or said twice, another one. */
export const breakages: fc.Arbitrary<(text: string) => string> = fc.oneof(
  { weight: 4, arbitrary: fc.constant((text: string) => text) },
  fc.nat(100_000).map((at) => (text: string) => text.slice(0, at % (text.length + 1))),
  fc
    .tuple(fc.nat(100_000), fc.string({ unit: 'binary', maxLength: 5 }))
    .map(([at, more]) => insertAt(at, more)),
  fc.tuple(fc.nat(100_000), fc.nat(20)).map(([at, length]) => (text: string) => {
    const from = at % (text.length + 1);
    return text.slice(0, from) + text.slice(from + length);
  }),
  fc.tuple(fc.nat(100_000), fc.nat(60)).map(
    ([at, length]) =>
      (text: string) =>
        insertAt(at, text.slice(at % (text.length + 1)).slice(0, length))(text),
  ),
  fc
    .constantFrom('', 'null', '[]', '{}', '<html>', '['.repeat(60_000), '{"a":'.repeat(12_000))
    .map((other) => () => other),
);

const insertAt =
  (at: number, more: string) =>
  (text: string): string => {
    const from = at % (text.length + 1);
    return text.slice(0, from) + more + text.slice(from);
  };

/** JSON.stringify goes no deeper than the stack: what is deeper is written by a loop. */
export function writeJson(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return `[${'['.repeat(20_000)}${']'.repeat(20_000)}]`;
  }
}
