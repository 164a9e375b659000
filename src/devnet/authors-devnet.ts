import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { type Datoshi, parseGas } from '../base/datoshi.js';
import type { Hash160, Hash256 } from '../base/hash.js';
import { messageOf } from '../base/node-error.js';
import { gatewayCalls } from '../chain/gateway-calls.js';
import { callScript } from '../chain/script.js';
import type { WitnessScope } from '../chain/transaction.js';
import type { DevnetAccount } from './account.js';
import {
  type AwaitedEvent,
  type ChainEvent,
  createChainWatch,
  type SeenEvent,
} from './chain-watch.js';
import { compileGo } from './compile-go.js';
import { type CompiledContract, deployContracts, depositCredit } from './contracts.js';
import { type Devnet, type DevnetOptions, startDevnet } from './devnet.js';
import { type DodonaNode, PROGRAM, startDodonaNode } from './dodona-node.js';
import { fromStackItem, toScriptArg, type VmArgument, type VmValue } from './vm-value.js';
import { type SourceRoutes, startWebSource, type WebSource } from './web-source.js';

export type { CompiledContract, DevnetAccount };

export interface AuthorsDevnetOptions extends Pick<DevnetOptions, 'neoGo' | 'onProgress'> {
  /** Milliseconds between blocks, 100 to 60000; default 100. */
  readonly blockMs?: number;
}

/** A compiled contract, or the files of one. */
export type ContractFiles = CompiledContract | { readonly nef: string; readonly manifest: string };

export interface DeployOptions {
  /** What the contract's _deploy gets; default null. */
  readonly data?: VmArgument;
  /** Credit at the gateway that it starts with; default none. */
  readonly credit?: Datoshi;
  /** Who deploys and pays; default the devnet's owner. */
  readonly by?: DevnetAccount;
}

export interface InvokeOptions {
  /** Who signs and pays; default the devnet's owner. */
  readonly by?: DevnetAccount;
  /** Where the signature counts; default CalledByEntry. */
  readonly scope?: WitnessScope;
}

/** A transaction that is in a block and HALTed. */
export interface Invoked {
  readonly transaction: Hash256;
  readonly block: number;
  readonly result: VmValue;
  /** Of all contracts, in order. */
  readonly events: readonly ChainEvent[];
  /** What it burnt, datoshi. */
  readonly systemFee: Datoshi;
}

/** How a request ended. */
export type RequestEnd =
  | {
      readonly ended: 'answered';
      readonly id: bigint;
      readonly block: number;
      /** 0 is Success. */
      readonly code: number;
      /** Whether the callback took it; else it is kept at the gateway. */
      readonly delivered: boolean;
      /** What was charged, datoshi. */
      readonly charged: Datoshi;
    }
  /** Not answered before its deadline, and refunded. */
  | { readonly ended: 'expired'; readonly id: bigint; readonly block: number };

/**
 * A private network with a gateway and a node that serves it, for the tests of a contract. All that
 * waits is bounded; `stop` ends everything, and so does the end of this process.
 */
