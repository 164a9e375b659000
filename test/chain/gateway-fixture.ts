import type { DevnetAccount } from '../../scripts/devnet/account.js';
import { type DeployedGateway, deployGateway } from '../../scripts/devnet/contracts.js';
import type { PrivateNetwork } from '../../scripts/devnet/private-network.js';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { parseGas } from '../../src/base/datoshi.js';
import type { HttpQuestion } from '../../src/chain/gateway-calls.js';
import { Opcode } from '../../src/chain/script.js';

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

/** A web request whose result is kept. */
export const QUESTION: HttpQuestion = {
  spec: '{"url":"https://example.org"}',
  filter: '$.a',
  callback: '',
  userData: null,
  maxFee: MAX_FEE,
};
