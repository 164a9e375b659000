import { X509Certificate } from 'node:crypto';
import dcap from '@phala/dcap-qvl';
import { sha256Hex, toHex } from '../../base/bytes.js';
import { messageOf } from '../../base/node-error.js';
import type { TdxPolicy } from '../../config/attestation-policy.js';
import type { Check } from '../verify-bundle.js';
import type { Collateral } from './collateral.js';
import { checkIntelChains } from './intel-chains.js';
import { allowed } from './measurements.js';
import {
  joinJudgements,
  judgeTdxModule,
  parseQeIdentity,
  parseTcbInfo,
  TCB_STATUSES,
  type TcbJudgement,
  type TcbStatus,
} from './tdx-module.js';
import { readTdxQuote, type TdxQuote, type TdxReport } from './tdx-quote.js';

export interface QuoteFindings {
  readonly checks: readonly Check[];
  /** 64 bytes that the quote carries; null where it cannot be read. */
  readonly reportData: Buffer | null;
}

/**
 * Verifies a quote of Intel TDX offline. Every check fails closed: what cannot be proven is
 * `unproven` or `fails`, never passed over.
 */
export function verifyTdxQuote(options: {
  readonly quote: Buffer;
  readonly collateral: Collateral | null;
  readonly policy: TdxPolicy;
  readonly atMs: number;
}): QuoteFindings {
  const signed = 'the quote is signed by a processor of Intel, up to the trusted root';
  let quote: TdxQuote;
  try {
    quote = readTdxQuote(options.quote);
  } catch (error) {
    const check: Check = { what: signed, found: 'fails', details: [messageOf(error)] };
    return { checks: [check], reportData: null };
  }
  const { policy } = options;
  const measured = [checkAttributes(quote.report), ...checkMeasurements(quote.report, policy)];
  return {
    checks: [...checkSignatures(signed, quote, options), ...measured],
    reportData: quote.report.reportData,
  };
}

function checkSignatures(
  what: string,
  { report, pckChain }: TdxQuote,
  { quote: bytes, collateral, policy, atMs }: Parameters<typeof verifyTdxQuote>[0],
): Check[] {
  if (collateral === null) {
    const details = ['there is no collateral to hold it against: give it with --collateral'];
    return [
      { what, found: 'unproven', details },
      { what: PATCHED, found: 'unproven', details: [] },
    ];
  }
  try {
    const root = new X509Certificate(policy.rootCa ?? dcap.constants.TRUSTED_ROOT_CA_DER);
    checkIntelChains({ collateral, pckChain, root, atMs });
    const info = parseTcbInfo(collateral.tcb_info);
    // Each is signed by itself: old ones may stand beside new ones.
    const evaluation = Math.min(
      info.tcbEvaluationDataNumber,
      parseQeIdentity(collateral.qe_identity).tcbEvaluationDataNumber,
    );
    const module = judgeTdxModule(info, report);
    const platform = judgePlatform(bytes, collateral, root, atMs);
    const whose = policy.rootCa === null ? "it is Intel's" : "named by the policy, not Intel's";
    const fingerprint = `the root has the SHA-256 ${sha256Hex(root.raw)}: ${whose}`;
    const patched =
      platform === null
        ? { what: PATCHED, found: 'fails' as const, details: [BELOW_ALL] }
        : checkTcb(joinJudgements(platform, module), evaluation, policy);
    return [{ what, found: 'holds', details: [fingerprint] }, patched];
  } catch (error) {
    return [
      { what, found: 'fails', details: [messageOf(error)] },
      { what: PATCHED, found: 'unproven', details: ['nothing of an unproven quote counts'] },
    ];
  }
}

const PATCHED = 'the platform is as far patched as the policy asks for';
const BELOW_ALL = 'it is out of date: below every level that Intel lists for it';

/**
 * Chains, TCB info, QE identity and signatures, by the library; null where all of them are right,
 * but the platform is below every level, which it looks at last. Throws what is wrong else.
 */
function judgePlatform(
  bytes: Buffer,
  collateral: Collateral,
  root: X509Certificate,
  atMs: number,
): TcbJudgement | null {
  const verifier = dcap.QuoteVerifier.newWithRootCa(root.raw);
  try {
    const verified = verifier.verify(bytes, collateral, Math.floor(atMs / 1_000));
    return { status: statusOf(verified.status), advisories: verified.advisory_ids };
  } catch (error) {
    if (error instanceof Error && error.message === 'No matching TCB level found') return null;
    throw error;
  }
}

function statusOf(status: string): TcbStatus {
  // Anything new is as good as revoked until this program knows what it means.
  return TCB_STATUSES.find((known) => known === status) ?? 'Revoked';
}

function checkTcb(
  { status, advisories }: TcbJudgement,
  evaluation: number,
  policy: TdxPolicy,
): Check {
  const what = PATCHED;
  const details = [
    `Intel says ${status}${advisories.length > 0 ? `: ${advisories.join(', ')}` : ''}`,
    `by evaluation ${evaluation}`,
  ];
  if (!policy.tcbStatus.includes(status)) {
    details.push(`the policy allows ${policy.tcbStatus.join(', ')}`);
    return { what, found: 'fails', details };
  }
  if (evaluation < policy.minTcbEvaluation) {
    details.push(`the policy asks for evaluation ${policy.minTcbEvaluation} or later`);
    return { what, found: 'fails', details };
  }
  return { what, found: 'holds', details };
}

/** Bits of TD attributes (Intel TDX Module ABI): 0 to 7 are debug and its kin. */
const UNDER_DEBUG_BYTE = 0;

function checkAttributes({ tdAttributes }: TdxReport): Check {
  const what = 'the machine cannot be looked into: debugging is off';
  const isOff = tdAttributes[UNDER_DEBUG_BYTE] === 0;
  const details = isOff ? [] : [`its attributes are ${toHex(tdAttributes)}`];
  return { what, found: isOff ? 'holds' : 'fails', details };
}

function checkMeasurements(report: TdxReport, policy: TdxPolicy): Check[] {
  return TDX_MEASUREMENTS.map((name) => allowed(name, report[name], policy[name]));
}

/** What a policy says something about, as it is named there and in the report. */
export const TDX_MEASUREMENTS = [
  'mrTd',
  'rtMr0',
  'rtMr1',
  'rtMr2',
  'rtMr3',
  'mrConfigId',
  'mrOwner',
  'mrOwnerConfig',
  'mrSeam',
] as const;
