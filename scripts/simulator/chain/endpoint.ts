import type { Datoshi } from '../../../src/base/datoshi.js';
import { parseTransaction } from '../../../src/chain/parse-transaction.js';
import { RpcCode } from '../../../src/chain/rpc-error.js';
import type { SignatureCheck } from '../../../src/chain/witness-signatures.js';
import { type ChainCore, type KnownBlock, type KnownTransaction, tipOf } from './chain-core.js';
import { refusalOf, witnessRefusal } from './mempool.js';
import {
  failed,
  getApplicationLog,
  getBlock,
  getBlockHash,
  getBlockHeader,
  getBlockNotifications,
  getContractState,
  getRawTransaction,
  getTransactionHeight,
  getVersion,
  type View,
} from './rpc-answers.js';
import type { EndpointFaults, RpcReply } from './simulated-chain.js';
import { invokeContained, invokeHistoric, invokeScript } from './trials.js';

/** What an endpoint needs beside the chain itself. */
export interface EndpointParts {
  readonly core: ChainCore;
  readonly lentGas: Datoshi;
  readonly isSignature: SignatureCheck;
  /** Takes a transaction in that was found good. */
  readonly take: (transaction: KnownTransaction) => void;
}

type Answer = (view: View, params: readonly unknown[]) => RpcReply;

/** A node of the network as RPC shows it, with its faults. */
export interface Endpoint {
  readonly faults: EndpointFaults;
  rpc(method: string, params: readonly unknown[]): RpcReply;
}

export function createEndpoint(parts: EndpointParts): Endpoint {
  const { core, lentGas } = parts;
  const faults: EndpointFaults = {
    lagBlocks: 0,
    missingBlocks: new Set(),
    missingMethods: new Set(),
    heightLie: 0,
    intercept: null,
  };
  const answers: Readonly<Record<string, Answer>> = {
    getversion: getVersion,
    getblockcount: ({ height }) => ({ result: height + 1 + faults.heightLie }),
    getblock: getBlock,
    getblockhash: getBlockHash,
    getblockheader: getBlockHeader,
    getblocknotifications: getBlockNotifications,
    getapplicationlog: getApplicationLog,
    getrawtransaction: getRawTransaction,
    gettransactionheight: getTransactionHeight,
    getcontractstate: getContractState,
    invokescript: (view, params) => invokeScript(view, lentGas, params),
    invokecontainedscript: (view, params) => invokeContained(view, lentGas, params),
    invokescripthistoric: (view, params) => invokeHistoric(view, lentGas, params),
    sendrawtransaction: (_, params) => sendRaw(parts, params),
  };
  return {
    faults,
    rpc(method, params) {
      const own = faults.intercept?.(method, params) ?? null;
      if (own !== null) return own;
      const answer = faults.missingMethods.has(method) ? undefined : answers[method];
      if (answer === undefined) {
        return failed(RpcCode.MethodNotFound, 'Method not found', `Method "${method}" not found`);
      }
      const first = (core.blocks[0] as KnownBlock).index;
      const height = Math.max(first, tipOf(core).index - faults.lagBlocks);
      return answer({ core, height, missingBlocks: faults.missingBlocks }, params);
    },
  };
}

function sendRaw({ core, isSignature, take }: EndpointParts, [raw]: readonly unknown[]): RpcReply {
  try {
    const signed = parseTransaction(Buffer.from(String(raw), 'base64'));
    const { signers, raw: bytes } = signed;
    const sender = signers[0]?.account;
    if (sender === undefined) return failed(RpcCode.InvalidParams, 'Invalid params');
    const transaction: KnownTransaction = { ...signed, sender, bytes: bytes.length };
    const refusal = refusalOf(core, transaction) ?? witnessRefusal(core, signed, isSignature);
    if (refusal !== null) return refusal;
    take(transaction);
    return { result: { hash: signed.hash } };
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
    return failed(RpcCode.InvalidParams, 'Invalid params', thrown.message);
  }
}
