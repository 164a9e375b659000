import { z } from 'zod';

/** How one kind of value is written in the file. */
export interface ValueKind<T> {
  /** What is accepted, as a noun phrase for messages. */
  readonly expected: string;
  /** Reads the value's text; throws a RangeError that says what was wrong with it. */
  read(text: string): T;
  /** The text that `read` turns into the value. */
  write(value: T): string;
}

/**
 * The schema of a value. Every scalar of the file is text (a gateway's hash would be read as a
 * number otherwise, and 1.5 GAS as a float), so each kind reads and writes its own text.
 */
export function valueSchema<T>(kind: ValueKind<T>) {
  return z
    .codec(z.string(), z.custom<T>(), {
      decode(text, context) {
        try {
          return kind.read(text.trim());
        } catch (error) {
          if (!(error instanceof RangeError)) throw error;
          context.issues.push({ code: 'custom', input: text, message: error.message });
          return z.NEVER as T;
        }
      },
      encode: (value) => kind.write(value as T),
    })
    .meta({ expected: kind.expected });
}

/** A list of values, between `min` and `max` of them. */
export function listOf<T extends z.ZodType>(item: T, min: number, max: number) {
  const expected = `a list of ${min} to ${max} items, each ${expectedBy(item)}`;
  const wrongLength = (list: unknown[]) => `the list has ${list.length} items`;
  return z
    .array(item)
    .refine((list) => list.length >= min && list.length <= max, {
      error: (issue) => wrongLength(issue.input as unknown[]),
    })
    .meta({ expected });
}

/** What a schema accepts, in words. */
export function expectedBy(schema: z.ZodType): string {
  const own = schema.meta()?.expected;
  if (typeof own === 'string') return own;
  if (schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return expectedBy(schema.unwrap() as z.ZodType);
  }
  if (schema instanceof z.ZodObject) {
    return `a section with the keys ${Object.keys(schema.shape).join(', ')}`;
  }
  throw new Error('bug: a schema of the configuration says nothing about what it expects');
}

/** The schema without the wrappers that make it optional or give it a default. */
export function unwrapped(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional
    ? unwrapped(schema.unwrap() as z.ZodType)
    : schema;
}
