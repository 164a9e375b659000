import { formatGas } from '../base/datoshi.js';
import { type Hash160, hash160ToAddress } from '../base/hash.js';
import type { RotationPlan, RotationStep } from '../operations/rotation-plan.js';
import type { StepCost } from './rotation-costs.js';
import { labelled } from './text-table.js';

/** A step in one line, for people. */
export function stepText(step: RotationStep, { current }: RotationPlan): string {
  const next = (account: { readonly account: Hash160 } | null): string =>
    account === null ? 'the new account' : hash160ToAddress(account.account);
  switch (step.kind) {
    case 'create':
      return 'make a new key in the wallet';
    case 'propose':
      return `${next(step.next)} is proposed to the gateway`;
    case 'fund':
      return `${formatGas(step.amount)} GAS go to ${next(step.next)}`;
    case 'accept':
      return `${next(step.next)} accepts, and is the node account from then on`;
    case 'switch':
      return "it becomes the wallet's default account";
    case 'follow':
      return 'the running node goes over to it';
    case 'drain':
      return `${step.old.address}: what it has under way ends (now ${step.inFlight})`;
    case 'collect': {
      const more = current === step.old.account ? ', and what it earns until then' : '';
      return `${step.old.address} collects ${formatGas(step.amount)} GAS${more}`;
    }
    case 'withdraw':
      return `${step.old.address} takes out ${formatGas(step.amount)} GAS of its credit`;
    case 'sweep':
      return `${step.old.address} sends on what is left of its GAS (now ${formatGas(step.amount)})`;
    case 'retire': {
      const left = step.left === 0n ? '' : `; ${formatGas(step.left)} GAS of its credit stay there`;
      return `${step.old.address}: its key is moved out of the wallet, to a file beside it${left}`;
    }
  }
}

/** The steps that are left, with what each costs. */
export function stepsText(plan: RotationPlan, costs: readonly StepCost[]): string {
  return plan.steps
    .map((step, at) => {
      const { fees = null, refusal = null } = costs[at] ?? {};
      const price = fees === null ? '' : ` (fees ${formatGas(fees)} GAS)`;
      const trouble = refusal === null ? '' : `; as things are it would be refused: ${refusal}`;
      return labelled(step.kind, stepText(step, plan) + price + trouble);
    })
    .join('\n');
}
