import { parseGas } from '../../../src/base/datoshi.js';
import type { Hash160, Hash256 } from '../../../src/base/hash.js';
import { RpcCode } from '../../../src/chain/rpc-error.js';
import { buildTransaction } from '../../../src/chain/transaction.js';
import {
  blockAt,
  type ChainCore,
  type EndedTransaction,
  type KnownBlock,
  type KnownTransaction,
  tipOf,
} from './chain-core.js';
import { ChainHistory } from './chain-history.js';
import { createEndpoint } from './endpoint.js';
import { executorContract, firstSettings, gatewayContract } from './gateway/gateway.js';
import { trustedProofs, verifiedProofs } from './gateway/random.js';
import { Key, type Pair } from './gateway/records.js';
import { hostileContract } from './hostile.js';
import { hashOf, makeBlock } from './make-block.js';
import { refusalOf, trustedSignatures, verifiedSignatures } from './mempool.js';
import { gasOf, gasToken, ledger, management, mintGas, policyContract } from './natives.js';
import { shiftCharge } from './shift-charge.js';
import type {
  AppliedTransaction,
  ChainViews,
  SimulatedBalances,
  SimulatedBlock,
  SimulatedChain,
  SimulatedChainOptions,
  SimulatedContract,
  SimulatedPolicy,
  SimulatedTransaction,
  TransactionFate,
  TrustedTransaction,
} from './simulated-chain.js';
import { StateStore } from './state-store.js';
import { itemToJson, serializedBytes } from './vm-item.js';

/** Those of a private network of neo-go (src/devnet/neo-go-config.ts). */
export const DEFAULT_POLICY: SimulatedPolicy = {
  feePerByte: 1_000n,
  execFeeFactor: 30n,
  storagePrice: 100_000n,
  maxValidUntilBlockIncrement: 86_400,
  maxBlockSystemFee: parseGas('9000'),
  maxTransactionsPerBlock: 512,
  mempoolTransactions: 50_000,
  msPerBlock: 1_000,
};
const LENT_GAS = parseGas('200');
/** Of a trusted transaction's signature and key, as if it had them. */
const WITNESS_BYTES = 109;

export function createSimulatedChain(options: SimulatedChainOptions): SimulatedChain {
  const core = coreOf(options);
  const history = new ChainHistory(options.gateway, core.state);
  let decide: (transaction: SimulatedTransaction) => TransactionFate | null = () => null;
  const settle = (hash: Hash256, fate: TransactionFate | null): void => {
    const waiting = core.waiting.get(hash);
    if (waiting === undefined) throw new RangeError(`no transaction ${hash} waits`);
    if (fate?.kind === 'dropped') core.waiting.delete(hash);
    else waiting.fate = fate;
  };
  const take = (transaction: KnownTransaction): void => {
    core.waiting.set(transaction.hash, { transaction, fate: null });
    const fate = decide(shown(transaction));
    if (fate !== null) settle(transaction.hash, fate);
  };
  const isTrusting = options.signatures === 'trusted';
  const isSignature = isTrusting ? trustedSignatures : verifiedSignatures();
  const lentGas = options.lentGas ?? LENT_GAS;
  if (options.endpoints < 1) throw new RangeError('a chain has at least 1 endpoint');
  const endpoints = Array.from({ length: options.endpoints }, () =>
    createEndpoint({ core, lentGas, isSignature, take }),
  );
  const endpointAt = (at: number) => {
    const found = endpoints[at];
    if (found === undefined) throw new RangeError(`no endpoint ${at}`);
    return found;
  };
  return {
    rpc: (endpoint, method, params) => endpointAt(endpoint).rpc(method, params),
    post: (endpoint, body) => post(endpointAt(endpoint).rpc, body),
    submit: (given) => submit(core, given, take),
    produceBlock(timeMs, block = {}) {
      const made = makeBlock(core, timeMs, block);
      history.add(made);
      return shownBlock(made);
    },
    faultsOf: (endpoint) => endpointAt(endpoint).faults,
    onTransaction: (given) => {
      decide = given;
    },
    decide: settle,
    setPolicy: (change) => {
      core.nextPolicy = { ...core.nextPolicy, ...change };
    },
    deploy: (contract) => deploy(core, contract),
    shiftCharge: (shift) => shiftCharge(core, history, shift),
    views: viewsOf(core, history),
  };
}

