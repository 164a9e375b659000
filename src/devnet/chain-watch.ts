import { systemClock } from '../base/clock.js';
import type { Hash160 } from '../base/hash.js';
import { type Notification, type PrivateChain, parseExecution } from './private-chain.js';
import { fromStackItem, type VmValue } from './vm-value.js';

/** An event of a contract, in a block. */
export interface ChainEvent {
  readonly contract: Hash160;
  readonly name: string;
  /** By the names that the contract's manifest gives its parameters. */
  readonly values: Readonly<Record<string, VmValue>>;
}

export interface SeenEvent extends ChainEvent {
  readonly block: number;
}

/** Which event is waited for. */
export interface AwaitedEvent {
  readonly contract: Hash160;
  /** Any of these. */
  readonly names: readonly string[];
  /** Of several of these names, the one for which this is true. */
  readonly where?: (values: ChainEvent['values']) => boolean;
  /** The first block that is looked at. */
  readonly fromBlock: number;
  /** Milliseconds; beyond them, an Error that says what was waited for. */
  readonly withinMs: number;
}

const CHECK_MS = 15;

/** Reads events with the names of their parameters, and waits for them. */
export function createChainWatch(chain: PrivateChain) {
  const names = new Map<string, Promise<EventNames>>();
  const namesOf = (contract: Hash160): Promise<EventNames> => {
    const known = names.get(contract) ?? readEventNames(chain, contract);
    names.set(contract, known);
    return known;
  };

  const named = async ({ contract, name, state }: Notification): Promise<ChainEvent> => {
    const parameters = (await namesOf(contract)).get(name) ?? [];
    const values = state.map((item, at) => [parameters[at] ?? String(at), fromStackItem(item)]);
    return { contract, name, values: Object.fromEntries(values) as ChainEvent['values'] };
  };

  const eventIn = async (block: number, awaited: AwaitedEvent): Promise<SeenEvent | null> => {
    for (const notification of await notificationsOf(chain, block, awaited)) {
      const event = await named(notification);
      if (awaited.where?.(event.values) ?? true) return { ...event, block };
    }
    return null;
  };

  return {
    named,
    /** Looks at one block after the other until the event is there. */
    async waitFor(awaited: AwaitedEvent): Promise<SeenEvent> {
      const endMs = systemClock.monotonicMs() + awaited.withinMs;
      for (let next = awaited.fromBlock; ; ) {
        const height = await chain.height();
        for (; next <= height; next++) {
          const event = await eventIn(next, awaited);
          if (event !== null) return event;
        }
        if (systemClock.monotonicMs() > endMs) {
          throw new Error(
            `no event ${awaited.names.join(' or ')} of ${awaited.contract} came in ` +
              `${awaited.withinMs} ms, in blocks ${awaited.fromBlock} to ${height}`,
          );
        }
        await systemClock.sleep(CHECK_MS);
      }
    },
  };
}

/** Names of the parameters, by the event's name. */
type EventNames = ReadonlyMap<string, readonly string[]>;

async function readEventNames({ rpc }: PrivateChain, contract: Hash160): Promise<EventNames> {
  const { manifest } = await rpc.call<{
    manifest: { abi: { events: { name: string; parameters: { name: string }[] }[] } };
  }>('getcontractstate', [contract]);
  return new Map(
    manifest.abi.events.map(({ name, parameters }) => [name, parameters.map((one) => one.name)]),
  );
}

/** Only what transactions that HALTed emitted. */
async function notificationsOf(
  { rpc }: PrivateChain,
  block: number,
  { contract, names }: AwaitedEvent,
): Promise<readonly Notification[]> {
  const { application } = await rpc.call<{ application?: readonly object[] | null }>(
    'getblocknotifications',
    [block, { contract }],
  );
  // What a node answers about one block is of the shape of an execution's notifications.
  const execution = {
    state: 'HALT',
    gasconsumed: '0',
    stack: [],
    notifications: application ?? [],
  };
  return parseExecution(execution).notifications.filter(({ name }) => names.includes(name));
}
