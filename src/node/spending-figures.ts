import type { SpendingStatus } from '../api/node-status.js';
import type { SpendKind } from '../base/spend-kind.js';
import { createCallbackFaults } from '../gasbank/callback-fault-store.js';
import { createSpendStore, usedShares } from '../gasbank/spend-store.js';
import type { NodeOptions } from './node-options.js';
import type { Running } from './open-parts.js';
import { budgetsOf } from './pipeline-limits.js';

/** What the gas bank holds back now, and how much room the budgets have. */
export function spendingStatus(
  { config, clock }: Pick<NodeOptions, 'config' | 'clock'>,
  { db, held, chainTime }: Pick<Running, 'db' | 'held' | 'chainTime'>,
): SpendingStatus {
  const nowMs = clock.nowMs();
  const store = createSpendStore(db);
  const budgets = budgetsOf(config.gasbank);
  const scopes = ['all' as const, ...Object.keys(budgets.perKind).map(kindScope)];
  return {
    held: held.list(nowMs),
    budgets: scopes.flatMap((scope) => usedShares(store, scope, budgets, chainTime.nowMs())),
    inboxOnly: createCallbackFaults(db, config.gasbank.inboxOnly).list(nowMs),
  };
}

const kindScope = (kind: string) => `kind:${kind}` as `kind:${SpendKind}`;
