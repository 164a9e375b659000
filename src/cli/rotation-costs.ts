import type { Datoshi } from '../base/datoshi.js';
import { type Hash160, scriptHash } from '../base/hash.js';
import { gasTransfer, gatewayCalls } from '../chain/gateway-calls.js';
import { invokeCall, parseInvocation } from '../chain/invocation.js';
import { networkFeeOf } from '../chain/network-fee.js';
import { buildTransaction } from '../chain/transaction.js';
import { signatureScript } from '../chain/verification-script.js';
import { pipelineLimits } from '../node/pipeline-limits.js';
import type { RotationPlan, RotationStep } from '../operations/rotation-plan.js';
import { systemFeeFor } from '../pipeline/answer-fees.js';
import type { OpenChain } from './open-chain.js';
import { SOME_KEY } from './witness-of-node.js';

/** What a step would cost; null where it sends nothing, or cannot be tried before those before. */
export interface StepCost {
  readonly fees: Datoshi | null;
  /** Why it would be refused as things are; null when it would not. */
  readonly refusal: string | null;
}

/** An account for trials, where the real one is not made yet: the cost does not depend on it. */
const NOBODY = scriptHash(signatureScript(SOME_KEY));

/**
 * Tries what a step of a rotation would send, now; nothing of it stays. What needs an earlier step
 * is tried together with it, and what that costs is taken off.
 */
export async function costOfStep(
  open: OpenChain,
  plan: RotationPlan,
  step: RotationStep,
  given: { readonly payer: Hash160 | null; readonly overlapBlocks: number },
): Promise<StepCost> {
  const { gateway } = open.config;
  const calls = gatewayCalls(gateway.hash);
  const next = plan.next?.account ?? NOBODY;
  const payer = given.payer ?? plan.current ?? NOBODY;
  switch (step.kind) {
    case 'propose':
      return trial(open, [payer], calls.proposeNodeAccount(next));
    case 'fund':
      return trial(open, [payer], gasTransfer(payer, next, step.amount));
    case 'accept': {
      const accept = calls.acceptNodeAccount(given.overlapBlocks);
      const isProposed = !plan.steps.some(({ kind }) => kind === 'propose');
      if (isProposed) return trial(open, [next], accept);
      const first = calls.proposeNodeAccount(next);
      const both = await trial(open, [payer, next], Buffer.concat([first, accept]));
      const before = await trial(open, [payer], first);
      if (both.fees === null || before.fees === null) return both;
      const { fees } = await trial(open, [next], accept, both.gas - before.gas);
      return { fees, refusal: null };
    }
    case 'collect': {
      const { account } = step.old;
      return trial(open, [account], calls.collect(account, next, step.amount));
    }
    case 'withdraw': {
      const { account } = step.old;
      return trial(open, [account], calls.withdraw(account, next, step.amount));
    }
    case 'sweep':
      return trial(open, [step.old.account], gasTransfer(step.old.account, next, 1n));
    default:
      return { fees: null, refusal: null };
  }
}

/** `gas` stands for what the trial uses, where that is known better. */
async function trial(
  { rpc, policy, config }: OpenChain,
  accounts: readonly Hash160[],
  script: Buffer,
  gas?: Datoshi,
): Promise<StepCost & { readonly gas: Datoshi }> {
  const signers = accounts.map((account) => ({ account, scope: 'CalledByEntry' }) as const);
  const { method, params } = invokeCall(script, signers);
  const ran = parseInvocation(await rpc.call(method, params), 'a trial');
  if (ran.state === 'FAULT' && gas === undefined) {
    return { fees: null, refusal: ran.exception, gas: 0n };
  }
  const used = gas ?? ran.gasConsumed;
  const { margin } = pipelineLimits(config, policy.current().maxBlockSystemFee);
  const systemFee = systemFeeFor(used, margin);
  const terms = { systemFee, networkFee: 0n, nonce: 0, validUntilBlock: 1 };
  const unsigned = buildTransaction({ script, signers, ...terms });
  const witnesses = accounts.map(() => signatureScript(SOME_KEY));
  return {
    fees: systemFee + networkFeeOf(unsigned, witnesses, policy.current()),
    refusal: null,
    gas: used,
  };
}
