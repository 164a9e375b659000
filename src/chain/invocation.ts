import { shorten } from '../base/bytes.js';
import type { Datoshi } from '../base/datoshi.js';
import type { Hash160 } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import type { RpcCall } from './rpc.js';
import { rpcAmount, rpcHash160, rpcList, rpcObject, rpcReason, rpcText } from './rpc-fields.js';
import { parseStackItem, parseStackItems, type StackItem } from './stack-item.js';
import { asItems } from './stack-item-values.js';
import { signerToRpc, type TransactionSigner } from './transaction.js';

/** An event of any contract. */
export interface ContractNotification {
  readonly contract: Hash160;
  readonly name: string;
  /** Decoded when asked for: a stranger's may be nested deeper than any answer is read. */
  state(): readonly StackItem[];
}

/** How a script ended that was run on trial: nothing of it stays. */
export type Invocation =
  | {
      readonly state: 'HALT';
      /** What it used, in datoshi. */
      readonly gasConsumed: Datoshi;
      /** What it left, the last item on top. */
      readonly stack: readonly StackItem[];
      readonly notifications: readonly ContractNotification[];
    }
  | {
      readonly state: 'FAULT';
      readonly gasConsumed: Datoshi;
      /** Why, as the node tells it. */
      readonly exception: string;
    };

/** The call that runs a script on trial with the witnesses of these signers. */
export const invokeCall = (script: Buffer, signers: readonly TransactionSigner[]): RpcCall => ({
  method: 'invokescript',
  params: [script.toString('base64'), signers.map(signerToRpc)],
});

/** Reads the answer of `invokescript` and its kin; `what` names it in errors. */
export function parseInvocation(json: unknown, what: string): Invocation {
  const answer = rpcObject(json, what);
  const gasConsumed = rpcAmount(answer.gasconsumed, `gasconsumed of ${what}`);
  if (rpcText(answer.state, `state of ${what}`) !== 'HALT') {
    return { state: 'FAULT', gasConsumed, exception: rpcReason(answer.exception) };
  }
  // Nodes without notifications in their answer are of before 3.2; none are in use.
  const notifications = rpcList(answer.notifications ?? [], `notifications of ${what}`);
  return {
    state: 'HALT',
    gasConsumed,
    stack: parseStackItems(answer.stack, `stack of ${what}`),
    notifications: notifications.map((entry) => parseNotification(entry, what)),
  };
}

/**
 * What the script left, which must be so many items. Throws a NodeError CONTRACT_READ_FAILED with
 * the reason of a FAULT, and a retryable RPC_MALFORMED where they are more or fewer.
 */
export function stackOf(
  invocation: Invocation,
  what: string,
  length: number,
): readonly StackItem[] {
  if (invocation.state === 'HALT') {
    if (invocation.stack.length === length) return invocation.stack;
    const problem = `${what} left ${invocation.stack.length} items instead of ${length}`;
    throw new NodeError('RPC_MALFORMED', problem, {
      retryable: true,
      hint: 'The endpoint does not answer as a Neo N3 node does.',
    });
  }
  throw new NodeError('CONTRACT_READ_FAILED', `${what} failed: ${invocation.exception}`, {
    details: { what, exception: invocation.exception },
  });
}

function parseNotification(json: unknown, what: string): ContractNotification {
  const { contract, eventname, state } = rpcObject(json, `a notification of ${what}`);
  const name = rpcText(eventname, `eventname of ${what}`);
  return {
    contract: rpcHash160(contract, `contract of ${what}`),
    name,
    state: () => asItems(parseStackItem(state, shorten(name)), shorten(name)),
  };
}
