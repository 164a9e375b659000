/**
 * Fails when a message that the contracts refuse with was not seen in a FAULT of a test run:
 *
 *   node --import tsx scripts/check-refusals.ts FOLDER
 *
 * FOLDER is where the tests of that run reported what they saw: the environment variable
 * DODONA_TEST_REFUSALS names it to them. Only a run of all tests can be checked.
 */
import { resolve } from 'node:path';
import { refusalsUnder, seenIn, unseen } from './check-refusals/unseen-refusals.js';

const CONTRACTS = resolve(import.meta.dirname, '..', 'contracts');

function main([folder]: readonly string[]): number {
  if (folder === undefined) {
    console.error('check-refusals: expected the folder that a test run reported into');
    return 1;
  }
  const refusals = refusalsUnder(CONTRACTS);
  const missing = unseen(refusals, seenIn(folder));
  for (const { file, message } of missing) {
    console.error(`check-refusals: no test saw on a node that ${file} refuses: "${message}"`);
  }
  console.log(`${refusals.length - missing.length} of ${refusals.length} refusals were seen`);
  return missing.length > 0 ? 1 : 0;
}

process.exitCode = main(process.argv.slice(2));
