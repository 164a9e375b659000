import { z } from 'zod';
import { PROBLEMS } from '../problem.js';

export const problemShape = z
  .object({
    type: z.string().meta({ description: 'urn:dodona:problem:… with the code in small letters' }),
    title: z.string(),
    status: z.int(),
    code: z.enum(Object.keys(PROBLEMS) as [string, ...string[]]).meta({
      description: 'stable: programs go by it',
    }),
    detail: z.string().meta({ description: 'what was wrong, expected, and to be done' }),
    errors: z
      .array(z.object({ at: z.string(), detail: z.string() }))
      .optional()
      .meta({ description: 'the places of query, path or body that cannot be read' }),
  })
  .meta({ description: 'RFC 9457' });
