import type { FetchRequest } from '../net/request.js';
import type { HttpSpec } from './http-spec.js';

/** Secrets that one request may ask for. */
export const MAX_SECRETS_PER_REQUEST = 10;

/** How a secret is asked for. */
const PLACE = /\{\{secret:([A-Za-z_][A-Za-z0-9_-]{0,63})\}\}/g;
/** What is meant as such a place, however it is written. */
const MEANT = /\{\{\s*secret\s*:/i;

/** What a spec asks of the vault, or why it may not. */
export type SecretPlaces =
  | { readonly kind: 'places'; readonly names: readonly string[] }
  /** A secret in a URL would stand in logs along its way. */
  | { readonly kind: 'in-url' }
  | { readonly kind: 'bad-place'; readonly reason: string };

/**
 * The secrets that header values and body ask for by `{{secret:NAME}}`, each once. In a body they
 * stand inside strings of JSON, where they can be escaped.
 */
export function secretPlaces({ url, headers, body }: HttpSpec): SecretPlaces {
  if (MEANT.test(withoutUrlEscapes(url))) return { kind: 'in-url' };
  if (Object.keys(headers).some((name) => MEANT.test(name))) {
    return bad('a secret stands in the name of a header: put it into the value');
  }
  const texts = [...Object.values(headers), body ?? ''];
  const unread = texts.find((text) => MEANT.test(text.replace(PLACE, '')));
  if (unread !== undefined) return bad('expected {{secret:NAME}} without spaces, in lower case');
  if (body !== null && MEANT.test(body) && !isJson(body)) {
    return bad('a secret stands in a body that is not JSON, where it cannot be escaped');
  }
  const found = texts.flatMap((text) => [...text.matchAll(PLACE)].map(([, name = '']) => name));
  const names = [...new Set(found)];
  if (names.length > MAX_SECRETS_PER_REQUEST) {
    return bad(`it asks for ${names.length} secrets, at most ${MAX_SECRETS_PER_REQUEST} allowed`);
  }
  return { kind: 'places', names };
}

const bad = (reason: string): SecretPlaces => ({
  kind: 'bad-place',
  reason: `bad spec: ${reason}`,
});

/** The request with values in their places: as they are in headers, escaped in the body's JSON. */
export function withSecretValues(
  request: FetchRequest,
  value: (name: string) => string,
): FetchRequest {
  const { headers = {}, body } = request;
  const filled = Object.entries(headers).map(([name, text]) => {
    return [name, text.replace(PLACE, (_, secret: string) => value(secret))] as const;
  });
  const escaped = (secret: string): string => JSON.stringify(value(secret)).slice(1, -1);
  const text = body?.toString().replace(PLACE, (_, secret: string) => escaped(secret));
  return {
    ...request,
    headers: Object.fromEntries(filled),
    body: text === undefined ? undefined : Buffer.from(text),
  };
}

/** Outside of its strings JSON has no "{{". */
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** A URL whose braces were escaped asks for a secret all the same. */
const withoutUrlEscapes = (url: string): string =>
  url.replace(/%7b/gi, '{').replace(/%3a/gi, ':').replace(/%20/g, ' ');
