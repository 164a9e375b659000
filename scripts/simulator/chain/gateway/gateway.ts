import { parseGas } from '../../../../src/base/datoshi.js';
import { type Hash160, hashFromLittleEndian } from '../../../../src/base/hash.js';
import { GAS_UNITS, Price } from '../gas-prices.js';
import type { CallContext, Contract, Method } from '../machine.js';
import { type Item, type ItemLike, toList } from '../vm-item.js';
import * as administration from './administration.js';
import { respond } from './answering.js';
import * as asking from './asking.js';
import { expire } from './expiring.js';
import * as feeds from './feeds.js';
import * as functions from './functions.js';
import * as keys from './keys.js';
import * as money from './money.js';
import * as prices from './prices.js';
import * as random from './random.js';
import { loadSettings, type Settings } from './records.js';
import * as results from './results.js';
import { performUpkeeps } from './running.js';
import * as sponsors from './sponsors.js';
import * as updating from './updating.js';
import * as upkeeps from './upkeeps.js';

type Run = (context: CallContext, args: readonly Item[]) => ItemLike | undefined;

const INTERFACE_VERSION = 1n;

/** Reads, by name with the number of parameters. */
const SAFE: Readonly<Record<string, readonly [parameters: number, run: Run]>> = {
  codeOf: [1, functions.codeOf],
  creditOf: [1, money.creditOf],
  earnedOf: [1, money.earnedOf],
  executor: [0, (c) => loadSettings(c).executor],
  feedSponsorOf: [1, feeds.feedSponsorOf],
  feedSponsorshipOf: [2, feeds.feedSponsorshipOf],
  functionOf: [1, functions.functionOf],
  isPaused: [0, administration.isPaused],
  latestPrice: [1, prices.latestPrice],
  nodeAccount: [0, keys.nodeAccount],
  overlap: [0, keys.overlap],
  owner: [0, administration.owner],
  pendingCount: [0, asking.pendingCount],
  policy: [0, administration.policy],
  priceAt: [2, prices.priceAt],
  proposedUpdate: [0, updating.proposedUpdate],
  randomKey: [0, random.randomKey],
  randomKeyOf: [1, random.randomKeyOf],
  requestOf: [1, asking.requestOf],
  reservedOf: [1, money.reservedOf],
  resultOf: [1, asking.resultOf],
  sponsorOf: [1, sponsors.sponsorOf],
  sponsorshipOf: [2, sponsors.sponsorshipOf],
  twap: [2, prices.twap],
  upkeepOf: [1, upkeeps.upkeepOf],
  version: [0, () => INTERFACE_VERSION],
};

const writes = (check: random.ProofCheck): typeof SAFE => ({
  acceptNodeAccount: [1, keys.acceptNodeAccount],
  acceptOwnership: [0, administration.acceptOwnership],
  acceptSponsor: [1, sponsors.acceptSponsor],
  cancelUpdate: [0, updating.cancelUpdate],
  cancelUpkeep: [1, upkeeps.cancelUpkeep],
  chooseFeedSponsor: [2, feeds.chooseFeedSponsor],
  collect: [3, money.collect],
  dropResults: [1, results.dropResults],
  expire: [1, expire],
  fundUpkeep: [1, upkeeps.fundUpkeep],
  onNEP17Payment: [3, money.onPayment],
  pause: [1, administration.pause],
  performUpkeeps: [1, performUpkeeps],
  proposeNodeAccount: [1, keys.proposeNodeAccount],
  proposeRandomKey: [2, random.proposeRandomKey(check)],
  proposeUpdate: [2, updating.proposeUpdate],
  redeliver: [1, results.redeliver],
  registerFunction: [4, functions.registerFunction],
  registerUpkeep: [5, upkeeps.registerUpkeep],
  rehearse: [3, results.rehearse],
  request: [5, asking.request],
  requestFunction: [5, asking.requestFunction],
  requestHttp: [5, asking.requestHttp],
  requestRandom: [4, asking.requestRandom],
  respond: [1, respond(check)],
  revokeNodeAccount: [0, keys.revokeNodeAccount],
  setPolicy: [6, administration.setPolicy],
  sponsor: [3, sponsors.sponsor],
  sponsorFeed: [3, feeds.sponsorFeed],
  submitPrices: [1, prices.submitPrices],
  takeResult: [1, results.takeResult],
  transferOwnership: [1, administration.transferOwnership],
  updateFunction: [4, functions.updateFunction],
  withdraw: [3, money.withdraw],
});

/** The model of contracts/gateway, without `update`. */
export function gatewayContract(hash: Hash160, check: random.ProofCheck): Contract {
  const entries = (table: typeof SAFE, safe: boolean) =>
    Object.entries(table).map(([name, [parameters, run]]): [string, Method] => [
      `${name}/${parameters}`,
      {
        parameters,
        safe,
        run: (context, args) => {
          context.execution.use(GAS_UNITS.method);
          return run(context, args);
        },
      },
    ]);
  return { hash, methods: new Map([...entries(SAFE, true), ...entries(writes(check), false)]) };
}

/** The model of contracts/executor. */
export function executorContract(hash: Hash160, gateway: Hash160): Contract {
  const call: Method = {
    parameters: 4,
    safe: false,
    run: (c, [target = null, method = null, args = null, flags = null]) => {
      c.execution.use(GAS_UNITS.method + Price.storageRead + GAS_UNITS.convert);
      if (c.caller !== gateway) c.refuse('only the gateway may call the executor');
      const name = (method as Buffer).toString();
      const given = toList(args);
      return c.call(accountOf(target), name, given, Number(flags as bigint));
    },
  };
  const whose: Method = { parameters: 0, safe: true, run: () => gateway };
  return { hash, methods: new Map(Object.entries({ 'call/4': call, 'gateway/0': whose })) };
}

const accountOf = (target: Item): Hash160 => hashFromLittleEndian(target as Buffer);

const kinds = <T>(value: T, random = value): T[] => [value, value, value, random, value, value];

/** What the gateway keeps from its deployment on (contracts/gateway/gateway.go). */
export const firstSettings = (executor: Hash160): Settings => ({
  executor,
  paused: false,
  policy: {
    premiums: kinds(0n),
    minimums: kinds(parseGas('0.35'), parseGas('4.8')),
    requestLifetime: 240,
    resultLifetime: 172_800,
    networkFeeCeiling: parseGas('1.1'),
    updateDelay: 40,
    lowerUpdateDelay: 0,
    lowerFrom: 0,
  },
});
