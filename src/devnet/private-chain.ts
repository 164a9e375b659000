import { randomInt } from 'node:crypto';
import { systemClock } from '../base/clock.js';
import type { Datoshi } from '../base/datoshi.js';
import { type Hash160, type Hash256, hash160, hash256 } from '../base/hash.js';
import { networkFeeOf } from '../chain/network-fee.js';
import { isRpcError, type Rpc } from '../chain/rpc.js';
import { callScript, type ScriptArg } from '../chain/script.js';
import { parseStackItems, type StackItem } from '../chain/stack-item.js';
import { asInteger } from '../chain/stack-item-values.js';
import {
  buildTransaction,
  type SignedTransaction,
  signerToRpc,
  signTransaction,
  type TransactionSigner,
  type WitnessScope,
} from '../chain/transaction.js';
import type { DevnetAccount } from './account.js';

export interface Notification {
  readonly contract: Hash160;
  readonly name: string;
  readonly state: readonly StackItem[];
}

/** How a script ended, in a block or on trial. */
export interface Execution {
  readonly state: 'HALT' | 'FAULT';
  /** What a FAULT says, else null. */
  readonly exception: string | null;
  /** What it used of its system fee, in datoshi. */
  readonly gasConsumed: Datoshi;
  readonly stack: readonly StackItem[];
  /** Of a FAULT too, where they count for nothing. */
  readonly notifications: readonly Notification[];
}

/** A transaction in a block. */
export interface AppliedTransaction extends Execution {
  readonly txHash: Hash256;
  readonly blockIndex: number;
  readonly systemFee: Datoshi;
  readonly networkFee: Datoshi;
}

export interface SendOptions {
  /** Where the sender's witness counts; default CalledByEntry. */
  readonly scope?: WitnessScope;
  /** Further signers, in order, after the sender. */
  readonly cosigners?: readonly { readonly account: DevnetAccount; readonly scope: WitnessScope }[];
  /** Default: what a trial run uses, and a little more, even when that one faults. */
  readonly systemFee?: Datoshi;
  /** Default: the least that the network takes. */
  readonly networkFee?: Datoshi;
  readonly nonce?: number;
  /** Default: 100 blocks from now. */
  readonly validUntilBlock?: number;
}

/** A development chain as tests, the demo and scripts use it. */
export interface PrivateChain {
  readonly rpc: Rpc;
  readonly magic: number;
  /** Index of the latest block. */
  height(): Promise<number>;
  /** Waits until the block is there. */
  waitForBlock(index: number): Promise<void>;
  /** Runs a script on trial, now; nothing of it stays. */
  trial(sender: DevnetAccount, script: Buffer, options?: SendOptions): Promise<Execution>;
  /** What a method returns. Throws when it faults. */
  read(contract: Hash160, method: string, args?: readonly ScriptArg[]): Promise<StackItem>;
  /** Builds and signs a transaction without sending it. */
  prepare(sender: DevnetAccount, script: Buffer, options?: SendOptions): Promise<SignedTransaction>;
  /** Sends a transaction to the node, which takes it into its memory pool, or throws. */
  broadcast(transaction: SignedTransaction): Promise<Hash256>;
  /** Prepares and broadcasts. Several at once end up in one block, or in neighbouring ones. */
  send(sender: DevnetAccount, script: Buffer, options?: SendOptions): Promise<Hash256>;
  /** Waits until a transaction is in a block. */
  applied(txHash: Hash256): Promise<AppliedTransaction>;
  /** Calls a contract's method in a transaction of its own and waits for the block. */
  invoke(
    sender: DevnetAccount,
    contract: Hash160,
    method: string,
    args?: readonly ScriptArg[],
    options?: SendOptions,
  ): Promise<AppliedTransaction>;
}

const POLICY_CONTRACT = hash160('0xcc5e4edd9f5f8dba8bb65734541df7a1c081c67b');
const VALID_BLOCKS = 100;
const WAIT_LIMIT_MS = 60_000;
const CHECK_MS = 15;
/** The trial runs in another block than the transaction: storage may cost a little more there. */
const SPARE_FEE = 2_000_000n;

