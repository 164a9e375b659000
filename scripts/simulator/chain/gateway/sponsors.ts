import type { Hash160 } from '../../../../src/base/hash.js';
import type { CallContext } from '../machine.js';
import type { Item } from '../vm-item.js';
import { account, callerOf, isOutsider, whole } from './checks.js';
import {
  getAccount,
  Key,
  loadSettings,
  payerOf,
  putAccount,
  type Request,
  type Sponsorship,
} from './records.js';

/* contracts/gateway/sponsors.go */

export function sponsor(c: CallContext, [requester, limit, all]: readonly Item[]): undefined {
  const settings = loadSettings(c);
  const payer = callerOf(c, settings.executor);
  const sponsored = account(
    c,
    requester ?? null,
    'requester of sponsor is not a Hash160 (20 bytes)',
  );
  const maxFeePerRequest = whole(c, limit ?? null, 'maxFeePerRequest is not from 0 to 2^63-1');
  const allowance = whole(c, all ?? null, 'allowance is not from 0 to 2^63-1');
  if (settings.paused && allowance !== 0n) {
    c.refuse('the gateway is paused: it takes no new sponsorships');
  }
  if (!isOutsider(c, sponsored, settings.executor)) {
    c.refuse('requester of sponsor is a native contract, the gateway or the executor');
  }
  const key = Key.sponsorship(payer, sponsored);
  const before = c.getRecord<Sponsorship>(key);
  const generation = (before?.generation ?? 0) + 1;
  c.putRecord(key, { maxFeePerRequest, allowance, generation } satisfies Sponsorship);
  c.notify('Sponsored', payer, sponsored, maxFeePerRequest, allowance);
}

export function acceptSponsor(c: CallContext, [payer]: readonly Item[]): undefined {
  const settings = loadSettings(c);
  const requester = callerOf(c, settings.executor);
  if (payer === null || payer === undefined) {
    c.remove(Key.accepted(requester));
    c.notify('SponsorAccepted', requester, null);
    return;
  }
  const accepted = account(
    c,
    payer,
    'payer of acceptSponsor is neither null nor a Hash160 (20 bytes)',
  );
  if (settings.paused) c.refuse('the gateway is paused: no sponsor can be accepted');
  if (!isOutsider(c, accepted, settings.executor)) {
    c.refuse('payer of acceptSponsor is a native contract, the gateway or the executor');
  }
  putAccount(c, Key.accepted(requester), accepted);
  c.notify('SponsorAccepted', requester, accepted);
}

export const sponsorOf = (c: CallContext, [requester]: readonly Item[]): Hash160 | null =>
  getAccount(
    c,
    Key.accepted(
      account(c, requester ?? null, 'requester of sponsorOf is not a Hash160 (20 bytes)'),
    ),
  );

export function sponsorshipOf(c: CallContext, [payer, requester]: readonly Item[]): Item {
  const key = Key.sponsorship(
    account(c, payer ?? null, 'payer of sponsorshipOf is not a Hash160 (20 bytes)'),
    account(c, requester ?? null, 'requester of sponsorshipOf is not a Hash160 (20 bytes)'),
  );
  const found = c.getRecord<Sponsorship>(key);
  return [found?.maxFeePerRequest ?? 0n, found?.allowance ?? 0n];
}

export function chargeSponsor(
  c: CallContext,
  requester: Hash160,
  maxFee: bigint,
): { readonly payer: Hash160; readonly generation: number } {
  const payer = getAccount(c, Key.accepted(requester));
  if (payer === null) {
    return c.refuse("the requester's credit is below maxFee, and it accepted no sponsor");
  }
  const key = Key.sponsorship(payer, requester);
  const found = c.getRecord<Sponsorship>(key);
  if (found === null) {
    return c.refuse(
      "the requester's credit is below maxFee, and the accepted sponsor never sponsored it",
    );
  }
  if (found.maxFeePerRequest < maxFee)
    c.refuse("maxFee is above the sponsor's limit for a request");
  if (found.allowance < maxFee) {
    c.refuse("maxFee is above what is left of the sponsor's allowance");
  }
  c.putRecord(key, { ...found, allowance: found.allowance - maxFee });
  return { payer, generation: found.generation };
}

export function restoreAllowance(c: CallContext, request: Request, refund: bigint): void {
  const key = Key.sponsorship(payerOf(request), request.requester);
  const found = c.getRecord<Sponsorship>(key);
  if (found === null) throw new Error('bug: a sponsored request without a sponsorship');
  if (found.generation !== request.sponsored) return;
  c.putRecord(key, { ...found, allowance: found.allowance + refund });
}
