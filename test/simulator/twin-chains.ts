import assert from 'node:assert/strict';
import { createAccount, type DevnetAccount } from '../../scripts/devnet/account.js';
import {
  type CompiledContract,
  deployContracts,
  gatewayHashes,
  readContract,
} from '../../scripts/devnet/contracts.js';
import type { PrivateNetwork } from '../../scripts/devnet/private-network.js';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import {
  createSimulatedChain,
  type SimulatedBlock,
  type SimulatedChain,
} from '../../scripts/simulator/chain/simulated-chain.js';
import { parseGas } from '../../src/base/datoshi.js';
import { type Hash160, type Hash256, hash256 } from '../../src/base/hash.js';
import { readTogether } from '../../src/chain/contract-read.js';
import { contractHash } from '../../src/chain/deploy.js';
import { readNetworkPolicy } from '../../src/chain/policy.js';
import { type Rpc, type RpcCall, RpcError, type RpcResult } from '../../src/chain/rpc.js';
import {
  buildTransaction,
  type SignedTransaction,
  signTransaction,
  type TransactionSigner,
} from '../../src/chain/transaction.js';
import { gasBalance } from '../contracts/books.js';
import { renamed } from '../contracts/gateway-world.js';

export const ACCOUNTS = ['owner', 'node', 'user', 'patron', 'second', 'next'] as const;
/** The last one may be destroyed. */
export const CONTRACTS = ['asker', 'other', 'doomed'] as const;
export type AccountName = (typeof ACCOUNTS)[number];
export type ContractName = (typeof CONTRACTS)[number];

/** A gateway on a real chain, and the same on a simulated one. */
export interface Twins {
  readonly network: PrivateNetwork;
  readonly chain: SimulatedChain;
  readonly simulatedRpc: Rpc;
  readonly gateway: Hash160;
  readonly executor: Hash160;
  readonly accounts: Readonly<Record<AccountName, DevnetAccount>>;
  readonly contracts: Readonly<Record<ContractName, Hash160>>;
  /** Index of the block with which the simulated chain begins. */
  readonly firstIndex: number;
  /** Signs a transaction and gives it to both; how each took it, null for well. */
  send(wanted: WantedTransaction): Promise<TakenIn>;
  /** Lets the simulated chain make all blocks that the real one has; those that hold something. */
  advance(): Promise<readonly TwinBlock[]>;
}

export interface WantedTransaction {
  readonly sender: DevnetAccount;
  readonly script: Buffer;
  readonly systemFee: bigint;
  readonly networkFee: bigint;
  readonly nonce: number;
  /** Further signers behind the sender; each signs. */
  readonly scope?: TransactionSigner['scope'];
}

export interface TakenIn {
  readonly hash: Hash256;
  readonly real: number | null;
  readonly simulated: number | null;
}

/** A block of ours on both chains. */
export interface TwinBlock {
  readonly index: number;
  readonly simulated: SimulatedBlock;
}

const VALID_BLOCKS = 400;
const ACCOUNT_GAS = parseGas('3000');
const DEPLOYER_GAS = parseGas('8000');

/** On a network of the caller's, or on the run's. */
export async function openTwins(given?: PrivateNetwork): Promise<Twins> {
  const network = given ?? (await sharedNetwork());
  const accounts = Object.fromEntries(
    ACCOUNTS.map((name) => [name, createAccount()]),
  ) as unknown as Record<AccountName, DevnetAccount>;
  const { owner, node, ...others } = accounts;
  await Promise.all([
    network.fund(owner.hash, DEPLOYER_GAS),
    network.fund(
      [node, ...Object.values(others)].map(({ hash }) => hash),
      ACCOUNT_GAS,
    ),
  ]);
  const { gateway, executor } = await gatewayHashes(owner);
  const contracts = await deployAll(network, accounts, gateway, executor);
  const chain = await openSimulated(network, { accounts, gateway, executor, contracts });
  const sent = new Map<Hash256, string>();
  return {
    network,
    chain,
    simulatedRpc: rpcOf(chain),
    gateway,
    executor,
    accounts,
    contracts,
    firstIndex: chain.views.height(),
    async send(wanted) {
      const signed = await sign(network, wanted, chain.views.height() + VALID_BLOCKS);
      const raw = signed.raw.toString('base64');
      const simulated = chain.rpc(0, 'sendrawtransaction', [raw]);
      const real = await network.broadcast(signed).then(
        () => null,
        (thrown: unknown) => {
          if (thrown instanceof RpcError) return thrown.rpcCode;
          throw thrown;
        },
      );
      if (real === null) sent.set(signed.hash, raw);
      return {
        hash: signed.hash,
        real,
        simulated: 'error' in simulated ? simulated.error.code : null,
      };
    },
    advance: () => advance(network, chain, sent),
  };
}

