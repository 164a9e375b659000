import assert from 'node:assert/strict';
import { refusalOf } from '../../scripts/check-refusals/seen-refusals.js';
import { parseExecution } from '../../scripts/devnet/private-chain.js';
import type {
  AppliedTransaction,
  SimulatedEvent,
} from '../../scripts/simulator/chain/simulated-chain.js';
import type { Hash160 } from '../../src/base/hash.js';
import { type ContractRead, contractRead, readTogether } from '../../src/chain/contract-read.js';
import { decodeGatewayEvent, type GatewayEvent } from '../../src/chain/gateway-events.js';
import { gatewayReads } from '../../src/chain/gateway-reads.js';
import { parseStackItems, type StackItem } from '../../src/chain/stack-item.js';
import { ranOutOfGas } from '../../src/pipeline/bounded-script.js';
import { gasBalance } from '../contracts/books.js';
import type { Twins } from './twin-chains.js';

/** A transaction as both chains ended it; the events are the gateway's, none of a FAULT. */
export interface TwinEnding {
  /** `HALT`, `refused: …`, `out of gas` or `fault`. */
  readonly ending: string;
  readonly real: readonly GatewayEvent[];
  readonly simulated: readonly GatewayEvent[];
  /** What each used, where both HALTed; else null. */
  readonly gas: { readonly real: bigint; readonly simulated: bigint } | null;
}

/**
 * Asserts that a transaction ended alike: HALT or FAULT, with the same refusal, and the same events
 * of all contracts in the same order, but for the figures that follow from gas.
 */
export async function compareEnding(
  { network, gateway }: Twins,
  simulated: AppliedTransaction,
  what: string,
): Promise<TwinEnding> {
  const { executions } = await network.rpc.call<{ executions: readonly unknown[] }>(
    'getapplicationlog',
    [simulated.hash],
  );
  const real = parseExecution(executions[0]);
  const endings = [real, simulated].map(({ state, exception }) => endingOf(state, exception));
  assert.deepEqual(endings[1], endings[0], `${what}: ${real.exception} | ${simulated.exception}`);
  const ending = endings[0] as string;
  if (real.state === 'FAULT') return { ending, real: [], simulated: [], gas: null };
  const told = real.notifications;
  const also = simulated.events.map(parsed);
  assert.deepEqual(
    also.map(({ contract, name }) => `${contract} ${name}`),
    told.map(({ contract, name }) => `${contract} ${name}`),
    `${what}: the events`,
  );
  const ofGateway = (all: readonly Told[]): GatewayEvent[] =>
    all
      .filter(({ contract }) => contract === gateway)
      .map((each) => decodeGatewayEvent({ ...each, txHash: simulated.hash, indexInBlock: 0 }));
  const foreign = (all: readonly Told[]) =>
    all.filter(({ contract }) => contract !== gateway).map(({ state }) => state.map(plain));
  assert.deepEqual(foreign(also), foreign(told), `${what}: events of other contracts`);
  const [left, right] = [ofGateway(also), ofGateway(told)];
  assert.deepEqual(left.map(withoutGas), right.map(withoutGas), `${what}: the gateway's events`);
  return {
    ending,
    real: right,
    simulated: left,
    gas: { real: real.gasConsumed, simulated: simulated.gasConsumed },
  };
}

type Told = {
  readonly contract: Hash160;
  readonly name: string;
  readonly state: readonly StackItem[];
};

const parsed = ({ contract, name, state }: SimulatedEvent): Told => ({
  contract,
  name,
  state: parseStackItems(state),
});

/** What a contract threw, null where that is no text or where nothing was thrown. */
export function thrownText(exception: string): string | null {
  try {
    return refusalOf(exception);
  } catch (thrown) {
    // neo-go writes bytes that are no text in a way that is no JSON.
    if (thrown instanceof SyntaxError) return null;
    throw thrown;
  }
}

/** A refusal in its words; of all else only what kind of end it is. */
function endingOf(state: string, exception: string | null): string {
  if (state === 'HALT') return 'HALT';
  const refusal = thrownText(exception ?? '');
  if (refusal !== null) return `refused: ${refusal}`;
  return ranOutOfGas(exception ?? '') ? 'out of gas' : 'fault';
}

/** The same whether the machine has a number as bytes or as an Integer. */
function plain(item: StackItem): unknown {
  if (item.type === 'ByteString' || item.type === 'Buffer') return item.value.toString('hex');
  if (item.type === 'Array' || item.type === 'Struct') return item.items.map(plain);
  if (item.type === 'Integer') return item.value;
  return item;
}