export interface AuthorsDevnet {
  readonly rpcUrl: string;
  readonly magic: number;
  readonly gateway: Hash160;
  readonly executor: Hash160;
  /** Deploys and asks where nobody else is named; 1,000 GAS and more. */
  readonly owner: DevnetAccount;
  /** A fresh account with that much GAS; default 100. */
  newAccount(amount?: Datoshi): Promise<DevnetAccount>;
  /** Compiles a Go contract: the folder of its package, which has NAME.yml or the file given. */
  compile(folder: string, config?: string): Promise<CompiledContract>;
  deploy(contract: ContractFiles, options?: DeployOptions): Promise<Hash160>;
  /** Pays credit for an account or contract into the gateway. */
  credit(account: Hash160, amount: Datoshi): Promise<void>;
  /** A web source on this machine, which the node may ask; closed with the devnet. */
  serve(routes: SourceRoutes): Promise<WebSource>;
  /**
   * Calls a method in a transaction and waits for its block. Rejects with what the contract threw,
   * before anything is sent if the trial shows it.
   */
  invoke(
    contract: Hash160,
    method: string,
    args?: readonly VmArgument[],
    options?: InvokeOptions,
  ): Promise<Invoked>;
  /** What a method returns, without a transaction. */
  read(contract: Hash160, method: string, args?: readonly VmArgument[]): Promise<VmValue>;
  /** Waits for an event; by default 30 s, from the next block on. */
  waitForEvent(
    awaited: Pick<AwaitedEvent, 'contract' | 'names' | 'where'> &
      Partial<Pick<AwaitedEvent, 'fromBlock' | 'withinMs'>>,
  ): Promise<SeenEvent>;
  /** Waits for the end of the request that a transaction made, by default 30 s. */
  answerTo(asked: Invoked, withinMs?: number): Promise<RequestEnd>;
  /** Publishes a price as the node would; 8 decimals, e.g. 481000000n for 4.81. */
  publishPrice(pair: string, price: bigint): Promise<void>;
  /** What the node knows of a request, for people. */
  explain(id: bigint): Promise<string>;
  /** The node's log. */
  readonly logFile: string;
  /** The node's configuration, for `dodona COMMAND --config`. */
  readonly configFile: string;
  /** Where the node serves its API. */
  readonly apiUrl: string;
  stop(): Promise<void>;
}

const BLOCK_MS = 100;
const WAIT_MS = 30_000;
const EXPLAIN_MS = 20_000;
const ACCOUNT_GAS = parseGas('100');
const CONFIDENCE_BPS = 10;

/** Starts network, gateway and node; a few seconds. Rejects with what to do when it cannot. */
export async function startAuthorsDevnet(options: AuthorsDevnetOptions): Promise<AuthorsDevnet> {
  const devnet = await startDevnet({ blockMs: BLOCK_MS, ...options });
  try {
    options.onProgress?.('starting the Dodona node');
    const node = await startDodonaNode(devnet);
    return authorsDevnet(devnet, node, options.neoGo);
  } catch (error) {
    await devnet.stop();
    throw error;
  }
}

function authorsDevnet(
  devnet: Devnet,
  node: DodonaNode,
  neoGo: AuthorsDevnetOptions['neoGo'],
): AuthorsDevnet {
  const watch = createChainWatch(devnet);
  const sources: WebSource[] = [];
  const { gateway, owner } = devnet;
  const explain = (id: bigint): Promise<string> => explained(devnet.configFile, id);
  const invokes = (script: Buffer, what: string, options?: InvokeOptions) =>
    invoked(devnet, watch, { script, what, by: owner, ...options });
  return {
    rpcUrl: devnet.rpcUrl,
    magic: devnet.magic,
    gateway,
    executor: devnet.executor,
    owner,
    logFile: node.logFile,
    configFile: devnet.configFile,
    apiUrl: `http://127.0.0.1:${devnet.apiPort}`,
    explain,
    newAccount: (amount = ACCOUNT_GAS) => devnet.newAccount(amount),
    compile: (folder, config) => compileGo({ neoGo, folder, config }),
    deploy: async (files, { data = null, credit = 0n, by = owner } = {}) => {
      const contract = await contractOf(files);
      const [hash] = await deployContracts(devnet, by, [{ contract, data: toScriptArg(data) }]);
      if (hash === undefined) throw new Error('bug: no contract was deployed');
      if (credit > 0n) await depositCredit(devnet, devnet.faucet, gateway, hash, credit);
      return hash;
    },
    credit: (account, amount) => depositCredit(devnet, devnet.faucet, gateway, account, amount),
    serve: async (routes) => {
      const source = await startWebSource(routes);
      sources.push(source);
      return source;
    },
    invoke: (contract, method, args = [], given = {}) =>
      invokes(callScript(contract, method, args.map(toScriptArg)), method, given),
    read: async (contract, method, args = []) =>
      fromStackItem(await devnet.read(contract, method, args.map(toScriptArg))),
    waitForEvent: async (awaited) =>
      watch.waitFor({
        withinMs: WAIT_MS,
        ...awaited,
        fromBlock: awaited.fromBlock ?? (await devnet.height()) + 1,
      }),
    answerTo: async (asked, withinMs = WAIT_MS) => {
      const id = requestOf(gateway, asked);
      const names = ['Response', 'Expired'];
      const where = (values: ChainEvent['values']): boolean => values.id === id;
      const ends = { contract: gateway, names, where, fromBlock: asked.block + 1, withinMs };
      return watch.waitFor(ends).then(endOf, async (error) => {
        const known = await explain(id).catch(messageOf);
        throw new Error(`request ${id} has no answer: ${messageOf(error)}\n${known}`);
      });
    },
    publishPrice: async (pair, price) => {
      const { time } = await devnet.rpc.call<{ time: number }>('getblockheader', [
        await devnet.height(),
        1,
      ]);
      const round = { pair, price, timestamp: time, confidenceBps: CONFIDENCE_BPS };
      const script = gatewayCalls(gateway).submitPrices([round]);
      const { events } = await invokes(script, 'submitPrices', { by: devnet.node });
      if (events.some(({ name }) => name === 'PriceUpdated')) return;
      throw new Error(`the price of ${pair} was not taken: there is a newer one`);
    },
    stop: async () => {
      await Promise.all(sources.map((source) => source.close()));
      await node.stop();
      await devnet.stop();
    },
  };
}

