import { readFileSync, statSync } from 'node:fs';
import { z } from 'zod';
import { messageOf, NodeError } from '../../base/node-error.js';

/** Bytes of a file of collateral; those of Intel have some 20 kB. */
export const MAX_COLLATERAL_BYTES = 1_048_576;

const pem = z.string().max(65_536);
const json = z.string().max(524_288);
const hex = z
  .string()
  .max(1_048_576)
  .regex(/^(?:[0-9a-fA-F]{2})+$/);

/**
 * What Intel publishes about its processors and signs, in the form that dcap-qvl and PCCS know:
 * certificates as PEM, signatures and revocation lists as hex, the rest as the very JSON text that
 * is signed.
 */
export const collateralSchema = z.strictObject({
  pck_crl_issuer_chain: pem,
  root_ca_crl: hex,
  pck_crl: hex,
  tcb_info_issuer_chain: pem,
  tcb_info: json,
  tcb_info_signature: hex,
  qe_identity_issuer_chain: pem,
  qe_identity: json,
  qe_identity_signature: hex,
});

export type Collateral = z.output<typeof collateralSchema>;

/** Reads a file of collateral. Throws a NodeError ATTESTATION_COLLATERAL. */
export function readCollateralFile(path: string): Collateral {
  try {
    const { size } = statSync(path);
    if (size > MAX_COLLATERAL_BYTES) {
      throw new RangeError(`it has ${size} bytes, at most ${MAX_COLLATERAL_BYTES} are read`);
    }
    return parseCollateral(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new NodeError('ATTESTATION_COLLATERAL', `cannot read ${path}: ${messageOf(cause)}`, {
      hint: 'give the collateral of the quote as JSON, as PCCS clients and dcap-qvl write it',
    });
  }
}

function parseCollateral(text: string): Collateral {
  const parsed = collateralSchema.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const key = issue?.code === 'unrecognized_keys' ? issue.keys[0] : issue?.path.join('.');
  throw new RangeError(`${key} is not as it is in collateral`);
}
