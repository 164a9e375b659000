import type { z } from 'zod';
import type { heldKeysShape } from '../api/shapes/keys-shape.js';
import { NodeError } from '../base/node-error.js';
import { type GatewayKeys, readGatewayKeys } from '../chain/gateway-keys.js';
import type { Rpc } from '../chain/rpc.js';
import type { NodeConfig } from '../config/node-config.js';
import type { KeyHolder } from '../keystore/key-holder.js';
import { listPublicKeys, type PublicKeysOf } from '../keystore/public-keys.js';
import { type KeyOverview, keyOverview } from '../operations/key-standing.js';

type HeldKeys = z.input<typeof heldKeysShape>;

/** The public parts of all keys in the node's files, with what each is to the gateway now. */
export async function heldKeys(
  config: NodeConfig,
  rpc: Rpc,
  remote: KeyHolder | null,
): Promise<HeldKeys> {
  const chain = await gatewayKeys(config, rpc);
  return withoutPlaces(keyOverview(await listPublicKeys(config, remote), chain));
}

/** Null where the chain cannot be asked at the moment. */
async function gatewayKeys({ gateway }: NodeConfig, rpc: Rpc): Promise<GatewayKeys | null> {
  try {
    return await readGatewayKeys(rpc, gateway.hash);
  } catch (error) {
    if (!(error instanceof NodeError)) throw error;
    return null;
  }
}

/** What goes out: no path, no error that may quote one, and no label, which is the operator's. */
export function withoutPlaces({ node, random, vault }: KeyOverview): HeldKeys {
  return {
    node: keysOf(node, ({ account, address, publicKeys, threshold, canSign, standing }) => ({
      ...{ account, address, publicKeys: [...publicKeys], threshold, canSign, standing },
    })),
    random: keysOf(random, ({ id, publicKey, standing }) => ({ id, publicKey, standing })),
    vault: keysOf(vault, ({ id, publicKey, standing }) => ({ id, publicKey, standing })),
  };
}

const keysOf = <Part, Told>({ problem, keys }: PublicKeysOf<Part>, tell: (part: Part) => Told) => ({
  isReadable: problem === null,
  keys: keys.map(tell),
});
