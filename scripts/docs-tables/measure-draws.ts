import type { Datoshi } from '../../src/base/datoshi.js';
import { parseGas } from '../../src/base/datoshi.js';
import { gatewayCalls } from '../../src/chain/gateway-calls.js';
import { callScript } from '../../src/chain/script.js';
import type { DevnetAccount } from '../devnet/account.js';
import { deployContracts, depositCredit, readContract } from '../devnet/contracts.js';
import type { Devnet } from '../devnet/devnet.js';
import type { AppliedTransaction } from '../devnet/private-chain.js';

/** Pays for a delivery, and for keeping the number should that fail. */
const DRAW_FEE = parseGas('10');

/** What it costs to ask for a random number, and to have it kept or delivered; `run` must HALT. */
export async function measureDraws(
  devnet: Devnet,
  run: (from: DevnetAccount, script: Buffer) => Promise<AppliedTransaction>,
  answered: (asked: AppliedTransaction) => Promise<Datoshi>,
): Promise<Record<'calls' | 'answers', Record<string, Datoshi>>> {
  const { owner, gateway } = devnet;
  const contract = await readContract('games');
  const [games] = await deployContracts(devnet, owner, [{ contract, data: gateway }]);
  if (games === undefined) throw new Error('bug: no contract was deployed');
  await depositCredit(devnet, owner, gateway, games, 2n * DRAW_FEE);
  const roll = await run(owner, callScript(games, 'roll', [1n, 6n, DRAW_FEE]));
  const question = { seed: Buffer.alloc(0), callback: '', userData: null, maxFee: DRAW_FEE };
  const draw = await run(owner, gatewayCalls(gateway).requestRandom(question));
  return {
    calls: { '`requestRandom`, in the `roll` of the example of games': roll.gasConsumed },
    answers: {
      '`requestRandom`, a number, kept': await answered(draw),
      '`requestRandom`, a number, delivered to the example of games': await answered(roll),
    },
  };
}
