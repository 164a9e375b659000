import { z } from 'zod';
import type { SecretView } from '../../vault/secret-desk.js';
import { account, cursor, isoTime, time } from './values.js';

const grantShape = z.object({
  requester: account('who may use it'),
  use: z.string().meta({ description: 'web, or the SHA-256 of the code of a function' }),
  hosts: z.array(z.string()).meta({ description: 'origins that it may be sent to' }),
  createdAt: time(),
});

export const secretShape = z.object({
  owner: account('its owner'),
  name: z.string(),
  version: z.int(),
  mayBeResult: z.boolean(),
  createdAt: time(),
  changedAt: time(),
  grants: z.array(grantShape),
});

export const secretPageShape = z.object({ items: z.array(secretShape), next: cursor() });

/** Names and grants; a value is nowhere in a view. */
export const secretWire = (view: SecretView): z.input<typeof secretShape> => ({
  owner: view.owner,
  name: view.name,
  version: view.version,
  mayBeResult: view.mayBeResult,
  createdAt: isoTime(view.createdMs),
  changedAt: isoTime(view.changedMs),
  grants: view.grants.map(({ requester, use, hosts, createdMs }) => ({
    requester,
    use: use.kind === 'web' ? 'web' : use.codeHash,
    hosts: [...hosts],
    createdAt: isoTime(createdMs),
  })),
});
