import type { Clock } from '../base/clock.js';
import { type Datoshi, formatGas } from '../base/datoshi.js';
import { type Hash160, type Hash256, hash160ToAddress } from '../base/hash.js';
import { messageOf } from '../base/node-error.js';
import { ResponseCode, responseCodeName } from '../base/outcome.js';
import { gatewayCalls } from '../chain/gateway-calls.js';
import { creditOf } from '../gasbank/accounts.js';
import type { LedgerStore } from '../gasbank/ledger-store.js';
import type { MadeRequest } from '../requests/latest-requests-store.js';
import type { Log } from '../telemetry/log.js';
import { systemFeeFor } from './answer-fees.js';
import type { ChainPort } from './chain-port.js';
import type { PlanLimits } from './planning.js';
import type { Submit } from './submit.js';
import type { TransactionStore } from './transaction-store.js';
import { mayPass } from './trouble.js';

/** A request that the node makes to itself. */
export interface CanaryRule {
  readonly url: string;
  readonly filter: string;
  /** What its answer may be charged; it comes from the credit of the node's own account. */
  readonly maxFee: Datoshi;
  readonly everyMs: number;
  /** An answer that takes longer is no success. */
  readonly timeoutMs: number;
}

/** How one ended; `durationMs` of one that was answered in time. */
export type CanaryEnding =
  | { readonly outcome: 'success'; readonly durationMs: number }
  | {
      readonly outcome: 'wrong' | 'expired' | 'late' | 'unsent';
      readonly why: string;
      readonly durationMs: null;
    };

export interface CanaryParts {
  readonly rule: CanaryRule | null;
  readonly gateway: Hash160;
  readonly chain: ChainPort;
  readonly clock: Clock;
  readonly log: Log;
  readonly ledger: Pick<LedgerStore, 'balance'>;
  readonly transactions: Pick<TransactionStore, 'get'>;
  readonly latestRequests: (requester: Hash160) => readonly MadeRequest[];
  readonly planLimits: PlanLimits;
  readonly submit: Submit;
  readonly validBlocks: number;
  readonly randomNonce: () => number;
  readonly onEnd: (ending: CanaryEnding) => void;
}

/** The one that is under way. */
interface Pending {
  readonly tx: Hash256;
  readonly sentMs: number;
}

/**
 * Makes a real request through the gateway at intervals, as any user would, and sees it answered.
 * The node's account asks and pays: from its credit, which the answer's charge leaves for its
 * earnings, and from its wallet, as for an order. The result is kept, and taken with the next
 * request, so that none is left behind but one. At most one is under way.
 */
export function createCanary(parts: CanaryParts): (height: number) => Promise<void> {
  const { rule, clock, log } = parts;
  let dueMs = Number.NEGATIVE_INFINITY;
  let pending: Pending | null = null;
  if (rule === null) return async () => {};
  const { everyMs, timeoutMs } = rule;

  function end(ending: CanaryEnding): void {
    pending = null;
    parts.onEnd(ending);
    if (ending.outcome === 'success') {
      log.info('canary answered', { durationMs: Math.round(ending.durationMs) });
    } else log.warn('canary failed', { outcome: ending.outcome, reason: ending.why });
  }

  function follow({ tx, sentMs }: Pending): void {
    const durationMs = clock.monotonicMs() - sentMs;
    const ending = endingOf(parts, tx, durationMs, timeoutMs);
    if (ending !== null) end(ending);
  }

  return async function canary(height) {
    if (pending !== null) return follow(pending);
    const nowMs = clock.monotonicMs();
    if (nowMs < dueMs) return;
    dueMs = nowMs + everyMs;
    try {
      const sent = await ask(parts, rule, height);
      if ('why' in sent) end({ outcome: 'unsent', why: sent.why, durationMs: null });
      else pending = { tx: sent.tx, sentMs: nowMs };
    } catch (error) {
      if (!mayPass(error)) throw error;
      end({ outcome: 'unsent', why: messageOf(error), durationMs: null });
    }
  };
}

