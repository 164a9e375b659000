import { randomBytes } from 'node:crypto';
import type { DevnetAccount } from '../../scripts/devnet/account.js';
import { type DeployedGateway, deployGateway } from '../../scripts/devnet/contracts.js';
import { GAS_TOKEN, type PrivateNetwork } from '../../scripts/devnet/private-network.js';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { parseGas } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';
import { assertScript, callScript, Opcode, utf8 } from '../../src/chain/script.js';

/** A gateway of its own on the run's network, with an owner, a node account and a user. */
export interface GatewayFixture extends DeployedGateway {
  readonly network: PrivateNetwork;
  readonly owner: DevnetAccount;
  readonly node: DevnetAccount;
  readonly user: DevnetAccount;
}

export const MAX_FEE = parseGas('0.5');

export async function gatewayFixture(): Promise<GatewayFixture> {
  const network = await sharedNetwork();
  const [owner, node, user] = await Promise.all([
    network.newAccount(),
    network.newAccount(),
    network.newAccount(),
  ]);
  return { ...(await deployGateway(network, owner, node.hash)), network, owner, node, user };
}

/** What faults after everything before it was done. */
export const thenFault = (script: Buffer): Buffer =>
  Buffer.concat([script, Buffer.from([Opcode.ABORT])]);

export const depositScript = (from: Hash160, gateway: Hash160, amount: bigint): Buffer =>
  assertScript(callScript(GAS_TOKEN, 'transfer', [from, gateway, amount, null]));

/** A web request of an account, which keeps its result. */
export const requestScript = (gateway: Hash160, spec = randomBytes(8).toString('hex')): Buffer =>
  callScript(gateway, 'requestHttp', [utf8(spec), utf8('$.a'), utf8(''), null, MAX_FEE]);
