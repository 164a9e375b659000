import assert from 'node:assert/strict';
import type { DevnetAccount } from '../../scripts/devnet/account.js';
import type { Execution } from '../../scripts/devnet/private-chain.js';
import { LEDGER_CONTRACT } from '../../src/chain/native-contracts.js';
import { callScript } from '../../src/chain/script.js';
import { asCount } from '../../src/chain/stack-item-values.js';
import type { AnyWorld } from './requests.js';

/** How a script would end in the next block. */
export interface NextBlock {
  /** The index of that block. */
  readonly index: number;
  readonly execution: Execution;
  /** Names of the gateway's events. */
  readonly events: readonly string[];
}

/**
 * Tries scripts that do not fault, together with the index of the block that they would be in: a
 * transaction can't be sent into a certain block, but each block can be looked at before it comes.
 */
export async function inNextBlock(
  { network, gateway }: AnyWorld,
  sender: DevnetAccount,
  script: Buffer,
): Promise<NextBlock> {
  const index = callScript(LEDGER_CONTRACT, 'currentIndex', []);
  const execution = await network.trial(sender, Buffer.concat([index, script]));
  const [height] = execution.stack;
  assert.ok(execution.state === 'HALT' && height, execution.exception ?? '');
  const events = execution.notifications.filter(({ contract }) => contract === gateway);
  return {
    index: asCount(height, 'index') + 1,
    execution,
    events: events.map(({ name }) => name),
  };
}

/** How often to begin anew when a slow machine misses the blocks that matter. */
const ROUNDS = 5;

/**
 * Looks at one block after the other until the one behind `last`, and asserts that something holds
 * up to and including `last` and not after it. `begin` starts a round and tells which block is the
 * last; a round counts when both that block and the next were looked at.
 */
export async function holdsUntil(
  what: string,
  begin: () => Promise<{ last: number; look: () => Promise<{ index: number; holds: boolean }> }>,
): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const { last, look } = await begin();
    const seen = new Set<number>();
    for (let index = 0; index < last + 2; ) {
      const looked = await look();
      index = looked.index;
      seen.add(index);
      assert.equal(looked.holds, index <= last, `${what}, in block ${index}, the last is ${last}`);
    }
    if (seen.has(last) && seen.has(last + 1)) return;
  }
  assert.fail(`${what}: in ${ROUNDS} rounds the last block and the one behind it were never seen`);
}
