import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../../scripts/ensure/paths.mjs';
import type { TdxPolicy } from '../../../src/config/attestation-policy.js';
import { readCollateralFile } from '../../../src/operations/attestation/collateral.js';

const FOLDER = join(projectRoot, 'test', 'fixtures', 'attestation');

/** A quote of a real machine with its collateral, and a time at which that is valid. */
export function realQuote(name: 'tdx_quote' | 'tdx_quote_outdated') {
  const collateral = readCollateralFile(join(FOLDER, `${name}_collateral.json`));
  const issued = Date.parse(JSON.parse(collateral.tcb_info).issueDate);
  return { quote: readFileSync(join(FOLDER, name)), collateral, atMs: issued + 3_600_000 };
}

/** Asks for nothing but what can't be waived. */
export const LENIENT: TdxPolicy = {
  tcbStatus: ['UpToDate'],
  minTcbEvaluation: 0,
  rootCa: null,
  mrTd: 'any',
  rtMr0: 'any',
  rtMr1: 'any',
  rtMr2: 'any',
  rtMr3: 'any',
  mrConfigId: 'any',
  mrOwner: 'any',
  mrOwnerConfig: 'any',
  mrSeam: 'any',
};
