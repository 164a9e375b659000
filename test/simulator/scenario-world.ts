import type { DevnetAccount } from '../../scripts/devnet/account.js';
import { parseGas } from '../../src/base/datoshi.js';
import type { Hash160, Hash256 } from '../../src/base/hash.js';
import { callScript, type ScriptArg, utf8 } from '../../src/chain/script.js';
import type { RandomKey } from '../contracts/random-proofs.js';
import type { Choice } from './seeded-choice.js';
import type { AccountName, ContractName, Twins, WantedTransaction } from './twin-chains.js';

/** What a scenario knows when it chooses what to do next. */
export interface ScenarioWorld {
  readonly twins: Twins;
  readonly choice: Choice;
  readonly key: RandomKey;
  /** Seeds of random requests, by id. */
  readonly seeds: Map<bigint, Buffer>;
  /** Transactions that faulted, with their nonces. */
  readonly faulted: { readonly hash: Hash256; readonly nonce: number }[];
  /** False of its opening, where nothing is odd. */
  isPlaying: boolean;
  /** So that no two transactions are the same. */
  nextNonce: number;
}

/** A transaction that is to be sent, with what it is for messages. */
export interface Planned extends WantedTransaction {
  readonly what: string;
  /** Of the list that it answers with; 1 where it has none. */
  readonly items?: number;
}

const SCOPES = ['None', 'Global'] as const;
export const FEE = parseGas('3');
const NETWORK_FEE = parseGas('0.05');

export const account = ({ twins }: ScenarioWorld, name: AccountName): DevnetAccount =>
  twins.accounts[name];

export const contract = ({ twins }: ScenarioWorld, name: ContractName): Hash160 =>
  twins.contracts[name];

export const CONTRACT_NAMES = ['asker', 'other', 'asker', 'other', 'doomed'] as const;
export const USERS = ['user', 'patron', 'second'] as const;

export function planned(
  world: ScenarioWorld,
  what: string,
  sender: DevnetAccount,
  script: Buffer,
  more: Partial<Pick<Planned, 'systemFee' | 'nonce' | 'items'>> = {},
): Planned {
  // A fee of its own for each, so that both chains have one order for them.
  const spread = BigInt(world.choice.below(1_000_000));
  // Now and then a witness that counts nowhere, or everywhere.
  const isOdd = world.isPlaying && world.choice.percent(5);
  const scope = isOdd ? world.choice.of(SCOPES) : 'CalledByEntry';
  return {
    what: scope === 'CalledByEntry' ? what : `${what} (${scope})`,
    sender,
    script,
    scope,
    systemFee: more.systemFee ?? FEE,
    networkFee: NETWORK_FEE + spread,
    nonce: more.nonce ?? world.nextNonce++,
    items: more.items ?? 1,
  };
}

/** A call of the gateway by an account. */
export const byAccount = (
  world: ScenarioWorld,
  name: AccountName,
  method: string,
  ...args: readonly ScriptArg[]
): Planned =>
  planned(
    world,
    `${name}: ${method}`,
    account(world, name),
    callScript(world.twins.gateway, method, args),
  );

/** A call of the gateway by a hostile contract, on the owner's word. */
export const byContract = (
  world: ScenarioWorld,
  name: ContractName,
  method: string,
  ...args: readonly ScriptArg[]
): Planned => {
  const how = world.choice.percent(80) ? 'call' : world.choice.of(['tryCall', 'callTwice']);
  const script = callScript(contract(world, name), how, [world.twins.gateway, utf8(method), args]);
  return planned(world, `${name}: ${method} by ${how}`, account(world, 'owner'), script);
};

/** What depends on who does it. */
type Args = (by: 'account' | 'contract') => readonly ScriptArg[];

/** As byAnybody, with arguments that depend on who it is. */
export const byWhoever = (world: ScenarioWorld, method: string, argsOf: Args): Planned =>
  world.choice.percent(35)
    ? byAccount(world, world.choice.of(USERS), method, ...argsOf('account'))
    : byContract(world, world.choice.of(CONTRACT_NAMES), method, ...argsOf('contract'));

/** By one of the users, or by one of the contracts. */
export const byAnybody = (
  world: ScenarioWorld,
  method: string,
  ...args: readonly ScriptArg[]
): Planned =>
  world.choice.percent(50)
    ? byAccount(world, world.choice.of(USERS), method, ...args)
    : byContract(world, world.choice.of(CONTRACT_NAMES), method, ...args);

/** Everybody of the scenario, accounts and contracts. */
export const everybody = ({ twins }: ScenarioWorld): Hash160[] => [
  ...Object.values(twins.accounts).map(({ hash }) => hash),
  ...Object.values(twins.contracts),
];

export const pendingIds = ({ twins }: ScenarioWorld): bigint[] =>
  twins.chain.views
    .requests()
    .filter(({ endings }) => endings.length === 0)
    .map(({ id }) => id);

export const allIds = ({ twins }: ScenarioWorld): bigint[] =>
  twins.chain.views.requests().map(({ id }) => id);
