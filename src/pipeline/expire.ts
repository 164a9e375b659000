import type { Clock } from '../base/clock.js';
import { formatGas } from '../base/datoshi.js';
import { messageOf } from '../base/node-error.js';
import type { RequestStore } from '../requests/request-store.js';
import { type Database, inTransaction } from '../storage/database.js';
import type { Log } from '../telemetry/log.js';
import { systemFeeFor } from './answer-fees.js';
import type { ChainPort } from './chain-port.js';
import type { PlanLimits } from './plan-alone.js';
import type { Submit } from './submit.js';
import { mayPass } from './trouble.js';

export interface ExpireParts {
  readonly db: Database;
  readonly requests: RequestStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly chain: ChainPort;
  readonly planLimits: PlanLimits;
  readonly submit: Submit;
  readonly limits: { maxBatch: number; validBlocks: number; holdMs: number };
  readonly randomNonce: () => number;
}

/** Sends the refunds of requests that nobody can answer any more, at the node's own cost. */
export function createExpire(parts: ExpireParts) {
  const { db, requests, clock, chain, limits } = parts;

  function hold(ids: readonly bigint[], reason: string): void {
    const nowMs = clock.nowMs();
    inTransaction(db, () => {
      for (const id of ids) {
        const row = requests.get(id);
        if (row?.state !== 'overdue') continue;
        const news = row.reason === reason ? null : { atMs: nowMs, what: 'held', why: reason };
        requests.hold(id, reason, nowMs + limits.holdMs, news);
      }
    });
  }

  async function refund(ids: readonly bigint[], height: number): Promise<void> {
    const validUntilBlock = height + limits.validBlocks;
    const script = chain.expireScript(ids);
    const networkFee = chain.networkFee(script);
    const nonce = parts.randomNonce();
    const first = { systemFee: 0n, networkFee, nonce, validUntilBlock };
    const preflight = await chain.preflight(script, first, null);
    if (preflight.state === 'FAULT') {
      return hold(ids, `the gateway refuses the refund: ${preflight.exception}`);
    }
    const refunded = ids.filter((id) => preflight.expired.has(id));
    if (refunded.length < ids.length) {
      const others = ids.filter((id) => !preflight.expired.has(id));
      hold(others, 'the gateway holds this request pending no longer');
      // Nothing is paid for what somebody else has done.
      return refunded.length === 0 ? undefined : refund(refunded, height);
    }
    const { margin, maxSystemFee, maxNetworkFee } = parts.planLimits;
    const systemFee = systemFeeFor(preflight.gasConsumed, margin);
    if (systemFee > maxSystemFee || networkFee > maxNetworkFee) {
      if (ids.length > 1) return refund(ids.slice(0, ids.length >> 1), height);
      const fees = `${formatGas(systemFee)} and ${formatGas(networkFee)} GAS`;
      return hold(
        ids,
        `the refund costs ${fees}, more than pipeline.maxSystemFee or maxNetworkFee`,
      );
    }
    const why = `refund after the deadline, at ${formatGas(systemFee + networkFee)} GAS`;
    const sent = await parts.submit({
      purpose: 'expire',
      script,
      terms: { ...first, systemFee },
      why: new Map(ids.map((id) => [id, why])),
    });
    if (sent !== null) parts.log.info('refunds sent', { requests: ids.length, tx: sent.hash });
  }

  return async function expire(height: number): Promise<void> {
    const rows = requests.due('overdue', clock.nowMs(), limits.maxBatch);
    if (rows.length === 0) return;
    const ids = rows.map((row) => row.id);
    try {
      await refund(ids, height);
    } catch (error) {
      if (!mayPass(error)) throw error;
      hold(ids, messageOf(error));
    }
  };
}
