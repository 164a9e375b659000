import type { Hash160 } from '../../src/base/hash.js';
import { GAS_TOKEN } from '../../src/chain/native-contracts.js';
import type { RpcReply, SimulatedChain } from './chain/simulated-chain.js';
import type { Faults } from './faults.js';
import type { SeededRandom } from './seeded-random.js';

/** Of the endpoint that is asked first: the others tell the truth. */
const LIAR = 0;
const METHODS = ['getblocknotifications', 'getapplicationlog'];

interface Item {
  readonly type: string;
  value?: unknown;
}

interface Told {
  readonly contract: Hash160;
  readonly eventname: string;
  readonly state: { value: Item[] };
}

/** What the liar answers; null: it is asked for something else. */
export type EventLie = (method: string, params: readonly unknown[]) => RpcReply | null;

interface LieParts {
  readonly chain: SimulatedChain;
  readonly gateway: Hash160;
  readonly faults: Faults;
  readonly random: SeededRandom;
}

/** Tells of the gateway's events what no gateway emits: one without its end, or a request twice. */
export function createEventLie({ chain, gateway, faults, random }: LieParts): EventLie {
  const isOfGateway = ({ contract }: Told): boolean => contract === gateway;
  return lieAbout(chain, isOfGateway, (list) => {
    if (!faults.strikes('endpoint tells impossible events')) return false;
    const asked = list.find((told) => isOfGateway(told) && /Request$/.test(told.eventname));
    if (asked !== undefined && random.chance(0.5)) list.push(asked);
    else list.find(isOfGateway)?.state.value.pop();
    return true;
  });
}

/** Leaves an event out, or tells another amount or text: what others would have to contradict. */
export function createLikelyLie({ chain, gateway, faults, random }: LieParts): EventLie {
  const isOfMoney = (told: Told): boolean => [gateway, GAS_TOKEN].includes(told.contract);
  return lieAbout(chain, isOfMoney, (list) => {
    if (!faults.strikes('endpoint tells what could be true')) return false;
    const told = random.pick(list.filter(isOfMoney));
    if (random.chance(0.5)) list.splice(list.indexOf(told), 1);
    else alter(random.pick(told.state.value));
    return true;
  });
}

function alter(item: Item): void {
  if (typeof item.value !== 'string') return;
  if (item.type === 'Integer') item.value = String(BigInt(item.value) + 1n);
  else item.value = Buffer.from(item.value, 'base64').reverse().toString('base64');
}

/** `change` is given the notifications of a transaction that hold some; false: it left them. */
function lieAbout(
  chain: SimulatedChain,
  holds: (told: Told) => boolean,
  change: (list: Told[]) => boolean,
): EventLie {
  return (method, params) => {
    if (!METHODS.includes(method)) return null;
    const truth = truthOf(chain, method, params);
    if (!('result' in truth)) return truth;
    const lie = structuredClone(truth.result);
    const list = listsIn(lie).find((each) => each.some(holds));
    return list !== undefined && change(list) ? { result: lie } : truth;
  };
}

function truthOf(chain: SimulatedChain, method: string, params: readonly unknown[]): RpcReply {
  const endpoint = chain.faultsOf(LIAR);
  const { intercept } = endpoint;
  endpoint.intercept = null;
  const truth = chain.rpc(LIAR, method, params);
  endpoint.intercept = intercept;
  return truth;
}

/** The lists of notifications of transactions. */
function listsIn(result: unknown): Told[][] {
  const { application, executions } = result as {
    readonly application?: Told[];
    readonly executions?: readonly { readonly vmstate: string; notifications: Told[] }[];
  };
  if (application !== undefined) return [application];
  const halted = (executions ?? []).filter(({ vmstate }) => vmstate === 'HALT');
  return halted.map(({ notifications }) => notifications);
}
