import { deployContracts, depositCredit, readContract } from '../../scripts/devnet/contracts.js';
import { sha256 } from '../../src/base/bytes.js';
import { type Datoshi, parseGas } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';
import { readContract as readMethod } from '../../src/chain/contract-read.js';
import { gatewayCalls } from '../../src/chain/gateway-calls.js';
import { gatewayReads } from '../../src/chain/gateway-reads.js';
import { callScript } from '../../src/chain/script.js';
import { openRandomKeys } from '../../src/node/open-random.js';
import { parseRandomSubject } from '../../src/requests/asked-for.js';
import { prove } from '../contracts/random-proofs.js';
import type { NodeFixture } from './node-fixture.js';
import type { RunningNode } from './running-node.js';

/** Enough for a delivery and a kept proof after it, at ExecFeeFactor 30. */
export const DRAW_FEE = parseGas('11');

/** Deploys the example of games, with credit at the fixture's gateway. */
export async function deployGames(
  { network, owner, gateway }: Pick<NodeFixture, 'network' | 'owner' | 'gateway'>,
  credit: Datoshi = parseGas('300'),
): Promise<Hash160> {
  const contract = await readContract('games');
  const [games] = await deployContracts(network, owner, [{ contract, data: gateway }]);
  if (games === undefined) throw new Error('bug: no contract was deployed');
  await depositCredit(network, owner, gateway, games, credit);
  return games;
}

export const rolls = (games: Hash160, lowest: bigint, highest: bigint, maxFee = DRAW_FEE): Buffer =>
  callScript(games, 'roll', [lowest, highest, maxFee]);

/** The sender draws by himself, and the number is kept. */
export const senderDraws = ({ gateway }: NodeFixture, maxFee = DRAW_FEE): Buffer =>
  gatewayCalls(gateway).requestRandom({
    seed: Buffer.from('mine'),
    callback: '',
    userData: null,
    maxFee,
  });

/** The number that a request must have, made apart from the node's code for proofs. */
export async function numberFor(
  { network, gateway, config }: NodeFixture,
  running: RunningNode,
  id: bigint,
): Promise<Buffer> {
  const { keyId, seed } = parseRandomSubject(running.explain(id).subject);
  const publicKey = await readMethod(network.rpc, gatewayReads(gateway).randomKeyOf(keyId));
  const key = publicKey === null ? null : await openRandomKeys(config).find(publicKey);
  if (key === null) throw new Error(`the fixture's node does not hold key ${keyId}`);
  return sha256(prove({ ...key, secret: BigInt(`0x${key.secret.toString('hex')}`) }, seed));
}
