import { hash160 } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import type { FeePolicy } from '../chain/network-fee.js';
import type { Rpc } from '../chain/rpc.js';
import { rpcObject } from '../chain/rpc-fields.js';
import { CallFlags, callScript } from '../chain/script.js';
import { parseStackItems } from '../chain/stack-item.js';
import { asInteger } from '../chain/stack-item-values.js';

const POLICY_CONTRACT = hash160('0xcc5e4edd9f5f8dba8bb65734541df7a1c081c67b');

/** Reads the network's prices, which change by vote. Rejects as `Rpc` does. */
export async function readFeePolicy(rpc: Rpc): Promise<FeePolicy> {
  const script = Buffer.concat(
    ['getFeePerByte', 'getExecFeeFactor'].map((method) =>
      callScript(POLICY_CONTRACT, method, [], CallFlags.ReadOnly),
    ),
  );
  const ran = rpcObject(
    await rpc.call('invokescript', [script.toString('base64'), []]),
    'the policy',
  );
  const [feePerByte, execFeeFactor] = parseStackItems(ran.stack, 'the policy');
  if (feePerByte === undefined || execFeeFactor === undefined) {
    throw new NodeError('RPC_MALFORMED', 'the policy contract answered too little', {
      retryable: true,
    });
  }
  return {
    feePerByte: asInteger(feePerByte, 'getFeePerByte'),
    execFeeFactor: asInteger(execFeeFactor, 'getExecFeeFactor'),
  };
}
