import type { Datoshi } from '../../src/base/datoshi.js';
import { parseGas } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';
import type { UpkeepRun } from '../../src/chain/gateway-calls.js';
import { gatewayCalls } from '../../src/chain/gateway-calls.js';
import { callScript, utf8 } from '../../src/chain/script.js';
import type { StackItem } from '../../src/chain/stack-item.js';
import { asInteger } from '../../src/chain/stack-item-values.js';
import type { DevnetAccount } from '../devnet/account.js';
import { deployContracts, readContract } from '../devnet/contracts.js';
import type { Devnet } from '../devnet/devnet.js';
import type { AppliedTransaction } from '../devnet/private-chain.js';
import { GAS_TOKEN } from '../devnet/private-network.js';

const MAX_FEE = parseGas('1');
const ENOUGH = parseGas('50');
const TOGETHER = 16;
const HOUR_MS = 3_600_000;

type Costs = Record<string, Datoshi>;
type Run = (from: DevnetAccount, script: Buffer) => Promise<AppliedTransaction>;

/**
 * What upkeeps and prices cost, in datoshi: to who calls, and to who pays for runs and rounds. No
 * node may run: the node account's transactions are made here, with the margin that a node adds.
 */
export async function measureUpkeepsAndPrices(
  devnet: Devnet,
): Promise<{ readonly calls: Costs; readonly answers: Costs }> {
  const run: Run = async (from, script) => {
    const charges = from === devnet.node;
    const { gasConsumed } = await devnet.trial(from, script);
    const options = charges ? { systemFee: gasConsumed + gasConsumed / 100n } : {};
    const applied = await devnet.applied(await devnet.send(from, script, options));
    if (applied.state === 'FAULT') throw new Error(`a transaction FAULTed: ${applied.exception}`);
    return applied;
  };
  const { owner, gateway } = devnet;
  await run(owner, gatewayCalls(gateway).deposit(owner.hash, ENOUGH));
  const upkeeps = await measureUpkeeps(devnet, run);
  const prices = await measurePrices(devnet, run);
  return {
    calls: { ...upkeeps.calls, ...prices.calls },
    answers: { ...upkeeps.answers, ...prices.answers },
  };
}

async function measureUpkeeps(devnet: Devnet, run: Run) {
  const { gateway, owner, node, consumer } = devnet;
  const calls = gatewayCalls(gateway);
  const terms = { target: consumer, method: 'gateway', args: [], maxFee: MAX_FEE };
  const registered: AppliedTransaction[] = [];
  // The first of all write records anew that later ones only change.
  for (let n = 0; n <= TOGETHER; n++) {
    registered.push(await run(owner, calls.registerUpkeep({ ...terms, trigger: 'every:1' })));
  }
  const cron = calls.registerUpkeep({ ...terms, trigger: 'cron:0 9-17 * * 1-5' });
  const ids = registered.map(({ stack }) => asInteger(stack[0] as StackItem, 'id'));
  const perform = async (runs: readonly UpkeepRun[]) =>
    feesIn(devnet, 'UpkeepPerformed', 4, await run(node, calls.performUpkeeps(runs)));
  const runsAt = async (chosen: readonly bigint[]) => {
    const due = await devnet.height();
    return chosen.map((upkeepId) => ({ upkeepId, due, deliver: true, lostTx: null }));
  };
  const first = ids.slice(0, 1);
  await perform(await runsAt(first));
  const [alone = 0n] = await perform(await runsAt(first));
  const together = await perform(await runsAt(ids.slice(1)));
  const example = await measureExample(devnet, run, perform);
  const cancel = await run(owner, calls.cancelUpkeep(ids[0] ?? 0n));
  return {
    calls: {
      '`registerUpkeep`, by `every:`': registered.at(-1)?.gasConsumed ?? 0n,
      '`registerUpkeep`, by `cron:`': (await run(owner, cron)).gasConsumed,
      '`cancelUpkeep`': cancel.gasConsumed,
    },
    answers: {
      'a run, by `every:`, of a method that reads a record': alone,
      [`such runs, ${TOGETHER} in one transaction, each`]: mean(together),
      'a run, by `when:`, of the example that hands GAS on': example,
    },
  };
}

