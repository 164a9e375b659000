import type { Datoshi } from '../base/datoshi.js';
import type { Hash160, Hash256 } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import { contractRead, readContract } from '../chain/contract-read.js';
import { gatewayCalls } from '../chain/gateway-calls.js';
import { decodeGatewayEvent } from '../chain/gateway-events.js';
import { gatewayReads } from '../chain/gateway-reads.js';
import { type Invocation, invokeCall, parseInvocation } from '../chain/invocation.js';
import { GAS_TOKEN } from '../chain/native-contracts.js';
import type { Rpc } from '../chain/rpc.js';
import { callScript, type ScriptArg } from '../chain/script.js';
import type { StackItem } from '../chain/stack-item.js';
import { asInteger } from '../chain/stack-item-values.js';
import type { TransactionSigner } from '../chain/transaction.js';
import { ESTIMATE_KINDS, type EstimatedKind } from './estimate-kinds.js';

/** How a contract is made to ask: a method of its own, called by somebody. */
export interface AskingCall {
  readonly contract: Hash160;
  readonly method: string;
  readonly args: readonly ScriptArg[];
  /** The sender, whose witness the method sees; null for a stranger's. */
  readonly sender: Hash160 | null;
}

/** The request that a trial of asking made. */
export interface TriedRequest {
  readonly kind: EstimatedKind;
  readonly id: bigint;
  readonly requester: Hash160;
  readonly subject: string;
  readonly filter: string;
  readonly maxFee: Datoshi;
  readonly callback: string;
  readonly userData: ScriptArg;
  /** What makes the request, to be run before what comes after it. */
  readonly script: Buffer;
  readonly signers: readonly TransactionSigner[];
}

/** What the gateway says where credit is missing; in a trial the node's account lends it. */
const NO_CREDIT = /credit is below maxFee/;

/**
 * Has the contract ask on trial, and reads the request that it made. Where it has no credit, the
 * trial gives it some of the node's account. Nothing of it stays. Throws a NodeError ASK_FAILS.
 */
export async function tryAsking(
  rpc: Rpc,
  gateway: Hash160,
  nodeAccount: Hash160,
  call: AskingCall,
): Promise<TriedRequest> {
  const asking = callScript(call.contract, call.method, call.args);
  const node: TransactionSigner = { account: nodeAccount, scope: 'CalledByEntry' };
  const sender: TransactionSigner[] =
    call.sender === null || call.sender === nodeAccount
      ? []
      : [{ account: call.sender, scope: 'CalledByEntry' }];
  const signers = [...sender, node];
  const run = async (script: Buffer): Promise<Invocation> => {
    const { method, params } = invokeCall(script, signers);
    return parseInvocation(await rpc.call(method, params), 'a trial of asking');
  };
  let script = asking;
  let asked = await run(script);
  if (asked.state === 'FAULT' && NO_CREDIT.test(asked.exception)) {
    const all = contractRead(GAS_TOKEN, 'balanceOf', [nodeAccount], asInteger);
    const lent = await readContract(rpc, all);
    // Who calls the gateway without a contract between asks for himself.
    const requester = call.contract === gateway ? call.sender : call.contract;
    const lend = gatewayCalls(gateway).deposit(nodeAccount, lent, requester);
    script = Buffer.concat([lend, asking]);
    asked = await run(script);
  }
  if (asked.state === 'FAULT') throw askFails(call, asked.exception);
  const request = requestIn(asked, gateway);
  if (request === null) throw askFails(call, otherEventIn(asked, gateway));
  const terms = await run(
    Buffer.concat([script, gatewayReads(gateway).requestOf(request.id).script]),
  );
  if (terms.state === 'FAULT') throw askFails(call, terms.exception);
  const pending = gatewayReads(gateway)
    .requestOf(request.id)
    .decode(terms.stack.at(-1) as StackItem);
  if (pending === null) throw askFails(call, 'its request is not pending');
  const { callback } = pending;
  return { ...request, callback, userData: argOf(pending.userData), script, signers };
}

type AskedEvent = Pick<TriedRequest, 'kind' | 'id' | 'requester' | 'subject' | 'filter' | 'maxFee'>;

/** A trial has no hash. */
const NO_HASH: Hash256 = `0x${'00'.repeat(32)}`;

/** The last request among the events of a trial. */
function requestIn(
  { notifications }: Extract<Invocation, { state: 'HALT' }>,
  gateway: Hash160,
): AskedEvent | null {
  for (const { contract, name, state } of notifications.toReversed()) {
    const kind = KINDS.find((each) => ESTIMATE_KINDS[each].event === name);
    if (contract !== gateway || kind === undefined) continue;
    const notification = { txHash: NO_HASH, indexInBlock: 0, name, state: [...state()] };
    const event = decodeGatewayEvent(notification) as Readonly<Record<string, unknown>>;
    const {
      id,
      requester,
      filter = '',
      maxFee,
      [ESTIMATE_KINDS[kind].subjectField]: subject,
    } = event;
    return {
      kind,
      id: id as bigint,
      requester: requester as Hash160,
      subject: String(subject),
      filter: String(filter),
      maxFee: maxFee as Datoshi,
    };
  }
  return null;
}

/** Why there is nothing to estimate. */
function otherEventIn(
  { notifications }: Extract<Invocation, { state: 'HALT' }>,
  gateway: Hash160,
): string {
  const other = notifications.find(({ contract, name }) => {
    return contract === gateway && name.endsWith('Request');
  });
  return other === undefined
    ? 'it asks the gateway nothing'
    : `a ${other.name} cannot be estimated by this version`;
}

const KINDS = Object.keys(ESTIMATE_KINDS) as EstimatedKind[];

/** A value that a contract stored, as an argument that a callback gets. */
function argOf(item: StackItem): ScriptArg {
  switch (item.type) {
    case 'Any':
    case 'Pointer':
    case 'InteropInterface':
      return null;
    case 'Boolean':
    case 'Integer':
    case 'ByteString':
    case 'Buffer':
      return item.value;
    case 'Array':
    case 'Struct':
      return item.items.map(argOf);
    case 'Map':
      return new Map(item.entries.map(([key, value]) => [argOf(key), argOf(value)]));
  }
}

function askFails({ contract, method }: AskingCall, exception: string): NodeError {
  const why = /unhandled exception: "(.*)"/s.exec(exception)?.[1] ?? exception;
  return new NodeError('ASK_FAILS', `${method} of ${contract} makes no request: ${why}`, {
    hint: 'give the arguments that it takes with --ask-args, and who may call it with --as',
    details: { exception },
  });
}
