import { timingSafeEqual } from 'node:crypto';
import { sha256 } from '../base/bytes.js';
import type { Caller } from './access.js';
import { Refusal } from './problem.js';

export const MAX_TOKEN_CHARS = 200;

/** Finds out who asks by the header `Authorization`. Throws a Refusal BAD_CREDENTIALS. */
export function createAuthenticate(localToken: string): (header: string | undefined) => Caller {
  const localHash = sha256(localToken);
  return (header) => {
    if (header === undefined) return { kind: 'nobody' };
    const token = /^Bearer ([\x21-\x7e]+)$/i.exec(header)?.[1];
    if (token === undefined || token.length > MAX_TOKEN_CHARS) {
      throw badCredentials('the header Authorization is not "Bearer TOKEN"');
    }
    if (isSame(sha256(token), localHash)) return { kind: 'local' };
    throw badCredentials('the token is not known, has expired or was revoked');
  };
}

/** In a time that tells nothing of where two hashes differ. */
export const isSame = (one: Buffer, other: Buffer): boolean =>
  one.length === other.length && timingSafeEqual(one, other);

export const badCredentials = (why: string): Refusal =>
  new Refusal('BAD_CREDENTIALS', `${why}; get another one, or ask without the header`, {
    headers: { 'www-authenticate': 'Bearer realm="dodona", error="invalid_token"' },
  });
