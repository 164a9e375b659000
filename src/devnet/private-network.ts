import { randomInt } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../base/clock.js';
import type { Datoshi } from '../base/datoshi.js';
import { parseGas } from '../base/datoshi.js';
import { type Hash160, hash160 } from '../base/hash.js';
import { createRpcClient } from '../chain/rpc.js';
import { assertScript, callScript } from '../chain/script.js';
import { asInteger } from '../chain/stack-item-values.js';
import { createAccount, type DevnetAccount, multisigOf } from './account.js';
import type { NeoGoLimits } from './neo-go-config.js';
import { type NeoGoFinder, type NeoGoNode, startNeoGoNode } from './neo-go-node.js';
import { createPrivateChain, type PrivateChain } from './private-chain.js';

/** How to reach a private network and its money. Contains keys, which are worth nothing. */
export interface NetworkFacts {
  readonly rpcUrl: string;
  readonly wsUrl: string;
  readonly magic: number;
  readonly committeeWif: string;
  readonly faucetWif: string;
}

/** A chain of one neo-go node on this machine, with plenty of GAS. */
export interface PrivateNetwork extends PrivateChain {
  readonly facts: NetworkFacts;
  readonly rpcUrl: string;
  readonly wsUrl: string;
  /** The 1-of-1 committee, which sets the network's policy and holds the genesis GAS. */
  readonly committee: DevnetAccount;
  /** An account of one key that holds ten million GAS. */
  readonly faucet: DevnetAccount;
  /** Sends that much GAS to each account and waits for the block. */
  fund(accounts: Hash160 | readonly Hash160[], gas: Datoshi): Promise<void>;
  /** A fresh account that holds that much GAS (default 100). */
  newAccount(gas?: Datoshi): Promise<DevnetAccount>;
  /** Ends the connection, not the network. */
  disconnect(): void;
}

/** A network that this process started and ends. */
export interface OwnPrivateNetwork extends PrivateNetwork {
  readonly neoGo: NeoGoNode;
  /** Ends the network and removes its files, unless the caller gave the place. */
  stop(): Promise<void>;
}

/** An account and the GAS that it gets. */
export interface Endowment {
  readonly account: Hash160;
  readonly gas: Datoshi;
}

export interface PrivateNetworkOptions {
  readonly neoGo: NeoGoFinder;
  /** Milliseconds between blocks; default 1000, at least 100. */
  readonly blockMs?: number;
  /** Keep blocks on disk, so that neoGo.restart() continues the chain; default false. */
  readonly onDisk?: boolean;
  /** Where neo-go is to be narrower than tests want it. */
  readonly limits?: NeoGoLimits;
  /** Paid out of the genesis GAS, with the faucet's, in the first block; not on a kept chain. */
  readonly endowments?: readonly Endowment[];
  /** Folder, which the caller removes, and keys; default: a throw-away folder and fresh keys. */
  readonly place?: {
    readonly folder: string;
    readonly magic: number;
    readonly committee: DevnetAccount;
    readonly faucet: DevnetAccount;
  };
}

export const GAS_TOKEN = hash160('0xd2a4cff31913016155e38e474a2c06d08be276cf');
export const DEFAULT_BLOCK_MS = 1_000;
export const MIN_BLOCK_MS = 100;
const FAUCET_GAS = parseGas('10000000');
const NEW_ACCOUNT_GAS = parseGas('100');

/** Starts a network of its own on free ports of 127.0.0.1. */
export async function startPrivateNetwork(
  options: PrivateNetworkOptions,
): Promise<OwnPrivateNetwork> {
  const { place, blockMs = DEFAULT_BLOCK_MS } = options;
  checkBlockMs(blockMs);
  const folder = place?.folder ?? (await mkdtemp(join(tmpdir(), 'dodona-devnet-')));
  const magic = place?.magic ?? randomMagic();
  const committeeKey = place?.committee ?? createAccount();
  const removeFiles = place === undefined ? removalOf(folder) : async () => {};
  try {
    const neoGo = await startNeoGoNode({
      magic,
      blockMs,
      committee: committeeKey,
      folder,
      keepChain: options.onDisk === true,
      neoGo: options.neoGo,
      limits: options.limits,
    });
    const network = connectPrivateNetwork({
      rpcUrl: neoGo.rpcUrl,
      wsUrl: neoGo.wsUrl,
      magic,
      committeeWif: committeeKey.wif,
      faucetWif: (place?.faucet ?? createAccount()).wif,
    });
    const stop = async () => {
      network.disconnect();
      await neoGo.process().stop();
      await removeFiles();
    };
    try {
      await endow(network, options.endowments ?? []);
    } catch (error) {
      await stop();
      throw error;
    }
    return { ...network, neoGo, stop };
  } catch (error) {
    await removeFiles();
    throw error;
  }
}

/** Removes the folder when asked to, or when the process ends before. */
export function removalOf(folder: string): () => Promise<void> {
  const onExit = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', onExit);
  return async () => {
    await rm(folder, { recursive: true, force: true });
    process.off('exit', onExit);
  };
}

/** Throws a RangeError that tells the bounds. */
export function checkBlockMs(blockMs: number): void {
  if (Number.isInteger(blockMs) && blockMs >= MIN_BLOCK_MS && blockMs <= 60_000) return;
  throw new RangeError(
    `the time between blocks must be ${MIN_BLOCK_MS} to 60000 ms (a whole number), got ${blockMs}`,
  );
}

/** Away from those of the public networks; a different one for each network. */
export const randomMagic = (): number => randomInt(1_000_000_000, 2 ** 31);

/** Uses a network that another process started. */
export function connectPrivateNetwork(facts: NetworkFacts): PrivateNetwork {
  const rpc = createRpcClient({ url: facts.rpcUrl, clock: systemClock });
  const chain = createPrivateChain(rpc, facts.magic);
  const faucet = createAccount(facts.faucetWif);
  const fund = (accounts: Hash160 | readonly Hash160[], gas: Datoshi) =>
    transferGas(
      chain,
      faucet,
      (typeof accounts === 'string' ? [accounts] : accounts).map((account) => ({ account, gas })),
    );
  return {
    ...chain,
    facts,
    rpcUrl: facts.rpcUrl,
    wsUrl: facts.wsUrl,
    committee: multisigOf(createAccount(facts.committeeWif)),
    faucet,
    fund,
    newAccount: async (gas = NEW_ACCOUNT_GAS) => {
      const account = createAccount();
      await fund(account.hash, gas);
      return account;
    },
    disconnect: () => rpc.close(),
  };
}

/** Does nothing on a kept chain, where it was done. */
async function endow(network: PrivateNetwork, endowments: readonly Endowment[]): Promise<void> {
  const { committee, faucet } = network;
  const balance = await network.read(GAS_TOKEN, 'balanceOf', [faucet.hash]);
  if (asInteger(balance, 'balance') > 0n) return;
  const all = [{ account: faucet.hash, gas: FAUCET_GAS }, ...endowments];
  await transferGas(network, committee, all);
}

async function transferGas(
  chain: PrivateChain,
  from: DevnetAccount,
  to: readonly Endowment[],
): Promise<void> {
  const transfers = to.map(({ account, gas }) =>
    assertScript(callScript(GAS_TOKEN, 'transfer', [from.hash, account, gas, null])),
  );
  const done = await chain.applied(await chain.send(from, Buffer.concat(transfers)));
  if (done.state === 'FAULT') throw new Error(`GAS could not be sent: ${done.exception}`);
}