/** A chain behind an RPC endpoint. `magic` is the network's. */
export function createPrivateChain(rpc: Rpc, magic: number): PrivateChain {
  const height = async () => (await rpc.call<number>('getblockcount')) - 1;
  const trial = (sender: DevnetAccount, script: Buffer, options: SendOptions = {}) => {
    const signers = signersOf(sender, options).map(signerToRpc);
    return rpc.call('invokescript', [script.toString('base64'), signers]).then(parseExecution);
  };

  const prepare = async (sender: DevnetAccount, script: Buffer, options: SendOptions = {}) => {
    const [execution, tip, policy] = await Promise.all([
      options.systemFee === undefined ? trial(sender, script, options) : null,
      height(),
      feePolicy(rpc),
    ]);
    const draft = {
      script,
      signers: signersOf(sender, options),
      systemFee: options.systemFee ?? (execution?.gasConsumed ?? 0n) + SPARE_FEE,
      nonce: options.nonce ?? randomInt(2 ** 32),
      validUntilBlock: options.validUntilBlock ?? tip + VALID_BLOCKS,
    };
    const accounts = [sender, ...(options.cosigners ?? []).map(({ account }) => account)];
    const scripts = accounts.map(({ signer }) => signer.verificationScript);
    const free = buildTransaction({ ...draft, networkFee: 0n });
    const networkFee = options.networkFee ?? networkFeeOf(free, scripts, policy);
    const transaction = buildTransaction({ ...draft, networkFee });
    return signTransaction(
      transaction,
      magic,
      accounts.map(({ signer }) => signer),
    );
  };

  const broadcast = async (transaction: SignedTransaction): Promise<Hash256> => {
    await rpc.call('sendrawtransaction', [transaction.raw.toString('base64')]);
    return transaction.hash;
  };
  const send = async (sender: DevnetAccount, script: Buffer, options?: SendOptions) =>
    broadcast(await prepare(sender, script, options));
  const applied = (txHash: Hash256) =>
    eventually(`transaction ${txHash} in a block`, () => findApplied(rpc, txHash));
  return {
    rpc,
    magic,
    height,
    waitForBlock: async (index) => {
      await eventually(`block ${index}`, async () => ((await height()) >= index ? true : null));
    },
    trial,
    read: async (contract, method, args = []) => {
      const script = callScript(contract, method, args);
      const execution = parseExecution(
        await rpc.call('invokescript', [script.toString('base64'), []]),
      );
      const [item] = execution.stack;
      if (execution.state === 'FAULT' || item === undefined) {
        throw new Error(`${method} of ${contract}: ${execution.exception ?? 'no result'}`);
      }
      return item;
    },
    prepare,
    broadcast,
    send,
    applied,
    invoke: async (sender, contract, method, args = [], options = {}) =>
      applied(await send(sender, callScript(contract, method, args), options)),
  };
}

/**
 * Asks until there is something else than null, at most a minute. For waiting on a real chain, not
 * for synchronising with code of this process.
 */
export async function eventually<T>(what: string, ask: () => Promise<T | null>): Promise<T> {
  const endMs = systemClock.monotonicMs() + WAIT_LIMIT_MS;
  for (;;) {
    const found = await ask();
    if (found !== null) return found;
    if (systemClock.monotonicMs() > endMs) {
      throw new Error(`waited ${WAIT_LIMIT_MS / 1000} s for ${what}, in vain`);
    }
    await systemClock.sleep(CHECK_MS);
  }
}

function signersOf(sender: DevnetAccount, options: SendOptions): TransactionSigner[] {
  return [
    { account: sender.hash, scope: options.scope ?? 'CalledByEntry' },
    ...(options.cosigners ?? []).map(({ account, scope }) => ({ account: account.hash, scope })),
  ];
}

async function feePolicy(rpc: Rpc) {
  const script = Buffer.concat([
    callScript(POLICY_CONTRACT, 'getFeePerByte'),
    callScript(POLICY_CONTRACT, 'getExecFeeFactor'),
  ]);
  const answer = await rpc.call('invokescript', [script.toString('base64')]);
  const [perByte, factor] = parseExecution(answer).stack;
  if (perByte === undefined || factor === undefined)
    throw new Error('the policy could not be read');
  return {
    feePerByte: asInteger(perByte, 'feePerByte'),
    execFeeFactor: asInteger(factor, 'execFeeFactor'),
  };
}

/** Null while the transaction is in no block. */
async function findApplied(rpc: Rpc, txHash: Hash256): Promise<AppliedTransaction | null> {
  const [log, transaction] = await rpc.batch([
    { method: 'getapplicationlog', params: [txHash] },
    { method: 'getrawtransaction', params: [txHash, true] },
  ]);
  if (!log?.ok || !transaction?.ok) {
    for (const result of [log, transaction]) {
      if (result && !result.ok && !isRpcError(result.error)) throw result.error;
    }
    return null;
  }
  const { executions } = log.result as { executions: readonly unknown[] };
  const facts = transaction.result as { blockhash?: string; sysfee: string; netfee: string };
  if (facts.blockhash === undefined) return null;
  const blockIndex = await rpc.call<number>('gettransactionheight', [txHash]);
  return {
    ...parseExecution(executions[0]),
    txHash: hash256(txHash),
    blockIndex,
    systemFee: BigInt(facts.sysfee),
    networkFee: BigInt(facts.netfee),
  };
}

/** An execution as `invokescript` and `getapplicationlog` answer it. */
export function parseExecution(json: unknown): Execution {
  const answer = json as {
    state?: string;
    vmstate?: string;
    exception?: string | null;
    gasconsumed: string;
    stack: unknown;
    notifications?: readonly { contract: string; eventname: string; state: { value: unknown } }[];
  };
  const halted = (answer.state ?? answer.vmstate) === 'HALT';
  return {
    state: halted ? 'HALT' : 'FAULT',
    exception: answer.exception ?? null,
    gasConsumed: BigInt(answer.gasconsumed),
    stack: Array.isArray(answer.stack) ? parseStackItems(answer.stack) : [],
    notifications: (answer.notifications ?? []).map(({ contract, eventname, state }) => ({
      contract: hash160(contract),
      name: eventname,
      state: parseStackItems(state.value),
    })),
  };
}
