import type { Datoshi } from '../../src/base/datoshi.js';
import type { Hash160, Hash256 } from '../../src/base/hash.js';
import { asInteger } from '../../src/chain/stack-item-values.js';
import type { Devnet } from '../devnet/devnet.js';
import { type AppliedTransaction, eventually } from '../devnet/private-chain.js';
import { storedIn } from './answered-blocks.js';

/** What one question and its answer cost whoever asked. */
export interface PaidAnswer {
  /** What the question's transaction used, its network fee included. */
  readonly asked: Datoshi;
  /** The transaction that brought the answer. */
  readonly answer: AppliedTransaction;
}

/** Asks in a transaction of its own and waits until the answer is stored. */
export async function askOnce(devnet: Devnet, script: Buffer): Promise<PaidAnswer> {
  const asked = await devnet.applied(await devnet.send(devnet.owner, script));
  if (asked.state === 'FAULT') throw new Error(`the question failed: ${asked.exception}`);
  const tx = await answerAfter(devnet, asked.blockIndex);
  const answer = await devnet.applied(tx);
  return { asked: asked.gasConsumed + asked.networkFee, answer };
}

async function answerAfter(devnet: Devnet, block: number): Promise<Hash256> {
  let next = block + 1;
  return eventually('the answer', async () => {
    for (; next <= (await devnet.height()); next++) {
      const [answer] = await storedIn(devnet.rpc, devnet.consumer, next);
      if (answer === undefined) continue;
      if (answer.code !== 0) throw new Error(`the answer has code ${answer.code}`);
      return answer.tx;
    }
    return null;
  });
}

/** What the gateway charged for the answers of a transaction, one by one. */
export function chargesOf(gateway: Hash160, { notifications }: AppliedTransaction): Datoshi[] {
  return notifications
    .filter(({ contract, name }) => contract === gateway && name === 'Response')
    .map(({ state }) =>
      state.slice(-3).reduce((sum, item) => sum + asInteger(item, 'a part of the charge'), 0n),
    );
}
