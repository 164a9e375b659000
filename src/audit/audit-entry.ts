import { sha256, shorten } from '../base/bytes.js';

export const AUDIT_OUTCOMES = ['done', 'refused', 'failed'] as const;
export type AuditOutcome = (typeof AUDIT_OUTCOMES)[number];

/** What is to be remembered: who did what to which object, and how it ended. Never a secret. */
export interface AuditFact {
  /** `operator:NAME`, `contract:0x…` or `node`. */
  readonly actor: string;
  /** Two words with a dot, e.g. `secret.reveal`. */
  readonly action: string;
  /** E.g. `secret:NAME of N…`. */
  readonly object: string;
  readonly outcome: AuditOutcome;
  readonly requestId: bigint | null;
  /** Why, or with what; "" where the rest says it all. */
  readonly note: string;
}

/** A fact in its place in the chain. */
export interface AuditEntry extends AuditFact {
  /** From 1, without gaps. */
  readonly seq: number;
  /** Milliseconds since 1970, by the clock of the machine. */
  readonly atMs: number;
  /** Hash of the entry before; of the first one GENESIS. */
  readonly previous: Buffer;
  readonly hash: Buffer;
}

/** The place in the chain that the next entry follows. */
export interface AuditHead {
  /** 0: the log is empty. */
  readonly seq: number;
  readonly hash: Buffer;
}

/** Longest text of a fact; what is longer is cut. */
export const MAX_AUDIT_TEXT_CHARS = 300;

/** What stands for the entry before the first one. */
export const GENESIS: AuditHead = Object.freeze({ seq: 0, hash: sha256('dodona audit log 1') });

/** The entry of a fact that comes next after the head. */
export function entryAfter(head: AuditHead, atMs: number, fact: AuditFact): AuditEntry {
  const { outcome, requestId } = fact;
  const [actor, action, object, note] = [fact.actor, fact.action, fact.object, fact.note].map(fit);
  const texts = {
    actor: actor ?? '',
    action: action ?? '',
    object: object ?? '',
    note: note ?? '',
  };
  const entry = { ...texts, outcome, requestId, seq: head.seq + 1, atMs, previous: head.hash };
  return { ...entry, hash: hashOf(entry) };
}

/** SHA-256 over the previous entry's hash and all fields, as JSON text of a list. */
export function hashOf(entry: Omit<AuditEntry, 'hash'>): Buffer {
  const { seq, atMs, actor, action, object, outcome, requestId, note, previous } = entry;
  const id = requestId === null ? null : String(requestId);
  return sha256(previous, JSON.stringify([seq, atMs, actor, action, object, outcome, id, note]));
}

/** Strangers' words may be in a fact: one line of bounded length. */
function fit(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]+/gu, ' ');
  return shorten(line, MAX_AUDIT_TEXT_CHARS);
}
