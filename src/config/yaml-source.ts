import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { shorten } from '../base/bytes.js';
import type { ConfigProblem, KeyPath, Place } from './config-problem.js';
import { quote } from './value-kinds.js';

/** The library's messages quote keys whole. */
const MAX_YAML_MESSAGE_CHARS = 300;

/** A YAML file's data, every scalar as text, and where each part of it stands. */
export interface YamlSource {
  readonly file: string;
  /** Maps are plain objects, lists are arrays, scalars are strings. */
  readonly data: unknown;
  /** Where a key, or its value, stands; null where the file doesn't have it. */
  placeOf(path: KeyPath, part: 'key' | 'value'): Place | null;
}

/**
 * Reads YAML with strict rules: one document, unique keys that are plain text, no aliases, no tags.
 * Returns either the source or every problem found.
 */
export function readYaml(file: string, text: string): YamlSource | ConfigProblem[] {
  const lines = new LineCounter();
  // With YAML's own schema a gateway's hash would be read as a number, an amount as a float.
  const document = parseDocument(text, {
    schema: 'failsafe',
    lineCounter: lines,
    prettyErrors: false,
  });
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const problems = syntaxProblems(document, placeAt);
  const data = problems.length > 0 ? null : plainData(document.contents, placeAt, problems);
  if (problems.length > 0) return problems;
  return { file, data, placeOf: (path, part) => placeOf(document, path, part, placeAt) };
}

/** Where a key stands, else the section that it belongs to, else the file's beginning. */
export function placesIn(source: YamlSource) {
  return (path: KeyPath, part: 'key' | 'value'): Place => {
    for (let length = path.length; length > 0; length--) {
      const wanted = length === path.length ? part : 'key';
      const place = source.placeOf(path.slice(0, length), wanted);
      if (place !== null) return place;
    }
    return { file: source.file, line: 1, column: 1 };
  };
}

type PlaceAt = (offset: number) => Place;

function syntaxProblems(document: Document.Parsed, placeAt: PlaceAt): ConfigProblem[] {
  return [...document.errors, ...document.warnings].map((error) => ({
    place: placeAt(error.pos[0]),
    key: '',
    problem: `not valid YAML here: ${shorten(error.message, MAX_YAML_MESSAGE_CHARS)}`,
    expected: 'keys and values as in node.config.example.yaml',
    todo: 'Mend this line; indent with spaces.',
  }));
}

function plainData(node: unknown, placeAt: PlaceAt, problems: ConfigProblem[]): unknown {
  if (node === null || node === undefined) return null;
  if (isScalar(node)) return String(node.value ?? '');
  if (isSeq(node)) return node.items.map((item) => plainData(item, placeAt, problems));
  if (isMap(node)) {
    const entries: [string, unknown][] = [];
    for (const { key, value } of node.items) {
      if (isScalar(key)) {
        entries.push([String(key.value), plainData(value, placeAt, problems)]);
      } else problems.push(strange(key, 'a key that is not plain text', placeAt));
    }
    // Object.fromEntries makes even "__proto__" an ordinary key.
    return Object.fromEntries(entries);
  }
  const what = isAlias(node) ? `the alias ${quote(`*${node.source}`)}` : 'something unreadable';
  problems.push(strange(node, what, placeAt));
  return null;
}

function strange(node: unknown, what: string, placeAt: PlaceAt): ConfigProblem {
  const range = (node as { range?: readonly number[] | null }).range;
  return {
    place: placeAt(range?.[0] ?? 0),
    key: '',
    problem: `${what} stands here`,
    expected: 'plain keys, values and lists',
    todo: 'Write the value out.',
  };
}

function placeOf(
  document: Document.Parsed,
  path: KeyPath,
  part: 'key' | 'value',
  placeAt: PlaceAt,
): Place | null {
  let node: unknown = document.contents;
  let found: unknown = node;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === step);
      if (!pair) return null;
      node = pair.value;
      found = part === 'key' ? pair.key : (pair.value ?? pair.key);
    } else if (isSeq(node) && typeof step === 'number' && step < node.items.length) {
      node = node.items[step];
      found = node;
    } else return null;
  }
  const range = (found as { range?: readonly number[] | null } | null)?.range;
  return range?.[0] === undefined ? null : placeAt(range[0]);
}