async function deployAll(
  network: PrivateNetwork,
  { owner, node }: Record<AccountName, DevnetAccount>,
  gateway: Hash160,
  executor: Hash160,
): Promise<Record<ContractName, Hash160>> {
  const [gatewayCode, executorCode, hostile] = (await Promise.all(
    ['gateway', 'executor', 'hostile'].map(readContract),
  )) as [CompiledContract, CompiledContract, CompiledContract];
  const named = CONTRACTS.map((name) => [name, renamed(hostile, name)] as const);
  await deployContracts(network, owner, [
    { contract: gatewayCode, data: [owner.hash, node.hash, executor] },
    { contract: executorCode, data: gateway },
    ...named.map(([, contract]) => ({ contract })),
  ]);
  return Object.fromEntries(
    named.map(([name, { nef, manifest }]) => [name, contractHash(owner.hash, nef, manifest)]),
  ) as Record<ContractName, Hash160>;
}

/** The real block's time and nonce, and the transactions in it. */
async function blockFacts(network: PrivateNetwork, index: number) {
  const { time, nonce, tx } = await network.rpc.call<{
    time: number;
    nonce: string;
    tx: readonly { hash: string }[];
  }>('getblock', [index, true]);
  const hashes = tx.map(({ hash }) => hash256(hash));
  return { timeMs: time, nonce: BigInt(`0x${nonce}`), hashes };
}

type Opened = Pick<Twins, 'accounts' | 'gateway' | 'executor' | 'contracts'>;

/** As the real one is now. */
async function openSimulated(network: PrivateNetwork, opened: Opened): Promise<SimulatedChain> {
  const { accounts, gateway, executor, contracts } = opened;
  const owners = Object.values(accounts).map(({ hash }) => hash);
  const { height, values } = await readTogether(network.rpc, owners.map(gasBalance));
  const [{ timeMs }, policy] = await Promise.all([
    blockFacts(network, height),
    readNetworkPolicy(network.rpc),
  ]);
  const { protocol } = await network.rpc.call<{ protocol: { msperblock: number } }>('getversion');
  const { feePerByte, execFeeFactor, storagePrice, maxValidUntilBlockIncrement } = policy;
  return createSimulatedChain({
    magic: network.magic,
    gateway,
    executor,
    owner: accounts.owner.hash,
    nodeAccount: accounts.node.hash,
    startIndex: height,
    startTimeMs: timeMs,
    endpoints: 1,
    gas: new Map(owners.map((account, at) => [account, values[at] as bigint])),
    contracts: Object.values(contracts).map((hash) => ({ kind: 'hostile', hash })),
    policy: {
      feePerByte,
      execFeeFactor,
      storagePrice,
      maxValidUntilBlockIncrement,
      msPerBlock: protocol.msperblock,
    },
    proofs: 'verified',
  });
}

async function sign(
  network: PrivateNetwork,
  wanted: WantedTransaction,
  validUntilBlock: number,
): Promise<SignedTransaction> {
  const { sender, script, systemFee, networkFee, nonce, scope = 'CalledByEntry' } = wanted;
  const unsigned = buildTransaction({
    script,
    signers: [{ account: sender.hash, scope }],
    systemFee,
    networkFee,
    nonce,
    validUntilBlock,
  });
  return signTransaction(unsigned, network.magic, [sender.signer]);
}

async function advance(
  network: PrivateNetwork,
  chain: SimulatedChain,
  sent: ReadonlyMap<Hash256, string>,
): Promise<TwinBlock[]> {
  const tip = await network.height();
  const found: TwinBlock[] = [];
  for (let index = chain.views.height() + 1; index <= tip; index++) {
    const { timeMs, nonce, hashes } = await blockFacts(network, index);
    const transactions = hashes.filter((hash) => sent.has(hash));
    // Which are in a block is the real chain's to say; in what order, the simulated one must know.
    for (const { hash } of chain.views.waiting()) {
      if (!transactions.includes(hash)) chain.decide(hash, { kind: 'held', untilIndex: index + 1 });
    }
    const simulated = chain.produceBlock(timeMs, { nonce });
    assert.deepEqual(
      simulated.transactions.map(({ hash }) => hash),
      transactions,
      `the order of the transactions in block ${index}`,
    );
    assert.equal(simulated.index, index);
    if (transactions.length > 0) found.push({ index, simulated });
  }
  return found;
}

/** The node's own view of RPC on a simulated chain. */
function rpcOf(chain: SimulatedChain): Rpc {
  const ask = ({ method, params }: RpcCall): RpcResult => {
    const reply = chain.rpc(0, method, params);
    if ('result' in reply) return { ok: true, result: reply.result };
    const { code, message, data } = reply.error;
    return { ok: false, error: new RpcError(method, code, message, data) };
  };
  return {
    async call<T>(method: string, params: readonly unknown[] = []): Promise<T> {
      const told = ask({ method, params });
      if (!told.ok) throw told.error;
      return told.result as T;
    },
    batch: async (calls) => calls.map(ask),
  };
}
