import { toHex } from '../base/bytes.js';
import { type AuditBreak, readAnchor, type StoredAnchor } from './audit-anchor.js';
import { type AuditHead, GENESIS, hashOf } from './audit-entry.js';
import type { AuditStore } from './audit-store.js';

/** One thing that is wrong with the log. */
export interface AuditFinding {
  /** The first entry that it is about; null where it is about the log as a whole. */
  readonly seq: number | null;
  readonly problem: string;
}

export interface AuditVerification {
  /** The last entry, to be noted down elsewhere and compared later. */
  readonly head: AuditHead;
  /** Empty: nothing was changed, left out or cut off, as far as it can be known. */
  readonly findings: readonly AuditFinding[];
  /** Entries after the anchor: a process stopped between writing them and moving it. */
  readonly notAnchored: number;
}

/** Findings that are told; a broken chain has as many as it has entries. */
export const MAX_AUDIT_FINDINGS = 100;

/**
 * Reads the whole log and finds every change, gap and truncation: each entry's hash is computed
 * anew, each must name the one before, the numbers must have no gap, and what the anchor says must
 * be there must be there.
 * @param expected an earlier head that was kept elsewhere: it must still be in the log.
 */
export function verifyAudit(
  store: AuditStore,
  anchorFile: string,
  expected: AuditHead | null = null,
): AuditVerification {
  // The anchor first: it only moves forward, behind the rows.
  const stored = readAnchor(anchorFile);
  return store.atOnce(() => {
    const chain = walkChain(store);
    const findings = [
      ...guardFindings(store),
      ...chain.findings,
      ...anchorFindings(stored, store),
      ...expectedFindings(expected, store),
    ];
    const anchorSeq = stored.kind === 'anchor' ? stored.anchor.seq : 0;
    return {
      head: chain.head,
      findings: findings.slice(0, MAX_AUDIT_FINDINGS),
      notAnchored: Math.max(0, chain.head.seq - anchorSeq),
    };
  });
}

/** What the rows contradict of the anchor; null when they fit together. */
export function anchorProblem(stored: StoredAnchor, store: AuditStore): string | null {
  if (stored.kind === 'unreadable') return `the anchor cannot be read: ${stored.why}`;
  if (stored.kind === 'missing') {
    const { seq } = store.head();
    return seq === 0 ? null : `the anchor is missing, and the log has ${seq} entries`;
  }
  const { seq, hash } = stored.anchor;
  return headProblem('the anchor', { seq, hash }, store);
}

function headProblem(who: string, { seq, hash }: AuditHead, store: AuditStore): string | null {
  if (seq === 0) return null;
  const found = store.hashAt(seq);
  if (found === null) {
    return `${who} knows entry ${seq}, and the log ends with ${store.head().seq}`;
  }
  return found.equals(hash) ? null : `entry ${seq} is not the one that ${who} knows`;
}

const guardFindings = (store: AuditStore): AuditFinding[] =>
  store.missingGuards().map((name) => ({ seq: null, problem: `the trigger ${name} is gone` }));

function anchorFindings(stored: StoredAnchor, store: AuditStore): AuditFinding[] {
  const problem = anchorProblem(stored, store);
  const breaks = stored.kind === 'anchor' ? stored.anchor.breaks : [];
  return [...breaks.map(breakFinding), ...(problem === null ? [] : [{ seq: null, problem }])];
}

const breakFinding = ({ foundAtMs, problem }: AuditBreak): AuditFinding => ({
  seq: null,
  problem: `found on ${new Date(foundAtMs).toISOString()}: ${problem}`,
});

function expectedFindings(expected: AuditHead | null, store: AuditStore): AuditFinding[] {
  const problem = expected === null ? null : headProblem('the given head', expected, store);
  return problem === null ? [] : [{ seq: expected?.seq ?? null, problem }];
}

function walkChain(store: AuditStore): { head: AuditHead; findings: AuditFinding[] } {
  const findings: AuditFinding[] = [];
  let before = GENESIS;
  for (const entry of store.entries()) {
    const { seq, previous, hash } = entry;
    if (findings.length < MAX_AUDIT_FINDINGS) {
      if (seq !== before.seq + 1) {
        findings.push({ seq, problem: `entries ${before.seq + 1} to ${seq - 1} are missing` });
      } else if (!previous.equals(before.hash)) {
        findings.push({ seq, problem: `it does not follow entry ${before.seq}` });
      }
      const right = hashOf(entry);
      if (!right.equals(hash)) {
        findings.push({ seq, problem: `it was changed: its hash should be ${toHex(right)}` });
      }
    }
    before = { seq, hash };
  }
  return { head: before, findings };
}
