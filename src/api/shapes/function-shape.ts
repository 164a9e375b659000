import { z } from 'zod';
import { account, count, cursor, id } from './values.js';

export const functionShape = z.object({
  id: id('the function'),
  name: z.string(),
  owner: account('who registered it'),
  codeHash: z.string().meta({ description: 'SHA-256 of its code, 64 hex digits' }),
  places: z
    .array(z.enum(['chain', 'uri', 'store']))
    .meta({ description: "where its code is: at the gateway, at its uris, in the node's folder" }),
  uris: z.array(z.string()),
  sourceBytes: count('size of the source at the gateway; 0: it is not there'),
});

export const functionPageShape = z.object({ items: z.array(functionShape), next: cursor() });