/** What became of it; null while it waits. */
function endingOf(
  { chain, latestRequests, transactions }: CanaryParts,
  tx: Hash256,
  durationMs: number,
  timeoutMs: number,
): CanaryEnding | null {
  const failed = (outcome: 'wrong' | 'expired' | 'late' | 'unsent', why: string): CanaryEnding => ({
    ...{ outcome, why, durationMs: null },
  });
  const made = latestRequests(chain.account).find(({ createdTx }) => createdTx === tx);
  if (made?.state === 'answered') {
    const { id, code } = made;
    if (code !== ResponseCode.Success) {
      return failed('wrong', `request ${id} was answered with ${responseCodeName(code ?? -1)}`);
    }
    if (durationMs <= timeoutMs) return { outcome: 'success', durationMs };
  }
  if (made?.state === 'expired' || made?.state === 'overdue' || made?.state === 'expiring') {
    return failed('expired', `request ${made.id} was not answered by its deadline`);
  }
  const sent = transactions.get(tx)?.state;
  if (made === undefined && (sent === 'faulted' || sent === 'dead')) {
    return failed('unsent', `transaction ${tx} is ${sent}`);
  }
  if (durationMs <= timeoutMs) return null;
  const which = made === undefined ? `transaction ${tx}` : `request ${made.id}`;
  return failed('late', `${which} was not answered within ${timeoutMs} ms (canary.timeout)`);
}

type Sent = { readonly tx: Hash256 } | { readonly why: string };

async function ask(parts: CanaryParts, rule: CanaryRule, height: number): Promise<Sent> {
  const { chain, ledger } = parts;
  const { available } = ledger.balance(creditOf(chain.account));
  if (available < rule.maxFee) {
    const whose = `the node's account ${hash160ToAddress(chain.account)}`;
    const has = `${whose} has ${formatGas(available)} GAS of credit`;
    return { why: `${has}, canary.maxFee is ${formatGas(rule.maxFee)}: pay in with deposit` };
  }
  const priced = await price(parts, rule, height);
  if (typeof priced === 'string') return { why: priced };
  const { script, terms, fees } = priced;
  const shares = [{ requestId: null, kind: 'order' as const, requester: null, amount: fees }];
  const none = { why: new Map<bigint, string>(), predictions: [] };
  const sent = await parts.submit({ purpose: 'order', script, terms, shares, ...none });
  return sent === null ? { why: 'another transaction came between' } : { tx: sent.hash };
}

/** The request, after the taking of the last result where that is still there; or why not. */
async function price(parts: CanaryParts, rule: CanaryRule, height: number) {
  const { chain, gateway, validBlocks } = parts;
  const calls = gatewayCalls(gateway);
  const spec = JSON.stringify({ method: 'GET', url: rule.url });
  const { filter, maxFee } = rule;
  const request = calls.requestHttp({ spec, filter, callback: '', userData: null, maxFee });
  const kept = parts
    .latestRequests(chain.account)
    .find(({ state, delivered }) => state === 'answered' && delivered === false);
  const scripts = [
    ...(kept === undefined ? [] : [Buffer.concat([calls.takeResult(kept.id), request])]),
    request,
  ];
  let why = '';
  for (const script of scripts) {
    const networkFee = chain.networkFee(script);
    const validUntilBlock = height + validBlocks;
    const given = { nonce: parts.randomNonce(), validUntilBlock, networkFee, systemFee: 0n };
    const trial = await chain.preflight(script, given, null);
    if (trial.state === 'HALT') {
      const { margin, maxSystemFee, maxNetworkFee } = parts.planLimits;
      const systemFee = systemFeeFor(trial.gasConsumed, margin);
      const fees = systemFee + networkFee;
      if (systemFee > maxSystemFee || networkFee > maxNetworkFee) {
        return `it would cost ${formatGas(fees)} GAS, more than pipeline lets pass`;
      }
      return { script, terms: { ...given, systemFee }, fees };
    }
    why = `the gateway refuses it: ${trial.exception}`;
  }
  return why;
}
