import { z } from 'zod';
import { policySchema } from '../../src/config/attestation-policy.js';
import { dataAt } from '../../src/config/config-layers.js';
import { keyText } from '../../src/config/config-problem.js';
import { schemaAt, valuePaths } from '../../src/config/schema-problems.js';
import { expectedBy } from '../../src/config/value-schema.js';
import { code, markdownTable } from './markdown.js';

/** What each key of a policy means. */
const MEANINGS: Readonly<Record<string, string>> = {
  magic: 'The network that the node must serve.',
  gateway: 'The gateway that it must serve.',
  nodeAccount: 'The account that answers: that of the gateway’s `nodeAccount`.',
  buildDigest: 'Programs that you trust.',
  randomKey: 'The key of random numbers: that of the gateway’s `randomKey`.',
  secretsKey: 'The key that authors encrypt secrets to.',
  maxAge: 'How long ago the block in the fields may be.',
  consensus: 'Accounts whose signatures make a block one of the network.',
  'tdx.tcbStatus': 'What Intel may say of the platform; never `Revoked`.',
  'tdx.minTcbEvaluation':
    'The oldest evaluation to go by, of TCB info and QE identity alike: collateral that is still ' +
    'valid may be older than the last.',
  'tdx.rootCa':
    'PEM file of the root to trust instead of Intel’s, beside the policy, such as that of ' +
    'pre-production hardware.',
  'tdx.mrTd': 'What the machine was made from: its firmware.',
  'tdx.rtMr0': 'The configuration of the virtual hardware.',
  'tdx.rtMr1': 'The kernel.',
  'tdx.rtMr2': 'Its command line and first file system.',
  'tdx.rtMr3': 'What was measured later, such as dstack’s application.',
  'tdx.mrConfigId':
    'What the host bound the machine to at its start; dstack may bind its configuration here.',
  'tdx.mrOwner': 'Whom the host says it belongs to.',
  'tdx.mrOwnerConfig': 'The same owner’s configuration.',
  'tdx.mrSeam': 'Intel’s module itself; its level is judged in any case.',
};

const LEAST = {
  magic: '1',
  gateway: `0x${'00'.repeat(19)}01`,
  nodeAccount: 'any',
  buildDigest: 'any',
  tdx: { mrTd: 'any', rtMr0: 'any', rtMr1: 'any', rtMr2: 'any', rtMr3: 'any' },
};

/** The keys of a policy: default, what is accepted, what it means. */
export function attestationTable(): string {
  const defaults = z.encode(policySchema, policySchema.parse(LEAST));
  const rows = valuePaths(policySchema).map((path) => {
    const [key, value] = [keyText(path), dataAt(defaults, path)];
    const meaning = MEANINGS[key];
    if (meaning === undefined) throw new Error(`say in attestation-table.ts what ${key} means`);
    const isGiven = value === undefined || dataAt(LEAST, path) !== undefined;
    const accepted = expectedBy(schemaAt(path, policySchema)).replace(/, written as .*$/, '');
    return [code(key), isGiven ? 'none' : code(shown(value)), accepted, meaning];
  });
  return markdownTable(['key', 'default', 'accepted', 'meaning'], rows);
}

/** Zeros of a measurement are not worth their width. */
const shown = (value: unknown): string =>
  typeof value === 'string' ? value.replace(/^0{96}$/, '["00…"]') : JSON.stringify(value);
