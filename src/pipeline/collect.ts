import type { Clock } from '../base/clock.js';
import { type Datoshi, formatGas } from '../base/datoshi.js';
import { messageOf } from '../base/node-error.js';
import { earnedOf, walletOf } from '../gasbank/accounts.js';
import { type CollectRule, collectable } from '../gasbank/collectable.js';
import type { HeldWork } from '../gasbank/held-spending.js';
import type { LedgerStore } from '../gasbank/ledger-store.js';
import type { Log } from '../telemetry/log.js';
import type { RetriedStep } from '../telemetry/metrics-work.js';
import { systemFeeFor } from './answer-fees.js';
import type { ChainPort } from './chain-port.js';
import { heldUntil, holdCauseOf } from './hold-time.js';
import type { PlanLimits } from './planning.js';
import type { Submit } from './submit.js';
import type { TransactionStore } from './transaction-store.js';
import { mayPass } from './trouble.js';

export interface CollectParts {
  readonly ledger: LedgerStore;
  readonly transactions: TransactionStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly chain: ChainPort;
  readonly planLimits: PlanLimits;
  readonly held: HeldWork;
  readonly submit: Submit;
  /** Told of each piece of work that is held back. */
  readonly onRetry: (step: RetriedStep) => void;
  readonly rule: CollectRule;
  readonly limits: { readonly validBlocks: number; readonly holdMs: number };
  readonly randomNonce: () => number;
}

/** What FAULTed, or was refused, would be so again: it is tried again after this time. */
const REFUSED_HOLD_MS = 60_000;

/** Moves what the node earned at the gateway into its wallet when that runs low. */
export function createCollect(parts: CollectParts) {
  const { ledger, transactions, chain, clock, log, limits } = parts;
  let notBeforeMs = Number.NEGATIVE_INFINITY;

  function put(offMs: number, reason: string): void {
    notBeforeMs = clock.monotonicMs() + offMs;
    log.warn('earnings not collected yet', { reason });
    parts.onRetry('collect');
  }

  async function collect(amount: Datoshi, height: number): Promise<void> {
    const script = chain.collectScript(amount);
    const networkFee = chain.networkFee(script);
    const validUntilBlock = height + limits.validBlocks;
    const first = { systemFee: 0n, networkFee, nonce: parts.randomNonce(), validUntilBlock };
    const preflight = await chain.preflight(script, first, null);
    if (preflight.state === 'FAULT') {
      return put(REFUSED_HOLD_MS, `the gateway refuses it: ${preflight.exception}`);
    }
    const { margin, maxSystemFee, maxNetworkFee } = parts.planLimits;
    const systemFee = systemFeeFor(preflight.gasConsumed, margin);
    const fees = systemFee + networkFee;
    if (systemFee > maxSystemFee || networkFee > maxNetworkFee || fees >= amount) {
      return put(REFUSED_HOLD_MS, `it would cost ${formatGas(fees)} GAS`);
    }
    const shares = [{ requestId: null, kind: 'collect' as const, requester: null, amount: fees }];
    const terms = { ...first, systemFee };
    const none = { why: new Map<bigint, string>(), predictions: [] };
    const sent = await parts.submit({ purpose: 'collect', script, terms, shares, ...none });
    if (sent === null) return;
    // One that FAULTs costs its fee each time.
    notBeforeMs = clock.monotonicMs() + REFUSED_HOLD_MS;
    log.info('earnings collected', { gas: formatGas(amount), tx: sent.hash });
  }

  return async function collectIfLow(height: number): Promise<void> {
    const { available } = ledger.balance(walletOf(chain.account));
    const { posted: earned } = ledger.balance(earnedOf(chain.account));
    const nowMs = clock.nowMs();
    const isShort = parts.held.list(nowMs).some(({ cause }) => cause === 'floor');
    const amount = collectable({ available, isShort }, earned, parts.rule);
    if (amount === null || clock.monotonicMs() < notBeforeMs) return;
    if (transactions.isInFlight('collect')) return;
    try {
      await collect(amount, height);
    } catch (error) {
      if (!mayPass(error)) throw error;
      const untilMs = heldUntil(error, nowMs) ?? nowMs + limits.holdMs;
      const [cause, reason] = [holdCauseOf(error), messageOf(error)];
      if (cause !== null) parts.held.note({ cause, reason, untilMs });
      put(untilMs - nowMs, reason);
    }
  };
}
