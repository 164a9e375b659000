import { z } from 'zod';
import { fromHex } from '../../base/bytes.js';
import { SCOPES } from '../access.js';
import { DEFAULT_OVERLAP_MS, MAX_KEY_NAME_CHARS, MAX_OVERLAP_MS } from '../api-keys.js';
import { jsonRoute, type Route } from '../route.js';
import { apiKeysShape, apiKeyWire, issuedKeyShape } from '../shapes/api-key-shape.js';
import { account, accountText, isoTime, plainText, time, timeText } from '../shapes/values.js';

const ADMIN = { kind: 'scope', scope: 'admin' } as const;
const ADMIN_CHANGES = { ...ADMIN, changes: true } as const;

const params = z.strictObject({
  id: plainText('the id of a key, 12 hex digits', /^[0-9a-f]{12}$/),
});

const list = jsonRoute({
  method: 'GET',
  path: '/v1/api-keys',
  name: 'listApiKeys',
  group: 'access',
  summary: 'Keys of the API, oldest first; never their secrets',
  access: ADMIN,
  answer: apiKeysShape,
  problems: [],
  handle: ({ sources, nowMs }) => ({
    items: sources.apiKeys.list().map((key) => apiKeyWire(key, nowMs)),
  }),
});

const create = jsonRoute({
  method: 'POST',
  path: '/v1/api-keys',
  name: 'createApiKey',
  group: 'access',
  summary: 'Makes a key; its token is answered this once',
  access: ADMIN_CHANGES,
  body: z.strictObject({
    name: z
      .string({ error: 'expected what the key is for' })
      .min(1)
      .max(MAX_KEY_NAME_CHARS)
      .meta({ description: 'what it is for' }),
    scopes: z
      .array(z.enum(SCOPES, { error: `expected one of ${SCOPES.join(', ')}` }), {
        error: 'expected a list of scopes',
      })
      .min(1)
      .max(SCOPES.length),
    expiresAt: timeText('when it ends; absent: never').optional(),
  }),
  status: 201,
  answer: issuedKeyShape,
  problems: ['API_KEY_REFUSED'],
  handle({ sources, body: { name, scopes, expiresAt }, actor, nowMs }) {
    const wanted = { name, scopes, expiresMs: expiresAt ?? null, actor };
    const { key, token } = sources.apiKeys.create(wanted);
    return { key: apiKeyWire(key, nowMs), token };
  },
});

const rotate = jsonRoute({
  method: 'POST',
  path: '/v1/api-keys/{id}/rotate',
  name: 'rotateApiKey',
  group: 'access',
  summary: 'Makes a key in the place of one, which works on for a while',
  access: ADMIN_CHANGES,
  params,
  body: z.strictObject({
    overlapSeconds: z
      .int({ error: 'expected a whole number of seconds' })
      .min(0)
      .max(MAX_OVERLAP_MS / 1_000)
      .default(DEFAULT_OVERLAP_MS / 1_000)
      .meta({ description: 'how long the old key works on' }),
  }),
  status: 201,
  answer: issuedKeyShape,
  problems: ['NO_SUCH_API_KEY', 'API_KEY_REFUSED'],
  handle({ sources, params: { id }, body: { overlapSeconds }, actor, nowMs }) {
    const { key, token } = sources.apiKeys.rotate(id, overlapSeconds * 1_000, actor);
    return { key: apiKeyWire(key, nowMs), token };
  },
});

const revoke = jsonRoute({
  method: 'DELETE',
  path: '/v1/api-keys/{id}',
  name: 'revokeApiKey',
  group: 'access',
  summary: 'Revokes a key: from now on it opens nothing',
  access: ADMIN_CHANGES,
  params,
  status: 204,
  answer: z.undefined(),
  problems: ['NO_SUCH_API_KEY', 'API_KEY_REFUSED'],
  handle({ sources, params: { id }, actor }) {
    sources.apiKeys.revoke(id, actor);
    return undefined;
  },
});

const challenge = jsonRoute({
  method: 'POST',
  path: '/v1/sign-in/challenge',
  name: 'createChallenge',
  group: 'access',
  summary: 'What the wallet of an owner is to sign',
  access: { kind: 'open' },
  body: z.strictObject({ account: accountText('the account that signs in') }),
  answer: z.object({
    ticket: z.string().meta({ description: 'goes back with the signature' }),
    message: z.string().meta({ description: 'for `signMessage` of the wallet, as it is' }),
    expiresAt: time('until when it can be signed in with'),
  }),
  problems: [],
  handle({ sources, body, origin }) {
    const { ticket, message, expiresMs } = sources.signIn.challenge(body.account, origin);
    return { ticket, message, expiresAt: isoTime(expiresMs) };
  },
});

const hexText = (bytes: number, what: string) =>
  plainText(`${what}: ${bytes * 2} hex digits`, new RegExp(`^[0-9a-fA-F]{${bytes * 2}}$`));

const signIn = jsonRoute({
  method: 'POST',
  path: '/v1/sign-in',
  name: 'signIn',
  group: 'access',
  summary: 'Signs an owner in by the signature of his wallet',
  description:
    'What `signMessage` of NeoLine and of WalletConnect wallets answers. A contract, or an ' +
    'account of several keys, cannot sign in. The token works for 30 minutes.',
  access: { kind: 'open', isSignIn: true },
  body: z.strictObject({
    ticket: plainText('the ticket of a challenge', /^[0-9a-zA-Z_.-]{1,200}$/),
    publicKey: hexText(33, 'the compressed public key'),
    signature: hexText(64, 'the signature (`data`)'),
    salt: plainText('the salt: up to 64 hex digits', /^[0-9a-fA-F]{0,64}$/),
  }),
  status: 201,
  answer: z.object({ token: z.string(), account: account('who is signed in'), expiresAt: time() }),
  problems: ['SIGN_IN_REFUSED'],
  handle({ sources, body, origin }) {
    const { token, account, expiresMs } = sources.signIn.signIn(body.ticket, origin, {
      publicKey: Buffer.from(fromHex(body.publicKey.toLowerCase())),
      signature: Buffer.from(fromHex(body.signature.toLowerCase())),
      salt: body.salt,
    });
    return { token, account, expiresAt: isoTime(expiresMs) };
  },
});

const signOut = jsonRoute({
  method: 'DELETE',
  path: '/v1/sign-in',
  name: 'signOut',
  group: 'access',
  summary: 'Ends the session whose token is sent',
  access: { kind: 'anybody' },
  status: 204,
  answer: z.undefined(),
  problems: [],
  handle({ sources, token }) {
    sources.signIn.signOut(token ?? '');
    return undefined;
  },
});

export const ACCESS_ROUTES: readonly Route[] = [
  list,
  create,
  rotate,
  revoke,
  challenge,
  signIn,
  signOut,
];
