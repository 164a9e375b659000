import type { AuditOutcome } from '../audit/audit-entry.js';
import { messageOf, NodeError } from '../base/node-error.js';
import type { Signer } from '../chain/signer.js';
import type { Order } from '../gasbank/order.js';
import { configuredAccount } from '../node/open-keys.js';
import {
  type ClosingFacts,
  type ClosingStep,
  type ClosingWants,
  planClosing,
} from '../operations/closing-plan.js';
import { readClosing } from './closing-desk.js';
import { closingStepText } from './closing-text.js';
import type { CommandContext } from './command-context.js';
import type { OpenChain } from './open-chain.js';
import { withVault } from './open-vault-desk.js';
import { booksOfRotation, untilEnded, waitingOn } from './rotation-desk.js';
import { createOrders } from './rotation-orders.js';
import { createSentNote } from './sent-note.js';
import { labelled } from './text-table.js';

export interface ClosingParts {
  readonly context: CommandContext;
  readonly open: OpenChain;
  readonly wants: ClosingWants;
  /** The gateway's owner, who pauses it, and pays for refunds; null: not here. */
  readonly owner: Signer | null;
  /** False: where it has to wait, it ends and says for what. */
  readonly waits: boolean;
  readonly tell: (text: string) => void;
}

/** A step that was done. */
export interface ClosedStep {
  readonly step: ClosingStep['kind'];
  /** Of what was sent. */
  readonly tx: string | null;
}

const LOOK_MS = 500;
/** Steps that send something: more would be a loop without progress. */
const MAX_SENT = 10_000;

/**
 * Does what is left of closing the service, one step after another, and finds after each anew where
 * it stands. Throws a NodeError for whatever is in the way: CLOSING_WAITS for what has to be waited
 * for, and is not.
 */
export async function closeService(
  parts: ClosingParts,
): Promise<{ readonly done: readonly ClosedStep[]; readonly facts: ClosingFacts }> {
  const { context, open, wants, tell } = parts;
  const work = createSteps(parts);
  const done: ClosedStep[] = [];
  let told = '';
  while (done.length < MAX_SENT) {
    await work.settleSent();
    const facts = await readClosing({ ...open, clock: context.clock });
    const [step] = planClosing(facts, wants);
    if (step === undefined) return { done, facts };
    const text = closingStepText(step);
    if (step.kind === 'drain' || step.kind === 'stop') {
      work.requirePatience(step, facts);
      if (text !== told) tell(labelled(step.kind, text));
      told = text;
      await context.clock.sleep(LOOK_MS);
      continue;
    }
    tell(labelled(step.kind, text));
    // Before it: what a crash cuts off afterwards was ordered, and may have been done.
    if (step.kind !== 'settle') await noteClosing(parts, step.kind, 'done', `ordered: ${text}`);
    const tx = await work.perform(step).catch(async (error: unknown) => {
      await noteClosing(parts, step.kind, 'failed', messageOf(error));
      throw error;
    });
    context.passed?.(step.kind);
    done.push({ step: step.kind, tx });
  }
  throw new Error('bug: a closing makes no progress');
}

type Sending = Exclude<ClosingStep, { kind: 'drain' | 'stop' }>;

function createSteps({ context, open, wants, owner, waits, tell }: ClosingParts) {
  const { config } = open;
  const note = createSentNote(config, 'closing');
  const wait = waitingOn(open, context.clock);
  const orders = createOrders({
    context: { ...context, print: tell },
    open,
    noteSent: note.write,
  });

  async function send(signer: Signer, order: Order): Promise<string | null> {
    const tx = await orders.send(signer, order);
    note.forget();
    return tx;
  }

  /** Who pays for what anybody may send: the owner where he is here, else the node's account. */
  async function payer(): Promise<Signer> {
    if (owner !== null) return owner;
    const account = await configuredAccount(config, context.clock);
    return orders.signerOf(account, 'it cannot refund');
  }

  async function perform(step: Sending): Promise<string | null> {
    switch (step.kind) {
      case 'pause':
        if (owner === null) throw ownerNeeded();
        return send(owner, { kind: 'pause', isOn: true });
      case 'expire':
        return send(await payer(), { kind: 'expire', ids: step.ids });
      case 'settle':
        for (const sent of booksOfRotation(config).inFlight) {
          await untilEnded(wait, sent, sent.validUntilBlock);
        }
        return null;
      case 'collect':
      case 'withdraw': {
        const { account } = step.of;
        const signer = await orders.signerOf(account, 'what it has cannot be taken out');
        return send(signer, { kind: step.kind, amount: step.amount, to: wants.to ?? account });
      }
      case 'sweep': {
        if (wants.to === null) throw new Error('bug: nobody to sweep to');
        const tx = await orders.sendRest(step.of.account, wants.to);
        note.forget();
        return tx;
      }
    }
  }

  return {
    perform,
    /** Waits for what an earlier run sent beside the books. */
    settleSent: () => note.settle(wait),

    /** Throws where waiting is of no use, or not wanted. */
    requirePatience(step: ClosingStep, { isNodeRunning }: ClosingFacts): void {
      const isUnread = step.kind === 'drain' && step.unknown > 0 && !isNodeRunning;
      if (waits && !isUnread) return;
      throw new NodeError('CLOSING_WAITS', `not closed yet: ${closingStepText(step)}`, {
        retryable: true,
        hint: isUnread
          ? 'start the node, which reads the blocks that came since, and run this again'
          : step.kind === 'stop'
            ? 'stop the node, and run this again'
            : 'run this again later',
      });
    },
  };
}

const ownerNeeded = (): NodeError =>
  new NodeError('KEY_NOT_HERE', "only the gateway's owner can pause it", {
    hint: "--wallet and --password-file of the owner's wallet",
  });

/** Writes a step into the audit log. */
export async function noteClosing(
  { context, open }: Pick<ClosingParts, 'context' | 'open'>,
  kind: ClosingStep['kind'] | 'reopen',
  outcome: AuditOutcome,
  note: string,
): Promise<void> {
  await withVault(context, open.config, ({ audit, actor }) => {
    const object = `gateway:${open.config.gateway.hash}`;
    const fact = { actor, action: `closing.${kind}`, object, note, outcome, requestId: null };
    audit.record((append) => append(fact));
  });
}