async function contractOf({ nef, manifest }: ContractFiles): Promise<CompiledContract> {
  if (typeof nef !== 'string') return { nef, manifest };
  return { nef: await readFile(nef), manifest: await readFile(manifest, 'utf8') };
}

interface Invocation extends InvokeOptions {
  readonly script: Buffer;
  /** Names it in errors. */
  readonly what: string;
  readonly by: DevnetAccount;
}

async function invoked(
  devnet: Devnet,
  watch: ReturnType<typeof createChainWatch>,
  { script, what, by, scope }: Invocation,
): Promise<Invoked> {
  const options = scope === undefined ? {} : { scope };
  const trial = await devnet.trial(by, script, options);
  if (trial.state === 'FAULT') throw new Error(`${what} throws: ${trial.exception}`);
  const applied = await devnet.applied(await devnet.send(by, script, options));
  if (applied.state === 'FAULT') throw new Error(`${what} threw: ${applied.exception}`);
  const [item] = applied.stack;
  return {
    transaction: applied.txHash,
    block: applied.blockIndex,
    result: item === undefined ? null : fromStackItem(item),
    events: await Promise.all(applied.notifications.map(watch.named)),
    systemFee: applied.systemFee,
  };
}

const REQUEST_EVENTS = ['OracleRequest', 'HttpRequest', 'FunctionRequest', 'RandomRequest'];

/** The id of the one request that a transaction made. */
function requestOf(gateway: Hash160, { events, transaction }: Invoked): bigint {
  const asked = events.filter(
    ({ contract, name }) => contract === gateway && REQUEST_EVENTS.includes(name),
  );
  const [id] = asked.map(({ values }) => values.id);
  if (asked.length === 1 && typeof id === 'bigint') return id;
  throw new Error(`expected one request in the transaction ${transaction}, got ${asked.length}`);
}

function endOf({ name, block, values }: SeenEvent): RequestEnd {
  const id = values.id as bigint;
  if (name === 'Expired') return { ended: 'expired', id, block };
  const [fee, lost, premium] = [values.fee, values.lost, values.premium] as [
    bigint,
    bigint,
    bigint,
  ];
  const charged = fee + lost + premium;
  const delivered = values.delivered === true;
  return { ended: 'answered', id, block, code: Number(values.code), delivered, charged };
}

async function explained(configFile: string, id: bigint): Promise<string> {
  const args = [PROGRAM, 'explain', String(id), '--config', configFile];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: EXPLAIN_MS });
  return stdout;
}