/** A run of contracts/examples/upkeep. */
async function measureExample(
  devnet: Devnet,
  run: Run,
  perform: (runs: readonly UpkeepRun[]) => Promise<Datoshi[]>,
): Promise<Datoshi> {
  const { owner, gateway, faucet } = devnet;
  const [example] = await deployContracts(devnet, owner, [
    { contract: await readContract('upkeep'), data: [gateway, faucet.hash, 1] },
  ]);
  if (example === undefined) throw new Error('bug: no contract was deployed');
  const pay = (amount: Datoshi) =>
    run(owner, callScript(GAS_TOKEN, 'transfer', [owner.hash, example, amount, null]));
  await pay(ENOUGH);
  const started = await run(owner, callScript(example, 'start', [ENOUGH, MAX_FEE]));
  const upkeepId = asInteger(started.stack[0] as StackItem, 'id');
  let charged = 0n;
  for (let n = 0; n < 2; n++) {
    await pay(1n);
    const due = await devnet.height();
    [charged = 0n] = await perform([{ upkeepId, due, deliver: true, lostTx: null }]);
  }
  return charged;
}

async function measurePrices(devnet: Devnet, run: Run) {
  const { gateway, owner, node } = devnet;
  const calls = gatewayCalls(gateway);
  const pairs = Array.from({ length: TOGETHER }, (_, n) => `PAIR${n}/USD`);
  let sponsor = 0n;
  for (const pair of pairs) {
    const offered = await run(owner, calls.sponsorFeed(pair, MAX_FEE, ENOUGH));
    sponsor = offered.gasConsumed;
    await run(owner, calls.chooseFeedSponsor(pair, owner.hash));
  }
  let timestamp = (await timeOf(devnet)) - HOUR_MS;
  const publish = async (chosen: readonly string[]) => {
    const rounds = chosen.map((pair) => {
      return { pair, price: parseGas('4.5'), timestamp: ++timestamp, confidenceBps: 10 };
    });
    return feesIn(devnet, 'PriceUpdated', 6, await run(node, calls.submitPrices(rounds)));
  };
  await publish(pairs);
  const [alone = 0n] = await publish(pairs.slice(0, 1));
  const together = await publish(pairs);
  const read = async (contract: Hash160, method: string, ...args: (Buffer | number)[]) =>
    (await devnet.trial(owner, callScript(contract, method, args))).gasConsumed;
  const pair = utf8(pairs[0] ?? '');
  return {
    calls: {
      '`sponsorFeed`': sponsor,
      '`latestPrice`': await read(gateway, 'latestPrice', pair),
      '`twap` over a few rounds': await read(gateway, 'twap', pair, timestamp - 1),
    },
    answers: {
      'a round of a feed, by its sponsor': alone,
      [`rounds of ${TOGETHER} feeds in one transaction, each`]: mean(together),
    },
  };
}

async function timeOf({ rpc, height }: Devnet): Promise<number> {
  const { time } = await rpc.call<{ time: number }>('getblockheader', [await height(), 1]);
  return time;
}

/** The fees in events of the gateway, by their place among the parameters. */
const feesIn = (
  { gateway }: Devnet,
  event: string,
  place: number,
  { notifications }: AppliedTransaction,
): Datoshi[] =>
  notifications
    .filter(({ contract, name }) => contract === gateway && name === event)
    .map(({ state }) => asInteger(state[place] as StackItem, 'fee'));

const mean = (fees: readonly Datoshi[]): Datoshi =>
  fees.reduce((sum, fee) => sum + fee, 0n) / BigInt(fees.length);
