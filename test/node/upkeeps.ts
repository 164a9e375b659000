import { createAccount } from '../../scripts/devnet/account.js';
import { deployContracts, readContract as readCompiled } from '../../scripts/devnet/contracts.js';
import type { AppliedTransaction } from '../../scripts/devnet/private-chain.js';
import { type Datoshi, parseGas } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';
import { callScript, type ScriptArg, utf8 } from '../../src/chain/script.js';
import { asInteger } from '../../src/chain/stack-item-values.js';
import { eventsOf } from './answers.js';
import type { PlacedEvent } from './chain-history.js';
import { mustHalt, type NodeFixture } from './node-fixture.js';

/** Enough for a run and one without a call after it, at the devnet's prices. */
export const UPKEEP_FEE = parseGas('1');

export type Performed = Extract<PlacedEvent, { name: 'UpkeepPerformed' }>;

export interface UpkeepAsked {
  readonly target: Hash160;
  readonly trigger: string;
  readonly method?: string;
  readonly args?: readonly ScriptArg[];
  readonly maxFee?: Datoshi;
}

/** The sender registers an upkeep, and pays for it with his credit. */
export const registerScript = (
  gateway: Hash160,
  { target, trigger, method = 'tick', args = [7], maxFee = UPKEEP_FEE }: UpkeepAsked,
): Buffer =>
  callScript(gateway, 'registerUpkeep', [target, utf8(method), args, utf8(trigger), maxFee]);

/** Registers upkeeps of the fixture's owner in one transaction. */
export async function register(
  { network, gateway, owner }: Pick<NodeFixture, 'network' | 'gateway' | 'owner'>,
  asked: readonly UpkeepAsked[],
): Promise<{ ids: bigint[]; applied: AppliedTransaction }> {
  const script = Buffer.concat(asked.map((each) => registerScript(gateway, each)));
  const applied = await mustHalt(network.send(owner, script).then(network.applied));
  const ids = applied.notifications
    .filter(({ contract, name }) => contract === gateway && name === 'UpkeepRegistered')
    .map(({ state: [id] }) => asInteger(id as NonNullable<typeof id>, 'id'));
  return { ids, applied };
}

/** Deploys contracts/testing/metronome, whose condition holds again after so many blocks each. */
export async function deployMetronomes(
  { network }: Pick<NodeFixture, 'network'>,
  periodsBlocks: readonly number[],
): Promise<Hash160[]> {
  const contract = await readCompiled('metronome');
  const deployers = periodsBlocks.map(() => createAccount());
  await network.fund(
    deployers.map(({ hash }) => hash),
    parseGas('40'),
  );
  const deployed = deployers.map(async (deployer, at) => {
    const data = periodsBlocks[at] ?? 0;
    const [hash] = await deployContracts(network, deployer, [{ contract, data }]);
    if (hash === undefined) throw new Error('bug: no contract was deployed');
    return hash;
  });
  return Promise.all(deployed);
}

/** What the gateway told of runs, in the order of blocks. */
export const performedRuns = async (
  fixture: NodeFixture,
  id: bigint | null = null,
): Promise<Performed[]> =>
  (await eventsOf(fixture)).filter(
    (event): event is Performed =>
      event.name === 'UpkeepPerformed' && (id === null || event.id === id),
  );
