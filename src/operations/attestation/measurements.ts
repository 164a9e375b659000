import { toHex } from '../../base/bytes.js';
import type { AllowedBytes } from '../../config/attestation-policy.js';
import type { Check } from '../verify-bundle.js';

/** Holds a value against those that a policy allows. */
export function allowed(name: string, bytes: Buffer, by: AllowedBytes): Check {
  const what = `${name} is one that the policy allows`;
  const found = toHex(bytes);
  if (by === 'any') return { what, found: 'skipped', details: [`the policy allows any: ${found}`] };
  if (by.includes(found)) return { what, found: 'holds', details: [] };
  return { what, found: 'fails', details: [`it is ${found}`] };
}
