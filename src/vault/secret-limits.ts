import { isIP } from 'node:net';
import { fromHex, shorten, toHex } from '../base/bytes.js';
import type { Hash160 } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';

/** Bytes of a value. Shorter ones would be guessed, and found in any result by chance. */
export const MIN_SECRET_BYTES = 8;
export const MAX_SECRET_BYTES = 4_096;
export const MAX_SECRET_NAME_CHARS = 64;
export const MAX_SECRETS_PER_OWNER = 1_000;
/** Of all owners together. */
export const MAX_SECRETS = 10_000;
export const MAX_GRANTS_PER_SECRET = 100;
export const MAX_HOSTS_PER_GRANT = 16;

const NAME = new RegExp(`^[A-Za-z_][A-Za-z0-9_-]{0,${MAX_SECRET_NAME_CHARS - 1}}$`);

/** Which secret. Names are the owner's own: two owners may use one name. */
export interface SecretId {
  readonly owner: Hash160;
  readonly name: string;
}

export const isSecretName = (text: string): boolean => NAME.test(text);

/** Throws a NodeError SECRET_REFUSED on a text that is no name of a secret. */
export function secretName(text: string): string {
  if (isSecretName(text)) return text;
  throw refused(
    `not a name of a secret: ${shorten(text)}`,
    `use a letter or "_", then letters, digits, "_" and "-", ${MAX_SECRET_NAME_CHARS} at most`,
  );
}

/** Throws a NodeError SECRET_REFUSED on a value of a size that is not allowed. */
export function checkValue(value: Uint8Array, mayBeResult: boolean): void {
  const size = value.length;
  if (size > MAX_SECRET_BYTES) {
    throw refused(
      `the value has ${size} bytes, at most ${MAX_SECRET_BYTES} are allowed`,
      'keep only what has to be secret',
    );
  }
  if (size === 0) throw refused('the value is empty', 'give it on standard input or by --file');
  if (size < MIN_SECRET_BYTES && !mayBeResult) {
    throw refused(
      `the value has ${size} bytes, at least ${MIN_SECRET_BYTES} are needed`,
      'a shorter one would be found in many results by chance; --may-be-result takes it',
    );
  }
}

/** The SHA-256 of a function's code as 64 hex digits, as sha256sum prints it. */
export function codeHashText(text: string): string {
  try {
    const bytes = fromHex(text);
    if (bytes.length === 32) return toHex(bytes);
  } catch {
    // Told below.
  }
  throw refused(
    `not the SHA-256 of a function's code: ${shorten(text)}`,
    'give its 64 hex digits, as sha256sum prints them',
  );
}

/**
 * A host that a secret may be sent to, as the origin of its URLs: `api.example.org` is
 * `https://api.example.org`; another port must be said, and plain http as well.
 * Throws a NodeError SECRET_REFUSED.
 */
export function grantedOrigin(text: string): string {
  const withScheme = /^[a-z]+:\/\//i.test(text) ? text : `https://${text}`;
  const url = URL.canParse(withScheme) ? new URL(withScheme) : null;
  const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:';
  if (url === null || !isWeb || !isPlainOrigin(url) || !isHost(url.hostname)) {
    throw refused(
      `not a host that a secret may be sent to: ${shorten(text)}`,
      'give a name such as api.example.org, api.example.org:8443 or http://127.0.0.1:8080',
    );
  }
  return url.origin;
}

const isPlainOrigin = ({ username, password, pathname, search, hash }: URL): boolean =>
  username === '' && password === '' && pathname === '/' && search === '' && hash === '';

const isHost = (host: string): boolean =>
  isIP(host.replace(/^\[|\]$/g, '')) !== 0 ||
  /^(?!-)[a-z0-9-]{1,63}(\.(?!-)[a-z0-9-]{1,63})*$/.test(host);

/** A refusal of what somebody wants of the vault. */
export const refused = (message: string, hint: string): NodeError =>
  new NodeError('SECRET_REFUSED', message, { hint });
