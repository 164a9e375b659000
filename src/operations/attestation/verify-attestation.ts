import type { AttestationPolicy } from '../../config/attestation-policy.js';
import { type Check, type Verdict, verdictOf } from '../verify-bundle.js';
import type { Attestation } from './attestation-file.js';
import { checkFields, checkReportData } from './check-fields.js';
import { checkFreshness, type KnownTime } from './check-freshness.js';
import type { Collateral } from './collateral.js';
import { type QuoteFindings, verifyTdxQuote } from './verify-tdx.js';

export interface AttestationVerification {
  readonly verdict: Verdict;
  readonly checks: readonly Check[];
}

/**
 * Verifies an attestation offline: that genuine hardware signed it, that what it measured is what
 * the policy allows, that it speaks for the fields in the file, and that it is recent. What cannot
 * be shown is never taken for shown: the verdict is `verified` only if every check holds, or was
 * waived by the policy in so many words.
 */
export function verifyAttestation(
  attestation: Attestation,
  options: {
    readonly policy: AttestationPolicy;
    /** Instead of that in the file. */
    readonly collateral: Collateral | null;
    readonly known: KnownTime;
  },
): AttestationVerification {
  const { policy, known } = options;
  const findings = verifyQuote(attestation, options);
  const checks = [
    ...findings.checks,
    checkReportData(attestation.fields, findings.reportData),
    ...checkFields(attestation.fields, policy),
    ...checkFreshness(attestation, policy, known),
  ];
  return { verdict: verdictOf(checks), checks };
}

function verifyQuote(
  attestation: Attestation,
  { policy, collateral, known }: Parameters<typeof verifyAttestation>[1],
): QuoteFindings {
  if (attestation.tee === 'tdx' && policy.tdx !== null) {
    return verifyTdxQuote({
      quote: attestation.quote,
      collateral: collateral ?? attestation.collateral,
      policy: policy.tdx,
      atMs: known.atMs,
    });
  }
  if (attestation.tee !== 'tdx') {
    const what = `quotes of ${attestation.tee} are verified`;
    const details = ['NOT VERIFIED: this version verifies quotes of Intel TDX only'];
    return { checks: [{ what, found: 'fails', details }], reportData: null };
  }
  const what = `the policy allows quotes of ${attestation.tee}`;
  const details = ['it has no section of that name, so nothing of the quote was verified'];
  return { checks: [{ what, found: 'fails', details }], reportData: null };
}