/** What is charged follows from gas, which the model has by measure only: compared by rule. */
export function withoutGas(event: GatewayEvent): unknown {
  switch (event.name) {
    case 'Response':
    case 'UpkeepPerformed':
      return { ...event, fee: 0n, lost: 0n, premium: 0n };
    case 'PriceUpdated':
      return { ...event, fee: 0n };
    case 'Earned':
      return { ...event, amount: 0n };
    default:
      return event;
  }
}

const PAIRS = ['GAS/USD', 'NEO/USD'];

/** Asserts that every read of the gateway answers alike on both, and every GAS balance. */
export async function compareState(twins: Twins, what: string): Promise<void> {
  const reads = [...readsOf(twins), ...(await priceReads(twins))];
  const all = reads.map(([, read]) => read);
  for (let at = 0; at < all.length; at += READ_AT_ONCE) {
    const some = all.slice(at, at + READ_AT_ONCE);
    const names = reads.slice(at, at + READ_AT_ONCE).map(([name]) => name);
    const [real, simulated] = await readBoth(twins, some);
    const named = (values: readonly unknown[]) =>
      Object.fromEntries(names.map((name, place) => [name, values[place]]));
    assert.deepEqual(named(simulated), named(real), `${what}: what is read`);
  }
}

/** Of feeds that have a round: the others can't be asked so. */
async function priceReads({ simulatedRpc, gateway }: Twins) {
  const reads = gatewayReads(gateway);
  const { values } = await readTogether(
    simulatedRpc,
    PAIRS.map((pair) => reads.latestPrice(pair)),
  );
  return PAIRS.flatMap((pair, at) => {
    const last = values[at];
    if (last == null) return [];
    return [
      [`mean of ${pair}`, reads.twap(pair, last.timestamp)] as const,
      [`first of ${pair}`, reads.priceAt(pair, 1n)] as const,
    ];
  });
}

const READ_AT_ONCE = 60;

/** Of the real chain's latest block, and of the same on the simulated one. */
async function readBoth(
  { network, simulatedRpc, advance, chain }: Twins,
  reads: readonly ContractRead<unknown>[],
): Promise<[readonly unknown[], readonly unknown[]]> {
  for (;;) {
    await advance();
    const real = await readTogether(network.rpc, reads);
    if (real.height !== chain.views.height()) continue;
    const simulated = await readTogether(simulatedRpc, reads);
    return [real.values, simulated.values];
  }
}

function readsOf(twins: Twins): (readonly [string, ContractRead<unknown>])[] {
  const { gateway, contracts, accounts, chain } = twins;
  const reads = gatewayReads(gateway);
  const users = Object.entries(accounts).map(([name, { hash }]) => [name, hash] as const);
  const all = [...users, ...Object.entries(contracts)];
  const stays = Object.entries(contracts).filter(([name]) => name !== 'doomed');
  const ids = chain.views.requests().map(({ id }) => id);
  const item = (contract: Hash160, method: string) =>
    contractRead(contract, method, [], (each) => plain(each));
  return [
    ...(['owner', 'isPaused', 'pendingCount', 'nodeAccount', 'overlap', 'policy'] as const).map(
      (name) => [name, reads[name]()] as const,
    ),
    ['randomKey', reads.randomKey()],
    ['proposedUpdate', reads.proposedUpdate()],
    ['held', gasBalance(gateway)],
    ...all.flatMap(([name, hash]) => [
      [`GAS of ${name}`, gasBalance(hash)] as const,
      [`credit of ${name}`, reads.creditOf(hash)] as const,
      [`reserved of ${name}`, reads.reservedOf(hash)] as const,
      [`earned of ${name}`, reads.earnedOf(hash)] as const,
      [`sponsor of ${name}`, reads.sponsorOf(hash)] as const,
      ...all.map(
        ([payer, account]) => [`${payer} for ${name}`, reads.sponsorshipOf(account, hash)] as const,
      ),
    ]),
    ...stays.flatMap(([name, hash]) => [
      [`count of ${name}`, item(hash, 'count')] as const,
      [`last of ${name}`, item(hash, 'last')] as const,
    ]),
    ...ids
      .slice(-20)
      .flatMap((id) => [
        [`request ${id}`, reads.requestOf(id)] as const,
        [`result ${id}`, reads.resultOf(id)] as const,
      ]),
    ...chain.views.upkeeps().map(({ id }) => [`upkeep ${id}`, reads.upkeepOf(id)] as const),
    ...[1n, 2n, 3n].map((id) => [`function ${id}`, reads.functionOf(id)] as const),
    ...PAIRS.flatMap((pair) => [
      [`price of ${pair}`, reads.latestPrice(pair)] as const,
      [`sponsor of ${pair}`, reads.feedSponsorOf(pair)] as const,
      ...users.map(
        ([name, hash]) => [`${name} for ${pair}`, reads.feedSponsorshipOf(pair, hash)] as const,
      ),
    ]),
  ];
}