function coreOf(options: SimulatedChainOptions): ChainCore {
  const { gateway, executor, startIndex, startTimeMs } = options;
  const state = new StateStore();
  const policy = { ...DEFAULT_POLICY, ...options.policy };
  const check = options.proofs === 'verified' ? verifiedProofs() : trustedProofs;
  const previousHash: Hash256 = `0x${'00'.repeat(32)}`;
  const first: KnownBlock = {
    index: startIndex,
    hash: hashOf(previousHash, startIndex, startTimeMs, 0n, []),
    previousHash,
    timeMs: startTimeMs,
    nonce: 0n,
    transactions: [],
    onPersist: [],
    postPersist: [],
  };
  const core: ChainCore = {
    magic: options.magic,
    gateway,
    state,
    contracts: new Map(),
    blocks: [first],
    blockByHash: new Map([[first.hash, first]]),
    ended: new Map(),
    waiting: new Map(),
    policy,
    nextPolicy: policy,
  };
  const natives = [gasToken, ledger, management, policyContract(() => core.policy)];
  const own = [gatewayContract(gateway, check), executorContract(executor, gateway)];
  for (const contract of [...natives, ...own]) core.contracts.set(contract.hash, contract);
  for (const [account, amount] of options.gas) mintGas(state, account, amount);
  const keep = (name: string, value: unknown, bytes: number): void =>
    state.set(`${gateway}/${name}`, { value, bytes });
  keep('o', options.owner, 20);
  keep('n', options.nodeAccount, 20);
  const settings = firstSettings(executor);
  keep('s', settings, serializedBytes(settings));
  state.sealBlock();
  for (const contract of options.contracts ?? []) deploy(core, contract);
  return core;
}

function deploy(core: ChainCore, { hash, chooseMode }: SimulatedContract): void {
  core.contracts.set(hash, hostileContract(hash, chooseMode ?? null));
  core.state.set(`${hash}/m`, { value: Buffer.alloc(0), bytes: 0 });
  core.state.amendBlock();
}

function submit(
  core: ChainCore,
  given: TrustedTransaction,
  take: (transaction: KnownTransaction) => void,
): Hash256 {
  const built = buildTransaction(given);
  const sender = given.signers[0]?.account as Hash160;
  const bytes = built.unsigned.length + WITNESS_BYTES * given.signers.length;
  const transaction: KnownTransaction = { ...built, sender, bytes, witnesses: [] };
  const refusal = refusalOf(core, transaction);
  if (refusal !== null && 'error' in refusal) {
    throw new RangeError(`${refusal.error.message} (${refusal.error.data ?? ''})`);
  }
  take(transaction);
  return built.hash;
}

interface Call {
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: unknown;
}

type Ask = (method: string, params: readonly unknown[]) => object;

/** A call or a batch, as neo-go answers it. */
function post(ask: Ask, body: string) {
  const answer = ({ id = null, method, params }: Call) => ({
    jsonrpc: '2.0',
    id,
    ...ask(String(method), Array.isArray(params) ? params : []),
  });
  try {
    const parsed = JSON.parse(body) as Call | readonly Call[];
    const told = Array.isArray(parsed) ? parsed.map(answer) : answer(parsed as Call);
    return { status: 200, body: JSON.stringify(told) };
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown;
    const error = { code: RpcCode.ParseError, message: 'Parse error' };
    return { status: 400, body: JSON.stringify({ jsonrpc: '2.0', id: null, error }) };
  }
}

const shown = (given: KnownTransaction): SimulatedTransaction => ({
  hash: given.hash,
  sender: given.sender,
  nonce: given.nonce,
  systemFee: given.systemFee,
  networkFee: given.networkFee,
  validUntilBlock: given.validUntilBlock,
  script: given.script,
  bytes: given.bytes,
});

const shownEnded = (given: EndedTransaction): AppliedTransaction => ({
  ...shown(given),
  blockIndex: given.blockIndex,
  state: given.state,
  exception: given.exception,
  gasConsumed: given.gasConsumed,
  events: given.notifications.map(({ contract, name, state }) => ({
    contract,
    name,
    state: state.map(itemToJson),
  })),
});

const shownBlock = ({ index, hash, timeMs, transactions }: KnownBlock): SimulatedBlock => ({
  index,
  hash,
  timeMs,
  transactions: transactions.map(shownEnded),
});

function viewsOf(core: ChainCore, history: ChainHistory): ChainViews {
  return {
    height: () => tipOf(core).index,
    block: (index) => {
      const found = blockAt(core, index);
      if (found === null) throw new RangeError(`no block ${index}`);
      return shownBlock(found);
    },
    requests: () => [...history.requests.values()],
    upkeeps: () => [...history.upkeeps.values()],
    upkeepRuns: () => history.runs,
    balances: () => balancesOf(core),
    node: () => {
      const stored = core.state.get(`${core.gateway}/${Key.node.name}`);
      return (stored as { value: Hash160 } | undefined)?.value ?? null;
    },
    gasOf: (account) => gasOf(core.state, account),
    transactions: () => [...core.ended.values()].map(shownEnded),
    waiting: () => [...core.waiting.values()].map(({ transaction }) => shown(transaction)),
    policy: () => core.policy,
  };
}

function balancesOf({ state, gateway }: ChainCore): SimulatedBalances {
  const figures = (prefix: string, part: keyof Pair): Map<Hash160, bigint> =>
    new Map(
      state.under(`${gateway}/${prefix}:`).map(([name, stored]) => {
        const account = name.slice(`${gateway}/${prefix}:`.length) as Hash160;
        return [account, (stored as { value: Pair }).value[part]];
      }),
    );
  return {
    held: gasOf(state, gateway),
    credit: figures('b', 'low'),
    reserved: figures('b', 'high'),
    earned: figures('e', 'low'),
  };
}
