import type { Hash160 } from '../../src/base/hash.js';
import type { RpcReply, SimulatedChain } from './chain/simulated-chain.js';
import type { Faults } from './faults.js';
import type { SeededRandom } from './seeded-random.js';

/** Of the endpoint that is asked first: the others tell the truth. */
const LIAR = 0;
const METHODS = ['getblocknotifications', 'getapplicationlog'];

interface Told {
  readonly contract: Hash160;
  readonly eventname: string;
  readonly state: { value: unknown[] };
}

/** Tells of the gateway's events what no gateway emits: one without its end, or a request twice. */
export function createEventLie(
  chain: SimulatedChain,
  gateway: Hash160,
  faults: Faults,
  random: SeededRandom,
): (method: string, params: readonly unknown[]) => RpcReply | null {
  return (method, params) => {
    if (!METHODS.includes(method)) return null;
    const truth = truthOf(chain, method, params);
    if (!('result' in truth)) return truth;
    const lie = structuredClone(truth.result);
    const lists = listsIn(lie).filter((list) => list.some(({ contract }) => contract === gateway));
    const [list] = lists;
    if (list === undefined || !faults.strikes('endpoint tells impossible events')) return truth;
    const asked = list.find((each) => each.contract === gateway && /Request$/.test(each.eventname));
    if (asked !== undefined && random.chance(0.5)) list.push(asked);
    else list.find(({ contract }) => contract === gateway)?.state.value.pop();
    return { result: lie };
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
