import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { fromHex, toHex } from '../base/bytes.js';
import { messageOf, NodeError } from '../base/node-error.js';
import type { AuditHead } from './audit-entry.js';

/** A time at which the database did not hold what the anchor said it must. */
export interface AuditBreak {
  readonly foundAtMs: number;
  /** Entries that were there once; null where the anchor itself could not be read. */
  readonly seq: number | null;
  readonly problem: string;
}

/** How far the log had got when it was last written to, kept apart from its rows. */
export interface AuditAnchor extends AuditHead {
  /** What was found broken when entries were added; it stays until an operator acknowledges it. */
  readonly breaks: readonly AuditBreak[];
}

/** Breaks that are kept; the first ones tell most. */
export const MAX_AUDIT_BREAKS = 20;

const anchorSchema = z.strictObject({
  dodonaAudit: z.literal(1),
  seq: z.int().min(0),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  breaks: z.array(
    z.strictObject({
      foundAtMs: z.int(),
      seq: z.int().nullable(),
      problem: z.string(),
    }),
  ),
});

export type StoredAnchor =
  | { readonly kind: 'anchor'; readonly anchor: AuditAnchor }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unreadable'; readonly why: string };

/** Reads the file; whatever is wrong with it is a finding and no error. */
export function readAnchor(path: string): StoredAnchor {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return { kind: 'missing' };
    return { kind: 'unreadable', why: messageOf(error) };
  }
  try {
    const { seq, hash, breaks } = anchorSchema.parse(JSON.parse(text));
    return { kind: 'anchor', anchor: { seq, hash: fromHex(hash), breaks } };
  } catch {
    return { kind: 'unreadable', why: 'it does not have the form of an anchor' };
  }
}

/**
 * Replaces the file: afterwards it holds the whole new text, or, if the machine stops, the whole
 * old one. Throws a NodeError AUDIT_ANCHOR.
 */
export function writeAnchor(path: string, { seq, hash, breaks }: AuditAnchor): void {
  const kept = breaks.slice(0, MAX_AUDIT_BREAKS);
  const text = JSON.stringify({ dodonaAudit: 1, seq, hash: toHex(hash), breaks: kept });
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const next = `${path}.next`;
    const file = openSync(next, 'w', 0o600);
    try {
      writeSync(file, `${text}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(next, path);
    syncDirectory(dirname(path));
  } catch (cause) {
    throw new NodeError('AUDIT_ANCHOR', `cannot write the audit log's anchor ${path}`, {
      cause,
      retryable: true,
      hint: 'make room on its disk and let the node write there, or set audit.anchorFile',
    });
  }
}

/** A new name is on disk only once its directory is. */
function syncDirectory(dir: string): void {
  const opened = openSync(dir, 'r');
  try {
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}
