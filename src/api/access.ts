import type { Hash160 } from '../base/hash.js';
import type { PublicGroup } from '../config/api-groups.js';
import { Refusal } from './problem.js';

/** What a key may be given. `admin` reaches everything. */
export const SCOPES = [
  'read',
  'evidence:read',
  'audit:read',
  'secrets:read',
  'secrets:write',
  'admin',
] as const;
export type Scope = (typeof SCOPES)[number];

/** Who asks. */
export type Caller =
  | { readonly kind: 'nobody' }
  /** Whoever can read node.json, which is the user that the node runs as. */
  | { readonly kind: 'local' }
  | { readonly kind: 'key'; readonly id: string; readonly scopes: readonly Scope[] }
  /** Signed in by the wallet of this account. */
  | { readonly kind: 'owner'; readonly account: Hash160 };

/** Who may use a route. */
export type Access =
  /** Everybody; a sign-in has a limit of its own beside that of all requests. */
  | { readonly kind: 'open'; readonly isSignIn?: true }
  /** Whoever has credentials of any kind. */
  | { readonly kind: 'anybody' }
  | {
      readonly kind: 'scope';
      readonly scope: Scope;
      /** Everybody, where `api.public` lists it. */
      readonly publicGroup?: PublicGroup;
      /** Signed-in owners too: `own` shows them what is theirs alone, `all` the same to each. */
      readonly owners?: 'own' | 'all';
      /** Changes something: refused while `api.readOnly` is true. */
      readonly changes?: true;
    }
  /** The command line of this machine. */
  | { readonly kind: 'local' };

/**
 * Throws a Refusal NOT_SIGNED_IN or NOT_ALLOWED unless the caller may. Answers whose things alone
 * may be shown; null: everybody's.
 */
export function requireAccess(
  access: Access,
  caller: Caller,
  publicGroups: readonly PublicGroup[],
): Hash160 | null {
  if (access.kind === 'open' || caller.kind === 'local') return null;
  if (access.kind === 'anybody' && caller.kind !== 'nobody') return null;
  if (access.kind === 'scope') {
    const { scope, publicGroup, owners } = access;
    if (caller.kind === 'owner' && owners !== undefined) {
      return owners === 'own' ? caller.account : null;
    }
    if (publicGroup !== undefined && publicGroups.includes(publicGroup)) return null;
    if (caller.kind === 'key' && caller.scopes.some((has) => has === scope || has === 'admin')) {
      return null;
    }
  }
  if (caller.kind === 'nobody') throw notSignedIn();
  throw new Refusal('NOT_ALLOWED', `${needsOf(access)}: ${hasOf(caller)}`);
}

const notSignedIn = (): Refusal =>
  new Refusal(
    'NOT_SIGNED_IN',
    'this needs an API key, a signed-in token or the token in node.json; send it as ' +
      '"Authorization: Bearer TOKEN"',
    { headers: { 'www-authenticate': 'Bearer realm="dodona"' } },
  );

function needsOf(access: Access): string {
  if (access.kind === 'scope') return `this needs the scope ${access.scope}`;
  return 'this is for the command line on the machine of the node';
}

function hasOf(caller: Caller): string {
  if (caller.kind === 'key') return `the key ${caller.id} has ${caller.scopes.join(', ')}`;
  return 'a signed-in owner sees only what is his own; use an API key';
}
