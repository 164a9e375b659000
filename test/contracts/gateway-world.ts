import assert from 'node:assert/strict';
import { createAccount, type DevnetAccount } from '../../scripts/devnet/account.js';
import {
  type CompiledContract,
  type DeployedGateway,
  deployContracts,
  gatewayHashes,
  readContract,
} from '../../scripts/devnet/contracts.js';
import type { AppliedTransaction, SendOptions } from '../../scripts/devnet/private-chain.js';
import type { PrivateNetwork } from '../../scripts/devnet/private-network.js';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { type Datoshi, parseGas } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';
import { contractHash } from '../../src/chain/deploy.js';
import { gatewayCalls } from '../../src/chain/gateway-calls.js';
import { decodeGatewayEvent, type GatewayEvent } from '../../src/chain/gateway-events.js';
import { gatewayReads } from '../../src/chain/gateway-reads.js';
import { callScript, type ScriptArg, utf8 } from '../../src/chain/script.js';

/** A transaction to send. */
export type Step = readonly [
  sender: DevnetAccount,
  script: Buffer,
  options?: SendOptions | undefined,
];

/** A gateway of its own on the run's network, with accounts and contracts to test it by. */
export interface GatewayWorld<Account extends string = never, Contract extends string = never>
  extends DeployedGateway {
  readonly network: PrivateNetwork;
  readonly owner: DevnetAccount;
  readonly node: DevnetAccount;
  /** With GAS, and with credit. */
  readonly accounts: Readonly<Record<Account, DevnetAccount>>;
  /** Instances of contracts/testing/hostile, with credit. */
  readonly contracts: Readonly<Record<Contract, Hash160>>;
  readonly calls: ReturnType<typeof gatewayCalls>;
  readonly reads: ReturnType<typeof gatewayReads>;
  /** A script that calls a method of the gateway. */
  call(method: string, ...args: ScriptArg[]): Buffer;
  /** A script that has one of the contracts call a method of the gateway. */
  callBy(contract: Hash160, method: string, ...args: ScriptArg[]): Buffer;
  /** Sends one transaction, waits for its block, and asserts that it did not fault. */
  run(...step: Step): Promise<AppliedTransaction>;
  /** Sends several at once, in one block or in neighbouring ones, none of which faults. */
  runAll(steps: readonly Step[]): Promise<AppliedTransaction[]>;
  /** Sends one transaction and waits for its block, however it ends. */
  attempt(...step: Step): Promise<AppliedTransaction>;
}

export interface WorldOptions<Account extends string, Contract extends string> {
  readonly accounts?: readonly Account[];
  readonly contracts?: readonly Contract[];
  /** Of each account and contract; default 50 GAS. */
  readonly credit?: Datoshi;
  readonly policy?: PolicyChange;
}

/** Fees are burnt and deployments dear; the faucet has plenty. */
const OWNER_GAS = parseGas('20000');
const ACCOUNT_GAS = parseGas('1000');
const CREDIT = parseGas('50');

/** Deploys and endows everything in a few blocks. */
export async function gatewayWorld<
  const Account extends string = never,
  const Contract extends string = never,
>(options: WorldOptions<Account, Contract> = {}): Promise<GatewayWorld<Account, Contract>> {
  const network = await sharedNetwork();
  const [owner, node] = [createAccount(), createAccount()];
  const named = (options.accounts ?? []).map((name) => [name, createAccount()] as const);
  const accounts = Object.fromEntries(named) as Record<Account, DevnetAccount>;
  await Promise.all([
    network.fund(owner.hash, OWNER_GAS),
    network.fund([node.hash, ...named.map(([, { hash }]) => hash)], ACCOUNT_GAS),
  ]);
  const hashes = await gatewayHashes(owner);
  const contracts = (await deployAll(network, owner, node, hashes, options)) as Record<
    Contract,
    Hash160
  >;
  const world = worldOf({ ...hashes, network, owner, node, accounts, contracts });
  const credited = [...named.map(([, { hash }]) => hash), ...Object.values<Hash160>(contracts)];
  const deposits = credited.map((account) =>
    world.calls.deposit(owner.hash, options.credit ?? CREDIT, account),
  );
  const steps: Step[] = [[owner, setPolicy(world, options.policy)]];
  if (deposits.length > 0) steps.push([owner, Buffer.concat(deposits)]);
  await world.runAll(steps);
  return world;
}

