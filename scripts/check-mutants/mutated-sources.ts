import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deriveMutants, type Mutant, type Within } from './derive-mutants.js';

/** Where the rules of the books stand. */
const SOURCES: readonly (readonly [file: string, within?: Within])[] = [
  ['src/gasbank/postings.ts'],
  ['src/gasbank/own-gas-postings.ts'],
  ['src/gasbank/upkeep-lock.ts'],
  ['src/gasbank/upkeep-lock-store.ts'],
  ['src/gasbank/opening.ts'],
  ['src/gasbank/accounts.ts'],
  ['src/gasbank/fault-store.ts'],
  ['src/gasbank/own-account-store.ts'],
  ['src/gasbank/ledger-store.ts'],
  ['src/pipeline/transaction-ending.ts'],
  ['src/pipeline/open-wallets.ts'],
  ['src/pipeline/intake.ts', { from: 'function takeTransaction', to: 'function endAnswering' }],
  // What it does to a database of before is the migration's test to show.
  [
    'src/storage/schema/schema-3-ledger.ts',
    { from: 'CREATE UNIQUE INDEX', to: 'CREATE TABLE own' },
  ],
  ['src/storage/schema/schema-3-ledger.ts', { from: 'CREATE TABLE ledger_account', to: 'INSERT' }],
  [
    'src/storage/schema/schema-3-ledger.ts',
    { from: 'CREATE TABLE ledger_transfer_new', to: 'INSERT INTO ledger_transfer_new' },
  ],
];

/** The tests that must notice each of them; quick ones, without a blockchain node. */
export const QUICK_TESTS: readonly string[] = [
  'test/gasbank/postings.test.ts',
  'test/gasbank/upkeep-lock.test.ts',
  'test/gasbank/own-accounts.test.ts',
  'test/gasbank/ledger-store.test.ts',
  'test/gasbank/ledger-floors.test.ts',
  'test/pipeline/transaction-ending.test.ts',
  'test/pipeline/open-wallets.test.ts',
  'test/pipeline/intake.test.ts',
  'test/pipeline/upkeep-intake.test.ts',
  'test/gasbank/histories.test.ts',
];

/** All mutants of the rules of the books, in the order of their places. */
export function ledgerMutants(root: string): Mutant[] {
  return SOURCES.flatMap(([file, within]) =>
    deriveMutants(file, readFileSync(join(root, file), 'utf8'), within),
  );
}

/** Folders of what else is changed; of the chain's side what reads and writes its contract. */
const FOLDERS = ['src/pipeline', 'src/gasbank', 'src/automation', 'src/chain'];
const CODEC = /^src\/chain\/(gateway-|stack-item|item-fields|script|contract-events)/;

/** All mutants of pipeline, books, automation and contract codec, in the order of their places. */
export function nodeMutants(root: string): Mutant[] {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder))
      .sort()
      .map((name) => `${folder}/${name}`),
  );
  return files
    .filter((file) => !file.startsWith('src/chain/') || CODEC.test(file))
    .flatMap((file) => deriveMutants(file, readFileSync(join(root, file), 'utf8')));
}
