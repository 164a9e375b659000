import { sha256 } from '../../../src/base/bytes.js';
import {
  type Hash160,
  type Hash256,
  hash160,
  hashFromLittleEndian,
  hashToLittleEndian,
} from '../../../src/base/hash.js';
import { GAS_TOKEN } from '../../../src/chain/native-contracts.js';
import {
  type ChainCore,
  type EndedTransaction,
  type KnownBlock,
  type KnownTransaction,
  tipOf,
  type Waiting,
  worldOf,
} from './chain-core.js';
import { Execution, type ExecutionWorld, type Notification } from './machine.js';
import { gasOf, mintGas } from './natives.js';
import { runScript } from './run-script.js';
import type { BlockOptions } from './simulated-chain.js';
import { item } from './vm-item.js';

/** Who gets the network fees and the committee's reward; nobody whose balance matters. */
export const VALIDATOR: Hash160 = hash160('0x5a11da7052d1e5a11da7052d1e5a11da7052d1e5');
const REWARD = 50_000_000n;

/** Makes the next block of waiting transactions. Throws a RangeError for one that can't be. */
export function makeBlock(core: ChainCore, timeMs: number, options: BlockOptions): KnownBlock {
  const before = tipOf(core);
  if (!Number.isSafeInteger(timeMs) || timeMs <= before.timeMs) {
    throw new RangeError(`a block's time must be after ${before.timeMs}, got ${timeMs}`);
  }
  core.policy = core.nextPolicy;
  const index = before.index + 1;
  const chosen =
    options.transactions === undefined ? byFees(core, index) : named(core, options.transactions);
  const nonce = options.nonce ?? nonceOf(index, timeMs);
  const onPersist = payFees(core, chosen);
  const world = worldOf(core, { currentIndex: before.index, timeMs, nonce });
  const transactions = chosen.map((each) => end(world, each, index));
  const postPersist = reward(core, VALIDATOR, REWARD);
  core.state.sealBlock();
  const hash = hashOf(before.hash, index, timeMs, nonce, transactions);
  const block: KnownBlock = {
    index,
    hash,
    previousHash: before.hash,
    timeMs,
    nonce,
    transactions,
    onPersist,
    postPersist,
  };
  core.blocks.push(block);
  core.blockByHash.set(hash, block);
  for (const each of transactions) {
    core.ended.set(each.hash, each);
    core.waiting.delete(each.hash);
  }
  forgetDead(core, index);
  return block;
}

/** The best paying first, as consensus takes them. */
function byFees(core: ChainCore, index: number): Waiting[] {
  const { policy } = core;
  const fits = [...core.waiting.values()].filter(({ fate, transaction }) => {
    if (transaction.validUntilBlock < index) return false;
    if (fate === null || fate.kind === 'faulted') return true;
    return fate.kind === 'held' && index >= fate.untilIndex;
  });
  const perByte = ({ transaction: { networkFee, bytes } }: Waiting) =>
    networkFee / BigInt(Math.max(bytes, 1));
  const compare = (a: bigint, b: bigint): number => (a === b ? 0 : a > b ? -1 : 1);
  fits.sort(
    (a, b) =>
      compare(perByte(a), perByte(b)) ||
      compare(a.transaction.networkFee, b.transaction.networkFee),
  );
  const chosen: Waiting[] = [];
  let systemFees = 0n;
  for (const each of fits) {
    if (chosen.length === policy.maxTransactionsPerBlock) break;
    systemFees += each.transaction.systemFee;
    if (systemFees > policy.maxBlockSystemFee) break;
    chosen.push(each);
  }
  return chosen;
}

function named(core: ChainCore, hashes: readonly Hash256[]): Waiting[] {
  return hashes.map((hash) => {
    const found = core.waiting.get(hash);
    if (found === undefined) throw new RangeError(`no transaction ${hash} waits`);
    return found;
  });
}

/** Burns the fees of each, then gives the network's part to whom made the block. */
function payFees(core: ChainCore, chosen: readonly Waiting[]): Notification[] {
  const burnt = chosen.map(({ transaction: { sender, systemFee, networkFee } }) => {
    const amount = systemFee + networkFee;
    mintGas(core.state, sender, -amount);
    return transfer(sender, null, amount);
  });
  const forWork = chosen.reduce((sum, { transaction }) => sum + transaction.networkFee, 0n);
  return [...burnt, ...(forWork === 0n ? [] : reward(core, VALIDATOR, forWork))];
}

function reward(core: ChainCore, account: Hash160, amount: bigint): Notification[] {
  mintGas(core.state, account, amount);
  return [transfer(null, account, amount)];
}

const transfer = (from: Hash160 | null, to: Hash160 | null, amount: bigint): Notification => ({
  contract: GAS_TOKEN,
  name: 'Transfer',
  state: [item(from), item(to), amount],
});

function end(
  world: ExecutionWorld,
  { transaction, fate }: Waiting,
  index: number,
): EndedTransaction {
  const execution = new Execution(world, transaction, transaction.systemFee);
  const mark = world.state.mark();
  const ran = runScript(execution, transaction.script);
  const ended = {
    ...transaction,
    blockIndex: index,
    gasConsumed: execution.gasConsumed(),
    notifications: execution.notifications,
  };
  if (fate?.kind === 'faulted') {
    world.state.rollBack(mark);
    return { ...ended, state: 'FAULT', exception: fate.exception, stack: [] };
  }
  if (ran.state === 'FAULT') {
    return { ...ended, state: 'FAULT', exception: ran.exception, stack: [] };
  }
  return { ...ended, state: 'HALT', exception: null, stack: ran.stack };
}

/** What is no longer valid, or not paid for any more, waits no longer. */
function forgetDead(core: ChainCore, index: number): void {
  const left = new Map<Hash160, bigint>();
  for (const [hash, { transaction }] of core.waiting) {
    const { sender, systemFee, networkFee, validUntilBlock } = transaction;
    const spare = (left.get(sender) ?? gasOf(core.state, sender)) - systemFee - networkFee;
    if (validUntilBlock <= index || spare < 0n) core.waiting.delete(hash);
    else left.set(sender, spare);
  }
}

function nonceOf(index: number, timeMs: number): bigint {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32LE(index, 0);
  bytes.writeBigUInt64LE(BigInt(timeMs), 4);
  return sha256(bytes).readBigUInt64LE(0);
}

export function hashOf(
  previous: Hash256,
  index: number,
  timeMs: number,
  nonce: bigint,
  transactions: readonly Pick<KnownTransaction, 'hash'>[],
): Hash256 {
  const bytes = Buffer.alloc(20);
  bytes.writeUInt32LE(index, 0);
  bytes.writeBigUInt64LE(BigInt(timeMs), 4);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, nonce), 12);
  const parts = [previous, ...transactions.map(({ hash }) => hash)].map(hashToLittleEndian);
  return hashFromLittleEndian(sha256(Buffer.concat([bytes, ...parts])));
}
