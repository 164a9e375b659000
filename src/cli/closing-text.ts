import { formatGas } from '../base/datoshi.js';
import { hash160ToAddress } from '../base/hash.js';
import type { ClosingAccount, ClosingStep } from '../operations/closing-plan.js';
import type { LeftAtGateway } from './closing-desk.js';
import { labelled } from './text-table.js';

const whose = ({ account }: ClosingAccount): string => hash160ToAddress(account);

/** A step in one line, for people. */
export function closingStepText(step: ClosingStep): string {
  switch (step.kind) {
    case 'pause':
      return 'the gateway takes no new requests, registrations and sponsorships (its owner)';
    case 'expire':
      return `${step.ids.length} requests are refunded, since their deadlines have passed`;
    case 'drain': {
      const until = step.until === null ? '' : `, at the latest after block ${step.until}`;
      const unread = step.unknown === 0 ? '' : `; ${step.unknown} of them are not read yet`;
      return `${step.pending} requests end, by an answer or a refund${until}${unread}`;
    }
    case 'stop':
      return 'you stop the node: it would go on with upkeeps and prices';
    case 'settle':
      return `what it had under way ends (now ${step.inFlight})`;
    case 'collect':
      return `${whose(step.of)} collects ${formatGas(step.amount)} GAS of its earnings`;
    case 'withdraw':
      return `${whose(step.of)} takes out ${formatGas(step.amount)} GAS of its credit`;
    case 'sweep':
      return `${whose(step.of)} sends on what is left of its GAS (now ${formatGas(step.amount)})`;
  }
}

export const closingStepsText = (steps: readonly ClosingStep[]): string =>
  steps.map((step) => labelled(step.kind, closingStepText(step))).join('\n');

/** What is owed, and what stays: the end of a closing. */
export function closedText(left: LeftAtGateway): string {
  const { heldDatoshi, ownDatoshi, creditors, creditDatoshi, lockedDatoshi } = left;
  const others = heldDatoshi - ownDatoshi;
  const own =
    ownDatoshi === 0n ? 'nothing' : `${formatGas(ownDatoshi)} GAS, less than it is worth,`;
  const of = `${creditors} ${creditors === 1 ? 'account' : 'accounts'}`;
  return [
    'The service is closed. Nothing is owed: no request waits, none is to be refunded.',
    labelled('own', `${own} is left of this node at the gateway`),
    others === 0n
      ? labelled('others', 'nobody has anything at the gateway')
      : labelled(
          'others',
          `${formatGas(others)} GAS at the gateway are of others: by the books of ${of}, ` +
            `${formatGas(creditDatoshi)} of credit, which they withdraw when they like, and ` +
            `${formatGas(lockedDatoshi)} locked for upkeeps, which cancelUpkeep gives back. ` +
            'No node is needed for that',
        ),
  ].join('\n');
}
