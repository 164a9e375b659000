import type { RequestItem, RequestState } from './wire.js';

/** The way of a request, as the page shows it. */
export const STAGES = ['intake', 'resolve', 'respond', 'confirm', 'done'] as const;
export type Stage = (typeof STAGES)[number] | 'refund';

export const STAGE_TEXTS: Readonly<
  Record<Stage, { readonly name: string; readonly does: string }>
> = {
  intake: { name: 'Intake', does: 'taken in with the newest block' },
  resolve: { name: 'Resolve', does: 'the answer is looked for' },
  respond: { name: 'Respond', does: 'the answer is known and is to be sent' },
  confirm: { name: 'Confirm', does: 'sent, and waits for its block' },
  done: { name: 'Done', does: 'ended on the chain' },
  refund: { name: 'Refund', does: 'no answer came: the payer gets the money back' },
};

const BY_STATE: Readonly<Record<RequestState, Stage>> = {
  received: 'resolve',
  resolved: 'respond',
  sent: 'confirm',
  stuck: 'refund',
  overdue: 'refund',
  expiring: 'refund',
  answered: 'done',
  expired: 'done',
};

/** Where a request is now; in the block that was taken in last it is fresh. */
export function stageOf(
  { state, createdBlock, attempts }: Pick<RequestItem, 'state' | 'createdBlock' | 'attempts'>,
  processed: number | null,
): Stage {
  const isFresh = state === 'received' && attempts === 0 && createdBlock === processed;
  return isFresh ? 'intake' : BY_STATE[state];
}

/** How many requests of a queue are in a stage; those of `intake` are counted with `resolve`. */
export function countIn(stage: Stage, queue: Readonly<Record<string, number>>): number {
  return Object.entries(BY_STATE)
    .filter(([, where]) => where === stage)
    .reduce((sum, [state]) => sum + (queue[state] ?? 0), 0);
}
