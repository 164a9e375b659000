import type { Datoshi } from '../base/datoshi.js';
import type { Hash160 } from '../base/hash.js';
import { readContract } from '../chain/contract-read.js';
import { gatewayCalls, type UpkeepRun } from '../chain/gateway-calls.js';
import { gatewayReads, type RegisteredUpkeep } from '../chain/gateway-reads.js';
import { invokeCall, parseInvocation } from '../chain/invocation.js';
import type { Rpc, RpcResult } from '../chain/rpc.js';
import { CallFlags, callScript } from '../chain/script.js';
import { boundedScript } from './bounded-script.js';
import type { ChainPort } from './chain-port.js';

/** A condition of an upkeep: a method without parameters. */
export interface Condition {
  readonly target: Hash160;
  readonly method: string;
}

/** How a condition answered: what is no Boolean counts as false, as on the chain. */
export type ConditionAnswer =
  | { readonly kind: 'said'; readonly isMet: boolean }
  | { readonly kind: 'failed'; readonly reason: string };

/** What runs of upkeeps ask of the chain. Rejects with a NodeError when no endpoint answers. */
export interface UpkeepPort
  extends Pick<ChainPort, 'account' | 'networkFee' | 'preflight' | 'hasMethod'> {
  performScript(runs: readonly UpkeepRun[]): Buffer;
  /** Null when the gateway knows no such upkeep. */
  upkeepOf(id: bigint): Promise<RegisteredUpkeep | null>;
  /** One answer each; a condition that uses more than `maxGas` has failed. */
  conditions(asked: readonly Condition[], maxGas: Datoshi): Promise<ConditionAnswer[]>;
}

export interface UpkeepPortParts {
  readonly rpc: Rpc;
  readonly gateway: Hash160;
  readonly signal: AbortSignal;
  /** Of the last block taken in: who hasn't got it would tell of a past that is over. */
  readonly heightNow: () => number;
}

/** The chain as runs of upkeeps use it, over RPC. */
export function createUpkeepPort(parts: UpkeepPortParts, chain: ChainPort): UpkeepPort {
  const { rpc, gateway, signal } = parts;
  const calls = gatewayCalls(gateway);
  const reads = gatewayReads(gateway);
  const seen = () => ({ signal, minHeight: parts.heightNow() });
  return {
    account: chain.account,
    networkFee: chain.networkFee,
    preflight: chain.preflight,
    hasMethod: chain.hasMethod,
    performScript: (runs) => calls.performUpkeeps(runs),
    upkeepOf: (id) => readContract(rpc, reads.upkeepOf(id), seen()),

    async conditions(asked, maxGas) {
      // Each in a script of its own: what can't be caught in one ends no other.
      const scripts = asked.map(({ target, method }) =>
        boundedScript(callScript(target, method, [], CallFlags.ReadOnly), maxGas),
      );
      const calledBy = scripts.map((script) => invokeCall(script, []));
      const answers = await rpc.batch(calledBy, seen());
      return answers.map(conditionAnswer);
    },
  };
}

/** Between what a bounded script leaves of the gas before and after. */
const SAID_AT = 1;
const LEFT_ITEMS = 3;

function conditionAnswer(result: RpcResult): ConditionAnswer {
  if (!result.ok) return { kind: 'failed', reason: result.error.message };
  const answer = parseInvocation(result.result, 'a condition');
  if (answer.state === 'FAULT') return { kind: 'failed', reason: answer.exception };
  const said = answer.stack[SAID_AT];
  const isMet = answer.stack.length === LEFT_ITEMS && said?.type === 'Boolean' && said.value;
  return { kind: 'said', isMet };
}