type Parts<Account extends string, Contract extends string> = Omit<
  GatewayWorld<Account, Contract>,
  'calls' | 'reads' | 'call' | 'callBy' | 'run' | 'runAll' | 'attempt'
>;

function worldOf<Account extends string, Contract extends string>(
  parts: Parts<Account, Contract>,
): GatewayWorld<Account, Contract> {
  const { network, gateway } = parts;
  const attempt = async (...[sender, script, options]: Step) =>
    network.applied(await network.send(sender, script, options));
  const run = async (...step: Step) => {
    const applied = await attempt(...step);
    assert.equal(applied.state, 'HALT', applied.exception ?? '');
    return applied;
  };
  return {
    ...parts,
    calls: gatewayCalls(gateway),
    reads: gatewayReads(gateway),
    call: (method, ...args) => callScript(gateway, method, args),
    callBy: (contract, method, ...args) =>
      callScript(contract, 'call', [gateway, utf8(method), args]),
    attempt,
    run,
    runAll: (steps) => Promise.all(steps.map((step) => run(...step))),
  };
}

async function deployAll(
  network: PrivateNetwork,
  owner: DevnetAccount,
  node: DevnetAccount,
  { gateway, executor }: DeployedGateway,
  options: WorldOptions<string, string>,
): Promise<Record<string, Hash160>> {
  const [gatewayCode, executorCode, hostile] = await Promise.all(
    ['gateway', 'executor', 'hostile'].map(readContract),
  );
  assert.ok(gatewayCode && executorCode && hostile);
  const named = (options.contracts ?? []).map((name) => [name, renamed(hostile, name)] as const);
  await deployContracts(network, owner, [
    { contract: gatewayCode, data: [owner.hash, node.hash, executor] },
    { contract: executorCode, data: gateway },
    ...named.map(([, contract]) => ({ contract })),
  ]);
  return Object.fromEntries(
    named.map(([name, { nef, manifest }]) => [name, contractHash(owner.hash, nef, manifest)]),
  );
}

/** The same code under another name, and so with another hash. */
export function renamed({ nef, manifest }: CompiledContract, name: string): CompiledContract {
  return { nef, manifest: JSON.stringify({ ...JSON.parse(manifest), name }) };
}

/** What a test changes of the policy of `TEST_POLICY`. */
export type PolicyChange = Partial<typeof TEST_POLICY>;

/**
 * A lifetime of requests that a slow machine does not use up (blocks take 100 ms), and a delay of
 * updates that need not be waited for. The rest as deployed.
 */
export const TEST_POLICY = {
  premiums: [0n, 0n, 0n, 0n, 0n, 0n] as readonly bigint[],
  minimums: Array<bigint>(6).fill(parseGas('0.35')) as readonly bigint[],
  requestLifetime: 100_000,
  resultLifetime: 172_800,
  networkFeeCeiling: parseGas('1.1'),
  updateDelay: 40,
};

export const setPolicy = (world: Pick<GatewayWorld, 'call'>, change: PolicyChange = {}): Buffer =>
  world.call('setPolicy', ...setPolicyArgs(change));

export function setPolicyArgs(change: PolicyChange = {}): ScriptArg[] {
  const policy = { ...TEST_POLICY, ...change };
  return [
    policy.premiums,
    policy.minimums,
    policy.requestLifetime,
    policy.resultLifetime,
    policy.networkFeeCeiling,
    policy.updateDelay,
  ];
}

/** The gateway's events of a transaction that did not fault, in order. */
export function eventsOf(
  { gateway }: DeployedGateway,
  { notifications, txHash, state }: AppliedTransaction,
): GatewayEvent[] {
  assert.equal(state, 'HALT');
  return notifications
    .filter(({ contract }) => contract === gateway)
    .map((notification) => decodeGatewayEvent({ ...notification, txHash, indexInBlock: 0 }));
}
