import type { Hash160, Hash256 } from '../base/hash.js';
import { decodeGatewayEvent, type KnownGatewayEvent } from '../chain/gateway-events.js';
import { parseNotifications } from '../chain/gateway-notification.js';
import { parseTransaction } from '../chain/parse-transaction.js';
import { readCallScript } from '../chain/read-script.js';
import { isRpcError, type Rpc } from '../chain/rpc.js';
import { rpcCount, rpcList, rpcObject, rpcText } from '../chain/rpc-fields.js';

/**
 * A transaction's log: what the gateway emitted in it where it HALTed; null where the endpoint
 * knows no such transaction.
 */
export async function gatewayEventsOf(
  tx: string,
  gateway: string,
  rpc: Rpc,
): Promise<KnownGatewayEvent[] | null> {
  let log: unknown;
  try {
    log = await rpc.call('getapplicationlog', [tx]);
  } catch (error) {
    if (isRpcError(error)) return null;
    throw error;
  }
  const what = `log of ${tx}`;
  const executions = rpcList(rpcObject(log, what).executions, `executions in the ${what}`);
  return executions.flatMap((entry) => {
    const execution = rpcObject(entry, `an execution in the ${what}`);
    if (rpcText(execution.vmstate, `vmstate in the ${what}`) !== 'HALT') return [];
    const notifications = rpcList(execution.notifications, `notifications in the ${what}`);
    return parseNotifications(notifications, gateway as Hash160, tx as Hash256, 0)
      .map(decodeGatewayEvent)
      .filter((event): event is KnownGatewayEvent => event.name !== 'unknown');
  });
}

export interface ScriptAnswer {
  readonly code: number;
  readonly result: Buffer;
}

/** The answer that a transaction's script carries for a request; a text says why there is none. */
export async function answerInScript(
  tx: string,
  id: bigint,
  gateway: string,
  rpc: Rpc,
): Promise<ScriptAnswer | string> {
  const raw = rpcText(await rpc.call('getrawtransaction', [tx, false]), 'getrawtransaction');
  try {
    const transaction = parseTransaction(Buffer.from(raw, 'base64'));
    if (transaction.hash !== tx) return `the endpoint gave ${transaction.hash} for ${tx}`;
    const { contract, method, args } = readCallScript(transaction.script);
    if (contract !== gateway || method !== 'respond') return `${tx} does not call respond`;
    const [items] = args;
    const item = Array.isArray(items)
      ? items.find((one) => Array.isArray(one) && one[0] === id)
      : undefined;
    const [, code, result] = Array.isArray(item) ? item : [];
    if (typeof code !== 'bigint' || !Buffer.isBuffer(result)) return `${tx} brings no answer to it`;
    return { code: Number(code), result };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return `the script of ${tx} cannot be read: ${error.message}`;
  }
}

/** The magic of the network that an endpoint is of. */
export async function magicOf(rpc: Rpc): Promise<number> {
  const version = rpcObject(await rpc.call('getversion'), 'getversion');
  const protocol = rpcObject(version.protocol, 'protocol of getversion');
  return rpcCount(protocol.network, 'network of getversion');
}
