import type { Datoshi } from '../base/datoshi.js';
import { type Hash160, hash160ToAddress } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import { gatewayCalls } from '../chain/gateway-calls.js';
import { type Invocation, invokeCall, parseInvocation } from '../chain/invocation.js';
import type { Rpc } from '../chain/rpc.js';
import type { ScriptArg } from '../chain/script.js';
import type { TransactionSigner } from '../chain/transaction.js';
import { ranOutOfGas } from './bounded-script.js';

/** A callback to be tried, and what is to have happened before. */
export interface CallbackTrial {
  readonly requester: Hash160;
  readonly callback: string;
  /** What it is called with: `[url or id, userData, code, result]`. */
  readonly args: readonly ScriptArg[];
  /** Run first, such as the request itself; may be empty. */
  readonly before: Buffer;
  readonly signers: readonly TransactionSigner[];
}

/** Names that a contract hardly has are made of these. */
const ODD_LETTERS = ['z', 'y', 'x'] as const;

/**
 * What a callback uses, with its call, when the gateway's `rehearse` calls it as an answer would:
 * the difference to a rehearsal that finds no callback. Nothing of it stays. Throws a NodeError
 * CALLBACK_FAILS with what it threw, or with how the execution ended.
 */
export async function gasOfCallback(
  rpc: Rpc,
  gateway: Hash160,
  trial: CallbackTrial,
): Promise<Datoshi> {
  const { requester, callback, args, before, signers } = trial;
  const { rehearse } = gatewayCalls(gateway);
  const run = async (name: string) => {
    const script = Buffer.concat([before, rehearse(requester, name, args)]);
    const { method, params } = invokeCall(script, signers);
    return parseInvocation(await rpc.call(method, params), 'a rehearsal');
  };
  const called = await run(callback);
  // It ends with an abort, whatever the callback does.
  const said = called.state === 'FAULT' ? rehearsedOf(called.exception) : null;
  if (said === 'returned') return called.gasConsumed - (await gasWithout(callback, run));
  const exception = called.state === 'FAULT' ? called.exception : 'it did not abort';
  throw new NodeError('CALLBACK_FAILS', failureOf(trial, said, exception), {
    hint: HINTS[kindOf(said, exception)],
    details: { requester, callback, exception },
  });
}

/** What a rehearsal uses that finds no callback. Each letter of a name costs, so it is as long. */
async function gasWithout(
  callback: string,
  run: (name: string) => Promise<Invocation>,
): Promise<Datoshi> {
  for (const letter of ODD_LETTERS) {
    const notCalled = await run(letter.repeat(Buffer.byteLength(callback)));
    const said = notCalled.state === 'FAULT' ? rehearsedOf(notCalled.exception) : null;
    if (said?.startsWith('no such') === true) return notCalled.gasConsumed;
  }
  throw new Error('bug: a contract that has three odd callbacks');
}

/** What the gateway's abort message says of the rehearsal; null where it never came to that. */
export const rehearsedOf = (exception: string): string | null =>
  /\brehearsed: (returned|threw .*|threw|no such callback with 4 parameters)/s.exec(
    exception,
  )?.[1] ?? null;

function kindOf(said: string | null, exception: string): keyof typeof HINTS {
  if (said === null) return ranOutOfGas(exception) ? 'tooDear' : 'uncaught';
  return said.startsWith('no such') ? 'missing' : 'threw';
}

const HINTS = {
  tooDear: 'do less in it: it uses more GAS than the RPC node lends for a trial',
  missing: 'name a method of the contract that has 4 parameters',
  threw: 'it may look for a request that is pending: have it asked first with --ask',
  uncaught:
    'this ends the whole transaction of an answer: docs/contract-authors.md tells what to avoid',
};

function failureOf(
  { requester, callback }: CallbackTrial,
  said: string | null,
  exception: string,
): string {
  const who = `${callback} of ${requester} (${hash160ToAddress(requester)})`;
  if (said === null) return `${who} would bring its answer down: ${exception}`;
  return said.startsWith('no such') ? `there is no ${who} with 4 parameters` : `${who} ${said}`;
}
