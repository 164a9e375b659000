import type { Hash160 } from '../../../../src/base/hash.js';
import { Price } from '../gas-prices.js';
import type { CallContext } from '../machine.js';
import { type Item, item } from '../vm-item.js';
import { account, count, isOutsider } from './checks.js';
import {
  getAccount,
  Key,
  loadSettings,
  type NodeProposal,
  type Overlap,
  putAccount,
} from './records.js';

/* contracts/gateway/keys.go */

const MS_IN_DAY = 86_400_000;

/** Refuses all but the node account and, until the overlap ends, the one before it. */
export function requireNode(c: CallContext, index: number): void {
  const node = getAccount(c, Key.node);
  if (node !== null && c.checkWitness(node)) return;
  const before = openOverlap(c, index);
  if (before !== null && c.checkWitness(before.account)) return;
  c.refuse("the node account's witness is missing");
}

function openOverlap(c: CallContext, index: number): Overlap | null {
  const found = c.getRecord<Overlap>(Key.overlap);
  return found === null || index > found.until ? null : found;
}

export const nodeAccount = (c: CallContext): Hash160 | null => getAccount(c, Key.node);

export function overlap(c: CallContext): Item {
  const open = openOverlap(c, c.executingIndex());
  return open === null ? null : item([open.account, open.until]);
}

export const ownerOf = (c: CallContext): Hash160 => {
  const owner = getAccount(c, Key.owner);
  if (owner === null) throw new Error('bug: a gateway without an owner');
  return owner;
};

export function requireOwner(c: CallContext): void {
  if (!c.checkWitness(ownerOf(c))) c.refuse("the owner's witness is missing");
}

export function proposeNodeAccount(c: CallContext, [given]: readonly Item[]): undefined {
  const next = account(c, given ?? null, 'the proposed node account is not a Hash160 (20 bytes)');
  if (!isOutsider(c, next, loadSettings(c).executor)) {
    c.refuse('the proposed node account is a native contract, the gateway or the executor');
  }
  const node = getAccount(c, Key.node);
  if (next === node) c.refuse('the proposed account is the node account already');
  const byOwner = c.checkWitness(ownerOf(c));
  if (byOwner) c.remove(Key.overlap);
  else requireNodesOwnProposal(c, node);
  c.putRecord(Key.nodeProposal, { account: next, byOwner } satisfies NodeProposal);
  c.notify('NodeAccountProposed', next, byOwner);
}

function requireNodesOwnProposal(c: CallContext, node: Hash160 | null): void {
  if (node === null || !c.checkWitness(node)) {
    c.refuse('only the owner or the node account may propose a node account');
  }
  if (openOverlap(c, c.executingIndex()) !== null) {
    c.refuse('while an overlap is open only the owner may propose a node account');
  }
  if (c.getRecord<NodeProposal>(Key.nodeProposal)?.byOwner === true) {
    c.refuse("the owner's proposal is open: only the owner may replace it");
  }
}

export function acceptNodeAccount(c: CallContext, [given]: readonly Item[]): undefined {
  const blocks = count(c, given ?? null, 'overlapBlocks is not from 0 to 2^63-1');
  c.execution.use(Price.nativeCall + Price.policyRead);
  if (blocks > Math.floor(MS_IN_DAY / c.world.msPerBlock)) {
    c.refuse('overlapBlocks is more than a day of blocks');
  }
  const open = c.getRecord<NodeProposal>(Key.nodeProposal);
  if (open === null) return c.refuse('no node account is proposed');
  if (!c.checkWitness(open.account)) c.refuse('only the proposed account may accept');
  const before = getAccount(c, Key.node);
  let until = 0;
  c.remove(Key.overlap);
  if (before !== null && blocks !== 0) {
    until = c.executingIndex() + blocks;
    c.putRecord(Key.overlap, { account: before, until } satisfies Overlap);
  }
  putAccount(c, Key.node, open.account);
  c.remove(Key.nodeProposal);
  c.notify('NodeAccountChanged', before, open.account, until);
}

export function revokeNodeAccount(c: CallContext): undefined {
  requireOwner(c);
  const node = getAccount(c, Key.node);
  c.remove(Key.node);
  c.remove(Key.overlap);
  c.remove(Key.nodeProposal);
  c.notify('NodeAccountRevoked', node);
}
