import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { REFUSALS_VARIABLE, refusalOf } from '../../scripts/check-refusals/seen-refusals.js';
import type { DevnetAccount } from '../../scripts/devnet/account.js';
import {
  type Execution,
  type PrivateChain,
  parseExecution,
  type SendOptions,
} from '../../scripts/devnet/private-chain.js';
import type { Hash160 } from '../../src/base/hash.js';
import { signerToRpc } from '../../src/chain/transaction.js';

/**
 * Asserts that an execution on the node ended in just this refusal, and reports it as seen to the
 * run (scripts/check-refusals.ts), which fails when a refusal of the contracts was never seen.
 */
export function refused(execution: Execution, message: string): void {
  const { state, exception } = execution;
  assert.equal(state, 'FAULT', `expected the refusal "${message}", but it was done`);
  assert.equal(refusalOf(exception ?? ''), message, exception ?? '');
  const folder = process.env[REFUSALS_VARIABLE];
  if (folder === undefined) return;
  appendFileSync(join(folder, `${process.pid}.txt`), `${JSON.stringify(message)}\n`);
}

/** Asserts that the node refuses a script when it runs on trial. */
export async function refuses(
  chain: PrivateChain,
  sender: DevnetAccount,
  script: Buffer,
  message: string,
  options?: SendOptions,
): Promise<void> {
  refused(await chain.trial(sender, script, options), message);
}

/**
 * A trial with witnesses that need no key: a trial checks no signatures, so that even a native
 * contract can be the sender.
 */
export async function trialOf(
  chain: PrivateChain,
  script: Buffer,
  sender: Hash160,
  scope: 'CalledByEntry' | 'Global' | 'None' = 'CalledByEntry',
): Promise<Execution> {
  const signers = [signerToRpc({ account: sender, scope })];
  return parseExecution(await chain.rpc.call('invokescript', [script.toString('base64'), signers]));
}
