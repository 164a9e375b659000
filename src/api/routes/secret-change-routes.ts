import { z } from 'zod';
import type { Hash160 } from '../../base/hash.js';
import { creditOf, reservedOf } from '../../gasbank/accounts.js';
import { MAX_HOSTS_PER_GRANT } from '../../vault/secret-limits.js';
import type { SecretUse } from '../../vault/vault-store.js';
import type { ApiReads } from '../api-sources.js';
import { Refusal } from '../problem.js';
import { jsonRoute, type Route } from '../route.js';
import { accountText, plainText } from '../shapes/values.js';

const CHANGES = { kind: 'scope', scope: 'secrets:write', owners: 'own', changes: true } as const;
const MAX_HOST_CHARS = 260;

const secretParams = {
  owner: accountText('the owner'),
  name: plainText('the name of a secret', /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/),
};
const params = z.strictObject(secretParams);
const grantParams = z.strictObject({
  ...secretParams,
  requester: accountText('who may use it'),
  use: plainText('web, or the SHA-256 of the code of a function', /^(?:web|[0-9a-f]{64})$/),
});

/** Somebody else's secrets are not there for an owner. */
function requireOwn(owner: Hash160, only: Hash160 | null): void {
  if (only === null || only === owner) return;
  throw new Refusal('NOT_ALLOWED', 'these are secrets of another owner');
}

/**
 * Only one owner's secret of a name can be granted to a requester. Whose contract that is, nobody
 * here can tell, so no owner takes a place but his own: the operator gives the others.
 */
function requireOwnPlace(requester: Hash160, only: Hash160 | null): void {
  if (only === null || only === requester) return;
  throw new Refusal(
    'NOT_ALLOWED',
    'signed in, an owner grants to his own account only; ask the operator for dodona secrets grant',
  );
}

/** Strangers store nothing here: it is for whoever has money or upkeeps at the gateway. */
function requireStanding({ ledger, upkeeps }: ApiReads, only: Hash160 | null): void {
  if (only === null) return;
  const accounts = [creditOf(only), reservedOf(only)].map((id) => ledger.account(id));
  if (accounts.some((account) => (account?.postedDatoshi ?? 0n) > 0n)) return;
  if (upkeeps.list({ owner: only, limit: 1 }).length > 0) return;
  throw new Refusal(
    'NOT_ALLOWED',
    'the account has no credit, reservation or upkeep at the gateway; deposit some first',
  );
}

const useOf = (text: string): SecretUse =>
  text === 'web' ? { kind: 'web' } : { kind: 'function', codeHash: text };

const set = jsonRoute({
  method: 'PUT',
  path: '/v1/secrets/{owner}/{name}',
  name: 'setSecret',
  group: 'secrets',
  summary: 'Stores a secret, or gives it a new value; its grants stay',
  description:
    'The value arrives encrypted to the key of the vault that /v1/keys tells: `sealed` is what ' +
    '`dodona secrets encrypt` writes, for this very owner and name.',
  access: CHANGES,
  params,
  body: z.strictObject({
    sealed: z.strictObject({
      dodonaSecret: z.literal(1),
      key: z.string().max(64),
      owner: z.string().max(64),
      name: z.string().max(64),
      enc: z.string().max(1_000),
      ciphertext: z.string().max(16_384),
    }),
    mayBeResult: z.boolean().default(false).meta({ description: 'results may hold the value' }),
  }),
  answer: z.object({ version: z.int().meta({ description: 'it grows with each value' }) }),
  problems: ['SECRET_REFUSED', 'SECRET_SEALED'],
  async handle({ sources, params: id, body: { sealed, mayBeResult }, only, actor }) {
    requireOwn(id.owner, only);
    requireStanding(sources.reads, only);
    const { value, ...of } = await sources.unseal(JSON.stringify(sealed));
    try {
      if (of.owner !== id.owner || of.name !== id.name) {
        throw new Refusal('SECRET_SEALED', 'it was encrypted for another owner or name');
      }
      const version = await sources.secrets.set({ ...id, value, mayBeResult, actor });
      return { version };
    } finally {
      value.fill(0);
    }
  },
});

const remove = jsonRoute({
  method: 'DELETE',
  path: '/v1/secrets/{owner}/{name}',
  name: 'deleteSecret',
  group: 'secrets',
  summary: 'Deletes a secret with its grants',
  access: CHANGES,
  params,
  status: 204,
  answer: z.undefined(),
  problems: ['NO_SUCH_SECRET'],
  handle({ sources, params: id, only, actor }) {
    requireOwn(id.owner, only);
    sources.secrets.delete({ ...id, actor });
    return undefined;
  },
});

const grant = jsonRoute({
  method: 'PUT',
  path: '/v1/secrets/{owner}/{name}/grants/{requester}/{use}',
  name: 'grantSecret',
  group: 'secrets',
  summary: 'Lets a requester use a secret; replaces what was granted for the same use',
  access: CHANGES,
  params: grantParams,
  body: z.strictObject({
    hosts: z
      .array(z.string().max(MAX_HOST_CHARS))
      .max(MAX_HOSTS_PER_GRANT)
      .meta({ description: 'where it may be sent, such as api.example.org' }),
  }),
  status: 204,
  answer: z.undefined(),
  problems: ['SECRET_REFUSED', 'NO_SUCH_SECRET'],
  handle({ sources, params: { use, ...id }, body: { hosts }, only, actor }) {
    requireOwn(id.owner, only);
    requireOwnPlace(id.requester, only);
    requireStanding(sources.reads, only);
    sources.secrets.grant({ ...id, use: useOf(use), hosts, actor });
    return undefined;
  },
});

const revoke = jsonRoute({
  method: 'DELETE',
  path: '/v1/secrets/{owner}/{name}/grants/{requester}/{use}',
  name: 'revokeSecret',
  group: 'secrets',
  summary: 'Takes a grant back, from now on',
  access: CHANGES,
  params: grantParams,
  status: 204,
  answer: z.undefined(),
  problems: ['NO_SUCH_SECRET'],
  handle({ sources, params: { use, ...id }, only, actor }) {
    requireOwn(id.owner, only);
    sources.secrets.revoke({ ...id, use: useOf(use), actor });
    return undefined;
  },
});

export const SECRET_CHANGE_ROUTES: readonly Route[] = [set, remove, grant, revoke];
