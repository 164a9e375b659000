import fc from 'fast-check';

/** JSON as a hostile server may send it; deep and large ones are made when they are written. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

export interface Mutation {
  /** Which of all the places in the document, counted round. */
  readonly place: number;
  readonly what: 'replace' | 'drop' | 'repeat' | 'rename' | 'wrap';
  readonly by: Json;
}

const deep = (depth: number): Json => {
  let value: Json = [];
  for (let at = 0; at < depth; at++) value = [value];
  return value;
};
/** Objects that JavaScript cannot turn into a text. */
const UNPRINTABLE: Json = { toString: 1, valueOf: null, message: 'x' };
const odd: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(
    null,
    true,
    false,
    0,
    -1,
    1.5,
    2 ** 53,
    1e308,
    -0,
    '',
    ' ',
    '0x',
    '__proto__',
  ),
  fc.constantFrom<Json>([], {}, [[]], [null], UNPRINTABLE, 'HALT', 'FAULT', 'Any', 'Array'),
  fc.constantFrom<Json>(
    '9'.repeat(78),
    '9'.repeat(79),
    `${2n ** 63n}`,
    `-${2n ** 63n}`,
    '0x10',
    '1e9',
  ),
  fc.constantFrom<Json>(
    `0x${'ab'.repeat(20)}`,
    `0x${'ab'.repeat(32)}`,
    'YWI=',
    '/w==',
    '\ud800',
    '\0',
  ),
  fc.constantFrom(3, 70, 10_000).map(deep),
  fc.constantFrom('a', 'é', '9', 'QUJD', '\u202e').map((text) => text.repeat(20_000)),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>,
);

export const mutations: fc.Arbitrary<Mutation[]> = fc.array(
  fc.record({
    place: fc.nat(500),
    what: fc.constantFrom('replace', 'replace', 'replace', 'drop', 'repeat', 'rename', 'wrap'),
    by: odd,
  }) as fc.Arbitrary<Mutation>,
  { minLength: 1, maxLength: 4 },
);

type Container = Json[] | { [name: string]: Json };
interface Place {
  readonly parent: Container;
  readonly key: string;
}

/** A copy of a document with something wrong in it. */
export function mutate(document: Json, changes: readonly Mutation[]): Json {
  const root = { it: structuredClone(document) };
  for (const change of changes) applyTo(root, change);
  return root.it;
}

function applyTo(root: { it: Json }, { place, what, by }: Mutation): void {
  const places = placesIn(root);
  const { parent, key } = places[place % places.length] as Place;
  const at = parent as Record<string, Json>;
  const old = at[key] as Json;
  if (what === 'replace' || parent === root) at[key] = copyOf(by);
  else if (what === 'wrap') at[key] = [old];
  else if (what === 'drop' && Array.isArray(parent)) parent.splice(Number(key), 1);
  else if (what === 'drop') delete at[key];
  else if (what === 'repeat' && Array.isArray(parent)) parent.push(copyOf(old));
  else if (what === 'rename') {
    delete at[key];
    at[`${key}x`] = old;
  }
}

/** Changes go on within what was put in; what is too deep to be copied is made anew. */
function copyOf(value: Json): Json {
  try {
    return structuredClone(value);
  } catch {
    return deep(10_000);
  }
}

/** Every place of a document, but for what is deeper than any that is meant. */
function placesIn(root: { it: Json }): Place[] {
  const found: Place[] = [];
  const waiting: [Container, number][] = [[root, 0]];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [parent, depth] = next;
    for (const [key, value] of Object.entries(parent)) {
      found.push({ parent, key });
      if (typeof value === 'object' && value !== null && depth < 20)
        waiting.push([value, depth + 1]);
    }
  }
  return found;
}
