import type { Hash160, Hash256 } from '../base/hash.js';
import { decodeGatewayEvent } from '../chain/gateway-events.js';
import { parseNotifications } from '../chain/gateway-notification.js';
import type { Rpc } from '../chain/rpc.js';
import { rpcList, rpcObject } from '../chain/rpc-fields.js';

/** The id of the function that a transaction registered. Rejects as `Rpc` does. */
export async function registeredId(rpc: Rpc, gateway: Hash160, tx: Hash256): Promise<bigint> {
  const what = `log of ${tx}`;
  const log = rpcObject(await rpc.call('getapplicationlog', [tx]), what);
  for (const execution of rpcList(log.executions, what)) {
    const { notifications } = rpcObject(execution, what);
    for (const each of parseNotifications(rpcList(notifications, what), gateway, tx, 0)) {
      const event = decodeGatewayEvent(each);
      if (event.name === 'FunctionRegistered') return event.functionId;
    }
  }
  throw new Error(`bug: ${tx} is in a block, but registered no function`);
}
