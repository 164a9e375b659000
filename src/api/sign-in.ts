import { createHmac } from 'node:crypto';
import { sha256Hex, toHex } from '../base/bytes.js';
import type { Clock } from '../base/clock.js';
import { type Hash160, hash160ToAddress } from '../base/hash.js';
import type { RandomBytes } from '../base/sealed-box.js';
import { isSame } from './authenticate.js';
import { Refusal } from './problem.js';
import { accountOfKey, isSignedBy, type SignedMessage } from './wallet-message.js';

/** Within it a wallet must sign. */
export const CHALLENGE_MS = 5 * 60_000;
/** How long a token works. */
export const SESSION_MS = 30 * 60_000;
/** Sessions at once; the oldest is forgotten first. */
export const MAX_SESSIONS = 10_000;
/** One account's share of them. */
export const MAX_SESSIONS_PER_ACCOUNT = 10;
/** Challenges that were signed within the last minutes, and must not be signed in with again. */
export const MAX_USED = 10_000;
const NONCE_BYTES = 16;
const SECRET_BYTES = 32;
const TOKEN = /^dodona_owner_([A-Za-z0-9_-]{43})$/;
const TICKET = /^(0x[0-9a-f]{40})\.([0-9a-f]{32})\.(\d{1,16})\.([A-Za-z0-9_-]{43})$/;

export interface Challenge {
  /** Handed in with the signature: the challenge, sealed by this node. */
  readonly ticket: string;
  /** To be signed as it is, by the wallet's `signMessage`. */
  readonly message: string;
  readonly expiresMs: number;
}

export interface OwnerSession {
  readonly account: Hash160;
  readonly expiresMs: number;
}

interface Ticket {
  readonly account: Hash160;
  readonly nonce: string;
  readonly expiresMs: number;
}

export type SignIn = ReturnType<typeof createSignIn>;

/**
 * Lets owners in who sign a challenge with their wallet. A challenge is not remembered, so nobody
 * can push out those of others: its ticket has what is needed, sealed by a key of this start. What
 * was signed in with, and sessions, are in memory in a bounded number; of tokens only hashes.
 */
export function createSignIn(parts: {
  readonly magic: number;
  readonly gateway: Hash160;
  readonly clock: Clock;
  readonly random: RandomBytes;
}) {
  const { magic, gateway, clock, random } = parts;
  const sealingKey = random(SECRET_BYTES);
  /** Nonces, with when they end. */
  const used = new Map<string, number>();
  const sessions = new Map<string, OwnerSession>();

  const hashOf = (secret: string): string => sha256Hex(secret);

  const sealOf = (origin: string, { account, nonce, expiresMs }: Ticket): Buffer =>
    createHmac('sha256', sealingKey)
      .update(JSON.stringify([account, nonce, expiresMs, origin]))
      .digest();

  const messageOf = (origin: string, { account, nonce, expiresMs }: Ticket): string =>
    [
      'Sign in to the Dodona oracle node. This signature moves no money.',
      `account: ${hash160ToAddress(account)}`,
      `origin: ${origin}`,
      `network: ${magic}`,
      `gateway: ${gateway}`,
      `nonce: ${nonce}`,
      `expires: ${new Date(expiresMs).toISOString()}`,
    ].join('\n');

  function openTicket(text: string, origin: string): Ticket {
    const [, account, nonce, expires, seal] = TICKET.exec(text) ?? [];
    if (account === undefined || nonce === undefined || seal === undefined) {
      throw refused('the ticket is not one of this node');
    }
    const ticket = { account: account as Hash160, nonce, expiresMs: Number(expires) };
    if (!isSame(Buffer.from(seal, 'base64url'), sealOf(origin, ticket))) {
      throw refused('the ticket is not one of this node, for the name that you ask by');
    }
    // One that ends too late was made before the clock was set back.
    const leftMs = ticket.expiresMs - clock.nowMs();
    if (leftMs <= 0 || leftMs > CHALLENGE_MS) throw refused('the challenge has expired');
    return ticket;
  }

  function useUp({ nonce, expiresMs }: Ticket): void {
    const nowMs = clock.nowMs();
    if (used.has(nonce)) throw refused('the challenge was used already');
    for (const [old, endMs] of used) if (endMs <= nowMs) used.delete(old);
    if (used.size >= MAX_USED) throw new Refusal('BUSY', 'too many sign in; try again in minutes');
    used.set(nonce, expiresMs);
  }

  /** Of one account, and of all, the oldest ones make room. */
  function makeRoom(account: Hash160): void {
    const own = [...sessions].filter(([, session]) => session.account === account);
    const extra = own.slice(0, Math.max(0, own.length - MAX_SESSIONS_PER_ACCOUNT + 1));
    for (const [hash] of extra) sessions.delete(hash);
    const [oldest] = sessions.keys();
    if (sessions.size >= MAX_SESSIONS && oldest !== undefined) sessions.delete(oldest);
  }

  return {
    /** @param origin what the caller asked by; it stands in the message, and binds the ticket. */
    challenge(account: Hash160, origin: string): Challenge {
      const nonce = toHex(random(NONCE_BYTES));
      const expiresMs = Math.round(clock.nowMs()) + CHALLENGE_MS;
      const ticket = { account, nonce, expiresMs };
      const seal = sealOf(origin, ticket).toString('base64url');
      const text = `${account}.${nonce}.${expiresMs}.${seal}`;
      return { ticket: text, message: messageOf(origin, ticket), expiresMs };
    },

    /** Throws a Refusal SIGN_IN_REFUSED, or BUSY. */
    signIn(
      ticketText: string,
      origin: string,
      signed: SignedMessage,
    ): OwnerSession & { readonly token: string } {
      const ticket = openTicket(ticketText, origin);
      const { account } = ticket;
      if (accountOfKey(signed.publicKey) !== account) {
        throw refused('the public key is not that of the account');
      }
      if (!isSignedBy(messageOf(origin, ticket), signed)) {
        throw refused('the signature is not one of the message');
      }
      useUp(ticket);
      makeRoom(account);
      const secret = random(SECRET_BYTES).toString('base64url');
      const session = { account, expiresMs: clock.nowMs() + SESSION_MS };
      sessions.set(hashOf(secret), session);
      return { ...session, token: `dodona_owner_${secret}` };
    },

    /** The session of a token; null for any other text. */
    find(token: string): OwnerSession | null {
      const secret = TOKEN.exec(token)?.[1];
      const session = secret === undefined ? undefined : sessions.get(hashOf(secret));
      if (secret === undefined || session === undefined) return null;
      const leftMs = session.expiresMs - clock.nowMs();
      if (leftMs > 0 && leftMs <= SESSION_MS) return session;
      sessions.delete(hashOf(secret));
      return null;
    },

    signOut(token: string): void {
      const secret = TOKEN.exec(token)?.[1];
      if (secret !== undefined) sessions.delete(hashOf(secret));
    },
  };
}

const refused = (why: string): Refusal =>
  new Refusal('SIGN_IN_REFUSED', `${why}; ask for a new challenge, and sign that`);
