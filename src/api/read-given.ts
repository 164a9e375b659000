import { z } from 'zod';
import { type FieldProblem, type ProblemCode, Refusal } from './problem.js';

/** Places that are told of one request. */
const MAX_TOLD = 8;
/** A name that a stranger chose is told so far. */
const MAX_NAME_CHARS = 40;

/**
 * Reads query, path or body by a schema. Throws a Refusal that names each place and what was
 * expected there, and never the value that was given: it may be a secret.
 */
export function readGiven(
  schema: z.ZodType | undefined,
  given: unknown,
  code: ProblemCode,
): unknown {
  const read = (schema ?? z.strictObject({})).safeParse(given ?? {});
  if (read.success) return read.data;
  const errors = read.error.issues.slice(0, MAX_TOLD).flatMap((issue) => fieldsOf(issue, schema));
  const told = errors.slice(0, MAX_TOLD);
  const detail = told.map(({ at, detail }) => (at === '' ? detail : `${at}: ${detail}`)).join('; ');
  throw new Refusal(code, detail, { errors: told });
}

function fieldsOf(issue: z.core.$ZodIssue, schema: z.ZodType | undefined): FieldProblem[] {
  const at = issue.path.map((part) => shortName(String(part))).join('.');
  if (issue.code !== 'unrecognized_keys') return [{ at, detail: issue.message }];
  const known = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  const expected = known.length === 0 ? 'nothing' : known.join(', ');
  return issue.keys.map((key) => ({
    at: [...(at === '' ? [] : [at]), shortName(key)].join('.'),
    detail: `is not known here; expected ${expected}`,
  }));
}

const shortName = (name: string): string =>
  name.replace(/[^\x21-\x7e]+/g, ' ').slice(0, MAX_NAME_CHARS);
