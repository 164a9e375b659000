import { timingSafeEqual } from 'node:crypto';
import { sha256 } from '../base/bytes.js';
import type { Caller } from './access.js';
import type { ApiKeys } from './api-keys.js';
import { Refusal } from './problem.js';
import type { SignIn } from './sign-in.js';

export const MAX_TOKEN_CHARS = 200;

/** Finds out who asks by the header `Authorization`. Throws a Refusal BAD_CREDENTIALS. */
export type Authenticate = (header: string | undefined) => Caller;

export function createAuthenticate(parts: {
  readonly localToken: string;
  readonly apiKeys: Pick<ApiKeys, 'find'>;
  readonly signIn: Pick<SignIn, 'find'>;
}): Authenticate & { isLocal(header: string | undefined): boolean } {
  const localHash = sha256(parts.localToken);
  const isLocalToken = (token: string): boolean => isSame(sha256(token), localHash);

  function authenticate(header: string | undefined): Caller {
    if (header === undefined) return { kind: 'nobody' };
    const token = tokenOf(header);
    if (token === null) throw badCredentials('the header Authorization is not "Bearer TOKEN"');
    if (isLocalToken(token)) return { kind: 'local' };
    const key = parts.apiKeys.find(token);
    if (key !== null) return { kind: 'key', id: key.id, scopes: key.scopes };
    const session = parts.signIn.find(token);
    if (session !== null) return { kind: 'owner', account: session.account };
    throw badCredentials('the token is not known, has expired or was revoked');
  }

  const isLocal = (header: string | undefined): boolean => {
    const token = header === undefined ? null : tokenOf(header);
    return token !== null && isLocalToken(token);
  };
  return Object.assign(authenticate, { isLocal });
}

/** The token of a header; null where there is none that could be one. */
export function tokenOf(header: string): string | null {
  const token = /^Bearer ([\x21-\x7e]+)$/i.exec(header)?.[1];
  return token === undefined || token.length > MAX_TOKEN_CHARS ? null : token;
}

/** In a time that tells nothing of where two hashes differ. */
export const isSame = (one: Buffer, other: Buffer): boolean =>
  one.length === other.length && timingSafeEqual(one, other);

const badCredentials = (why: string): Refusal =>
  new Refusal('BAD_CREDENTIALS', `${why}; get another one, or ask without the header`, {
    headers: { 'www-authenticate': 'Bearer realm="dodona", error="invalid_token"' },
  });
