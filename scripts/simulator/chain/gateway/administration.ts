import type { Hash160 } from '../../../../src/base/hash.js';
import { GAS_UNITS } from '../gas-prices.js';
import type { CallContext } from '../machine.js';
import { type Item, item, toBoolean, toList } from '../vm-item.js';
import { account, count, isOutsider, whole } from './checks.js';
import { ownerOf, requireOwner } from './keys.js';
import { KINDS } from './kinds.js';
import {
  getAccount,
  Key,
  loadSettings,
  type PolicySettings,
  putAccount,
  type Settings,
} from './records.js';

/* contracts/gateway/administration.go */

const MAX_LIFETIME = 1 << 24;

export const owner = (c: CallContext): Hash160 => ownerOf(c);

export function transferOwnership(c: CallContext, [given]: readonly Item[]): undefined {
  requireOwner(c);
  const next = account(c, given ?? null, 'the proposed owner is not a Hash160 (20 bytes)');
  if (!isOutsider(c, next, loadSettings(c).executor)) {
    c.refuse('the proposed owner is a native contract, the gateway or the executor');
  }
  putAccount(c, Key.proposedOwner, next);
  c.notify('OwnershipProposed', next);
}

export function acceptOwnership(c: CallContext): undefined {
  const next = getAccount(c, Key.proposedOwner);
  if (next === null) return c.refuse('no owner is proposed');
  if (!c.checkWitness(next)) c.refuse('only the proposed owner may accept');
  const before = ownerOf(c);
  putAccount(c, Key.owner, next);
  c.remove(Key.proposedOwner);
  c.notify('OwnershipTransferred', before, next);
}

export function pause(c: CallContext, [on]: readonly Item[]): undefined {
  requireOwner(c);
  if (on === null || on === undefined) return c.refuse('on of pause is null');
  const settings = loadSettings(c);
  const paused = toBoolean(on);
  c.putRecord(Key.settings, { ...settings, paused } satisfies Settings);
  c.notify('Paused', paused);
}

export const isPaused = (c: CallContext): boolean => loadSettings(c).paused;

const lifetime = (c: CallContext, value: Item, name: string): number =>
  count(c, value, `${name} is not from 0 to 2^63-1`);

export function setPolicy(c: CallContext, args: readonly Item[]): undefined {
  const [premiums = null, minimums = null, ofRequests = null, ofResults = null] = args;
  const [, , , , ceiling = null, delay = null] = args;
  requireOwner(c);
  const settings = loadSettings(c);
  const before = settings.policy;
  const given = {
    premiums: amounts(
      c,
      premiums,
      'premiums are not one for each of the 6 kinds',
      'a premium is not from 0 to 2^63-1',
    ),
    minimums: amounts(
      c,
      minimums,
      'minimums are not one for each of the 6 kinds',
      'a minimum is not from 0 to 2^63-1',
    ),
    requestLifetime: lifetime(c, ofRequests, 'requestLifetime'),
    resultLifetime: lifetime(c, ofResults, 'resultLifetime'),
    networkFeeCeiling: whole(c, ceiling, 'networkFeeCeiling is not from 0 to 2^63-1'),
  };
  const wanted = lifetime(c, delay, 'updateDelay');
  for (const name of ['requestLifetime', 'resultLifetime'] as const) {
    if (given[name] === 0 || given[name] > MAX_LIFETIME) {
      c.refuse(`${name} is not from 1 to 16777216 blocks`);
    }
  }
  if (wanted > MAX_LIFETIME) c.refuse('updateDelay is more than 16777216 blocks');
  const policy: PolicySettings = { ...given, ...delays(before, wanted, c.executingIndex()) };
  c.putRecord(Key.settings, { ...settings, policy } satisfies Settings);
  c.notify('PolicyChanged', ...policyItems(policy));
}

/** A lower delay waits for the one in force. */
function delays(before: PolicySettings, wanted: number, index: number) {
  const updateDelay = updateDelayAt(before, index);
  if (wanted >= updateDelay) return { updateDelay: wanted, lowerUpdateDelay: 0, lowerFrom: 0 };
  const waits = before.lowerFrom > index && before.lowerUpdateDelay === wanted;
  const lowerFrom = waits ? before.lowerFrom : index + updateDelay;
  return { updateDelay, lowerUpdateDelay: wanted, lowerFrom };
}

function amounts(c: CallContext, given: Item, notAll: string, refusal: string): bigint[] {
  if (given === null) c.refuse(notAll);
  const list = toList(given);
  if (list.length !== KINDS) c.refuse(notAll);
  c.execution.use(KINDS * GAS_UNITS.kindAmount);
  return list.map((each) => whole(c, each, refusal));
}

export const updateDelayAt = (policy: PolicySettings, index: number): number =>
  policy.lowerFrom !== 0 && index >= policy.lowerFrom
    ? policy.lowerUpdateDelay
    : policy.updateDelay;

const policyItems = (policy: PolicySettings): Item[] => [
  policy.premiums,
  policy.minimums,
  ...[policy.requestLifetime, policy.resultLifetime].map(BigInt),
  policy.networkFeeCeiling,
  ...[policy.updateDelay, policy.lowerUpdateDelay, policy.lowerFrom].map(BigInt),
];

export function policy(c: CallContext): Item {
  const found = loadSettings(c).policy;
  const isLower = found.lowerFrom !== 0 && c.executingIndex() >= found.lowerFrom;
  const now = isLower
    ? { ...found, updateDelay: found.lowerUpdateDelay, lowerUpdateDelay: 0, lowerFrom: 0 }
    : found;
  return item(policyItems(now));
}
