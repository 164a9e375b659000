import { parseGas } from '../../src/base/datoshi.js';
import { contractHash, deployScript } from '../../src/chain/deploy.js';
import { gatewayCalls } from '../../src/chain/gateway-calls.js';
import { callScript } from '../../src/chain/script.js';
import { asInteger } from '../../src/chain/stack-item-values.js';
import { readContract } from '../devnet/contracts.js';
import type { Devnet } from '../devnet/devnet.js';
import type { DemoRequest } from './demo-requests.js';

/** Pays for a delivery, and for keeping the number should that fail in its block. */
const DRAW_FEE = parseGas('10');

/** A roll of a die by the example of games, which is deployed and paid for in the same go. */
export async function demoDraw(devnet: Devnet): Promise<DemoRequest> {
  const { owner, gateway } = devnet;
  const { nef, manifest } = await readContract('games');
  const games = contractHash(owner.hash, nef, manifest);
  return {
    title: 'requestRandom: a contract rolls a die; the gateway verifies the proof of the number',
    script: Buffer.concat([
      deployScript(nef, manifest, gateway),
      gatewayCalls(gateway).deposit(owner.hash, DRAW_FEE, games),
      callScript(games, 'roll', [1n, 6n, DRAW_FEE]),
    ]),
    async resultOf(id) {
      const number = asInteger(await devnet.read(games, 'numberOf', [id]), 'number');
      return `the contract rolled: ${number}; anybody can check it: dodona verify ${id}`;
    },
  };
}
