import { type Hash256, hash160ToAddress } from '../../base/hash.js';
import { messageOf } from '../../base/node-error.js';
import { isSignedHeader, type RawHeader, readRawHeader } from '../../chain/raw-header.js';
import type { AttestationPolicy } from '../../config/attestation-policy.js';
import type { Check } from '../verify-bundle.js';
import type { Attestation } from './attestation-file.js';
import { isoTime } from './revocation-list.js';

/** What a verifier knows besides the file. */
export interface KnownTime {
  readonly atMs: number;
  /** 32 bytes that the verifier asked the node to put in; null: it did not. */
  readonly nonce: Buffer | null;
  /**
   * Hash of the block of this index by a node of the network; null: it has none; undefined: nobody
   * was asked.
   */
  readonly onChain?: Hash256 | null;
}

/** Clocks of consensus and verifier may differ by so much. */
export const MAX_CLOCK_SKEW_MS = 120_000;

/**
 * A quote carries the hash of a block, so it was made after that block: nobody knew the hash
 * before. How much counts as recent is the policy's to say; that the block is one of the network is
 * shown by the signatures of its consensus, or by a node of the network.
 */
export function checkFreshness(
  { fields, blockHeader }: Pick<Attestation, 'fields' | 'blockHeader'>,
  policy: AttestationPolicy,
  known: KnownTime,
): Check[] {
  const { block } = fields;
  const what = `block ${block.index} is one of the network`;
  let header: RawHeader;
  try {
    header = readRawHeader(blockHeader);
  } catch (error) {
    return [{ what, found: 'fails', details: [messageOf(error)] }, unknownAge(policy)];
  }
  const isThatBlock =
    header.hash === block.hash && header.index === block.index && header.timeMs === block.timeMs;
  if (!isThatBlock) {
    const details = ['the header in the file is not that of the block in the fields'];
    return [{ what, found: 'fails', details }, unknownAge(policy)];
  }
  const proven = checkBlock(what, header, { fields, blockHeader }, policy, known);
  return [proven, checkAge(block.timeMs, policy, known.atMs), ...checkNonce(fields.nonce, known)];
}

function checkBlock(
  what: string,
  header: RawHeader,
  { fields }: Pick<Attestation, 'fields' | 'blockHeader'>,
  policy: AttestationPolicy,
  { onChain }: KnownTime,
): Check {
  if (onChain !== undefined && onChain !== header.hash) {
    const details = [`the network's block ${header.index} is ${onChain ?? 'not there'}`];
    return { what, found: 'fails', details };
  }
  const signer = `${hash160ToAddress(header.signedBy)}`;
  if (policy.consensus.length > 0) {
    if (!policy.consensus.includes(header.signedBy)) {
      return { what, found: 'fails', details: [`it is signed by ${signer}`] };
    }
    if (!isSignedHeader(header, fields.magic)) {
      return { what, found: 'fails', details: [`it has no signatures of ${signer}`] };
    }
    return { what, found: 'holds', details: [`consensus signed it: ${signer}`] };
  }
  if (onChain !== undefined) return { what, found: 'holds', details: ['the endpoint has it'] };
  const details = [
    `anybody can make up a block: name the accounts of consensus in the policy (this one says it ` +
      `is of ${signer}), or give --rpc`,
  ];
  return { what, found: 'unproven', details };
}

const ageName = ({ maxAgeMs }: AttestationPolicy): string =>
  `the attestation is not older than ${maxAgeMs / 1_000} s`;

const unknownAge = (policy: AttestationPolicy): Check => ({
  what: ageName(policy),
  found: 'unproven',
  details: [],
});

function checkAge(timeMs: number, policy: AttestationPolicy, atMs: number): Check {
  const what = ageName(policy);
  const ageMs = atMs - timeMs;
  const details = [`its block is of ${isoTime(timeMs)}, looked at on ${isoTime(atMs)}`];
  if (ageMs < -MAX_CLOCK_SKEW_MS) {
    return { what, found: 'fails', details: [...details, 'its block is of the future'] };
  }
  return { what, found: ageMs <= policy.maxAgeMs ? 'holds' : 'fails', details };
}

function checkNonce(nonce: Buffer | null, known: KnownTime): Check[] {
  const what = 'it was made for this question: it carries the nonce';
  if (known.nonce === null) return [];
  if (nonce?.equals(known.nonce) === true) return [{ what, found: 'holds', details: [] }];
  const details = [nonce === null ? 'it carries none' : 'it carries another one'];
  return [{ what, found: 'fails', details }];
}
