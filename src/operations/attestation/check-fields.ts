import { toHex } from '../../base/bytes.js';
import { type Hash160, hash160ToAddress, scriptHash } from '../../base/hash.js';
import type { AllowedBytes, AttestationPolicy } from '../../config/attestation-policy.js';
import type { Check } from '../verify-bundle.js';
import { type AttestedFields, reportDataOf } from './attested-fields.js';

/** Whether the quote speaks for these fields at all: without it nothing of them counts. */
export function checkReportData(fields: AttestedFields, reportData: Buffer | null): Check {
  const what = 'the quote speaks for these fields: it carries their hash';
  const expected = reportDataOf(fields);
  if (reportData?.equals(expected) === true) return { what, found: 'holds', details: [] };
  const carried = reportData === null ? 'cannot be read' : `is ${toHex(reportData)}`;
  const details = [`the fields hash to ${toHex(expected)}`, `what the quote carries ${carried}`];
  return { what, found: 'fails', details };
}

/** Whether the fields are those that a policy asks for. */
export function checkFields(fields: AttestedFields, policy: AttestationPolicy): Check[] {
  const { randomPublicKey, secretsPublicKey, buildDigest } = fields;
  return [
    checkService(fields, policy),
    checkAccount(fields, policy.nodeAccount),
    key('the program is one that the policy allows', buildDigest, policy.buildDigest),
    key(
      'the key of random numbers is one that the policy allows',
      randomPublicKey,
      policy.randomKey,
    ),
    key('the key for secrets is one that the policy allows', secretsPublicKey, policy.secretsKey),
  ];
}

function checkService(fields: AttestedFields, policy: AttestationPolicy): Check {
  const what = 'the node serves the gateway and the network of the policy';
  const [served, wanted] = [fields, policy].map((of) => `${of.gateway} on network ${of.magic}`);
  if (served === wanted) return { what, found: 'holds', details: [] };
  return { what, found: 'fails', details: [`it serves ${served}`, `the policy says ${wanted}`] };
}

function checkAccount(fields: AttestedFields, by: 'any' | readonly Hash160[]): Check {
  const what = 'the account that answers is one that the policy allows, and its keys are attested';
  const { nodeAccount, verificationScript } = fields;
  const shown = `${nodeAccount} (${hash160ToAddress(nodeAccount)})`;
  if (scriptHash(verificationScript) !== nodeAccount) {
    const details = [`${shown} is not the account of the verification script in the file`];
    return { what, found: 'fails', details };
  }
  if (by === 'any') return { what, found: 'skipped', details: [`the policy allows any: ${shown}`] };
  if (by.includes(nodeAccount)) return { what, found: 'holds', details: [] };
  return { what, found: 'fails', details: [`it is ${shown}`] };
}

function key(what: string, bytes: Buffer | null, by: AllowedBytes): Check {
  const found = bytes === null ? 'none' : toHex(bytes);
  if (by === 'any') return { what, found: 'skipped', details: [`the policy allows any: ${found}`] };
  if (bytes !== null && by.includes(found)) return { what, found: 'holds', details: [] };
  return { what, found: 'fails', details: [`it is ${found}`] };
}
