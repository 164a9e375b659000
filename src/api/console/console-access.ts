import type { AuditLog } from '../../audit/audit-log.js';
import { sha256 } from '../../base/bytes.js';
import type { Clock } from '../../base/clock.js';
import type { ConsoleSessionStore } from './console-session-store.js';

/** A link signs in once, within this. */
export const LINK_LIFETIME_MS = 2 * 60_000;
/** Whoever signed in by a link stays signed in so long. */
export const SESSION_LIFETIME_MS = 12 * 3_600_000;
/** Links that wait to be used; of more, the oldest are worth nothing any more. */
export const MAX_LINKS = 16;
/** Sessions at once; of more, the oldest end. */
export const MAX_SESSIONS = 32;

const SECRET_BYTES = 32;

export interface ConsoleLink {
  /** Signs in once. */
  readonly code: string;
  readonly expiresMs: number;
}

export interface ConsoleAccess {
  /** A new code for a link. */
  newLink(): ConsoleLink;
  /** Takes a code, which is then worth nothing any more. Null: there is none such. */
  signIn(code: string): { readonly token: string; readonly lifetimeMs: number } | null;
  isSignedIn(token: string): boolean;
  signOut(token: string): void;
}

/**
 * Who may see the console. Whoever may ask the node for a link, which is the user that it runs as,
 * hands it to a browser, and that exchanges its code for a session. Codes live in this process;
 * sessions are kept, by their hashes, so that they outlive a restart.
 */
export function createConsoleAccess(options: {
  readonly store: ConsoleSessionStore;
  readonly audit: Pick<AuditLog, 'record'>;
  readonly clock: Clock;
  readonly randomBytes: (count: number) => Buffer;
}): ConsoleAccess {
  const { store, audit, clock, randomBytes } = options;
  /** By the hash of the code, in the order of their making. */
  const links = new Map<string, number>();
  const secret = (): string => randomBytes(SECRET_BYTES).toString('base64url');

  return {
    newLink() {
      const nowMs = clock.nowMs();
      for (const [hash, expiresMs] of links) if (expiresMs <= nowMs) links.delete(hash);
      const tooMany = Math.max(0, links.size + 1 - MAX_LINKS);
      for (const hash of [...links.keys()].slice(0, tooMany)) links.delete(hash);
      const code = secret();
      const expiresMs = nowMs + LINK_LIFETIME_MS;
      links.set(hashOf(code), expiresMs);
      return { code, expiresMs };
    },

    signIn(code) {
      const nowMs = clock.nowMs();
      const linkExpiresMs = links.get(hashOf(code));
      links.delete(hashOf(code));
      if (linkExpiresMs === undefined || linkExpiresMs <= nowMs) return null;
      const token = secret();
      const expiresMs = nowMs + SESSION_LIFETIME_MS;
      audit.record((append) => {
        const tokenHash = sha256(token);
        store.add({ tokenHash, createdMs: nowMs, expiresMs, kept: MAX_SESSIONS });
        append(factOf('console.signIn', `until ${new Date(expiresMs).toISOString()}`));
      });
      return { token, lifetimeMs: SESSION_LIFETIME_MS };
    },

    isSignedIn: (token) => store.isOpen(sha256(token), clock.nowMs()),

    signOut(token) {
      audit.record((append) => {
        if (store.remove(sha256(token))) append(factOf('console.signOut', ''));
      });
    },
  };
}

/** A look-up by hash tells nothing, by its time, of the code that is guessed at. */
const hashOf = (code: string): string => sha256(code).toString('hex');

const factOf = (action: string, note: string) => ({
  actor: 'operator:console',
  action,
  object: 'console',
  outcome: 'done' as const,
  requestId: null,
  note,
});
