import { formatGas, parseGas } from '../../src/base/datoshi.js';
import { contractHash, deployScript } from '../../src/chain/deploy.js';
import { GAS_TOKEN } from '../../src/chain/native-contracts.js';
import { assertScript, callScript } from '../../src/chain/script.js';
import { asInteger } from '../../src/chain/stack-item-values.js';
import { createAccount } from '../devnet/account.js';
import { readContract } from '../devnet/contracts.js';
import type { Devnet } from '../devnet/devnet.js';
import { eventually } from '../devnet/private-chain.js';

const PERIOD_BLOCKS = 1;
const RUN_FEE = parseGas('1');
const CREDIT = parseGas('4');
const PAYMENT = parseGas('0.5');

export interface ShownUpkeep {
  readonly id: bigint;
  /** From the block in which its condition came true to that of its run. */
  readonly blocks: number;
}

/** A contract that hands on what it is sent, and that nobody calls but the node's upkeep. */
export async function showUpkeep(
  devnet: Devnet,
  say: (text: string) => void,
): Promise<ShownUpkeep> {
  const { owner, gateway } = devnet;
  say('\nregisterUpkeep: a contract is called whenever it has something to pay out');
  const { nef, manifest } = await readContract('upkeep');
  const contract = contractHash(owner.hash, nef, manifest);
  const heir = createAccount().hash;
  const pay = (amount: bigint): Buffer =>
    assertScript(callScript(GAS_TOKEN, 'transfer', [owner.hash, contract, amount, null]));
  await mustHalt(devnet, deployScript(nef, manifest, [gateway, heir, PERIOD_BLOCKS]));
  const started = Buffer.concat([pay(CREDIT), callScript(contract, 'start', [CREDIT, RUN_FEE])]);
  const { notifications } = await mustHalt(devnet, started);
  const registered = notifications.find(({ name }) => name === 'UpkeepRegistered')?.state[0];
  if (registered === undefined) throw new Error('the gateway told of no upkeep');
  const id = asInteger(registered, 'id');
  say(`  registered: upkeep ${id}, when:isDue`);
  const { blockIndex } = await mustHalt(devnet, pay(PAYMENT));
  const balance = await eventually('the payout of the upkeep', async () => {
    const item = await devnet.read(GAS_TOKEN, 'balanceOf', [heir]);
    const value = asInteger(item, 'balanceOf');
    return value > 0n ? value : null;
  });
  const later = (await devnet.height()) - blockIndex;
  const when = later <= 1 ? 'in the next block' : `${later} blocks later`;
  say(`  it was sent ${formatGas(balance)} GAS, and was called to pay it out ${when}`);
  return { id, blocks: later };
}

async function mustHalt(devnet: Devnet, script: Buffer) {
  const applied = await devnet.applied(await devnet.send(devnet.owner, script));
  if (applied.state !== 'HALT') throw new Error(`a transaction FAULTed: ${applied.exception}`);
  return applied;
}
