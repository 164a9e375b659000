import { z } from 'zod';
import { type ConfigLayers, dataAt } from './config-layers.js';
import { type ConfigProblem, type KeyPath, keyText } from './config-problem.js';
import { configSchema } from './config-schema.js';
import { nearestName } from './nearest-name.js';
import { quote } from './value-kinds.js';
import { expectedBy, unwrapped } from './value-schema.js';

/** What is needed of a file to tell of its problems. */
type Layers = Pick<ConfigLayers, 'data' | 'placeFor'>;

/**
 * What zod found wrong, as problems with a place, an expectation and a way out; `root` is the
 * schema of the whole file.
 */
export function schemaProblems(
  layers: Layers,
  error: z.ZodError,
  root: z.ZodType = configSchema,
): ConfigProblem[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path as KeyPath;
    return issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => unknownKey(layers, root, path, key))
      : [wrongValue(layers, root, path, issue.message)];
  });
}

/** The part of the schema that a path leads to. */
export function schemaAt(path: KeyPath, root: z.ZodType = configSchema): z.ZodType {
  return path.reduce<z.ZodType>((schema, step) => {
    const inner = unwrapped(schema);
    if (inner instanceof z.ZodObject) return inner.shape[step] as z.ZodType;
    if (inner instanceof z.ZodArray) return inner.element as z.ZodType;
    return inner;
  }, root);
}

/** Every key of the schema with a value of its own, in order. Lists count as one value. */
export function valuePaths(schema: z.ZodType = configSchema, above: string[] = []): string[][] {
  const inner = unwrapped(schema);
  if (!(inner instanceof z.ZodObject)) return [above];
  return Object.entries(inner.shape).flatMap(([key, value]) =>
    valuePaths(value as z.ZodType, [...above, key]),
  );
}

function unknownKey(layers: Layers, root: z.ZodType, section: KeyPath, key: string): ConfigProblem {
  const known = Object.keys((unwrapped(schemaAt(section, root)) as z.ZodObject).shape);
  const near = nearestName(key, known);
  const elsewhere = valuePaths(root).find((path) => path.at(-1) === key);
  const todo =
    near !== null
      ? `Did you mean "${near}"?`
      : elsewhere !== undefined
        ? `Did you mean "${keyText(elsewhere)}"? It belongs there.`
        : 'Remove it.';
  return {
    place: layers.placeFor([...section, key], 'key'),
    key: keyText([...section, key]),
    problem: `unknown key ${quote(key)}`,
    expected: `one of ${known.join(', ')}`,
    todo,
  };
}

function wrongValue(
  layers: Layers,
  root: z.ZodType,
  path: KeyPath,
  message: string,
): ConfigProblem {
  const data = dataAt(layers.data, path);
  const schema = schemaAt(path, root);
  const isMissing = data === undefined;
  const ownMessage = typeof data === 'string' || Array.isArray(data);
  return {
    place: layers.placeFor(path, 'value'),
    key: keyText(path),
    problem: isMissing ? 'the key is missing' : wrongShape(schema, data, ownMessage, message),
    expected: expectedBy(schema),
    todo: isMissing ? addHint(path) : 'Correct the value.',
  };
}

function wrongShape(
  schema: z.ZodType,
  data: unknown,
  ownMessage: boolean,
  message: string,
): string {
  const inner = unwrapped(schema);
  if (inner instanceof z.ZodUnion) {
    return typeof data === 'string' ? `got ${quote(data)}` : 'the value has another form';
  }
  const wantsList = inner instanceof z.ZodArray;
  const wantsSection = inner instanceof z.ZodObject;
  if (typeof data === 'string' && (wantsList || wantsSection)) return `got ${quote(data)}`;
  if (Array.isArray(data) && !wantsList) return 'got a list';
  if (ownMessage) return message;
  return data === null ? 'got no value' : 'got a section with keys of its own';
}

function addHint(path: KeyPath): string {
  const [key, section] = [path.at(-1), keyText(path.slice(0, -1))];
  return section === '' ? `Add "${key}:".` : `Add "${key}: …" below "${section}:".`;
}
