import type { TriggerKind } from './trigger.js';
import type { UpkeepRow } from './upkeep-store.js';

/** An occurrence for people: a time in UTC for cron, else a block. */
export const occurrenceText = (kind: TriggerKind | null, due: number): string =>
  kind === 'cron'
    ? `${new Date(due).toISOString().slice(0, 16).replace('T', ' ')} UTC`
    : `block ${due}`;

type Waiting = Pick<UpkeepRow, 'id' | 'state' | 'kind' | 'tx' | 'nextDue' | 'retryMs' | 'failures'>;

/** What happens next to an upkeep, and when, in one sentence for the person who asks. */
export function nextStepOf(row: Waiting): string {
  switch (row.state) {
    case 'waiting':
      return row.failures > 0
        ? `the node tries again from ${new Date(row.retryMs).toISOString()} on; ${whenDue(row)}`
        : whenDue(row);
    case 'sent':
      return `transaction ${row.tx} goes into a block, or the node sends another`;
    case 'unfunded':
      return `its owner deposits credit and calls fundUpkeep(${row.id}); anyone may call it`;
    case 'paused':
      return `dodona upkeeps resume ${row.id}, or its owner's next deposit, has it tried again`;
    case 'unreadable':
      return 'nothing: its owner cancels it, and registers another';
    case 'cancelled':
      return 'nothing: it is gone';
  }
}

function whenDue({ kind, nextDue }: Waiting): string {
  switch (kind) {
    case 'cron':
    case 'every':
      return nextDue === null
        ? 'it is never due again'
        : `it is due ${kind === 'cron' ? 'at' : 'with'} ${occurrenceText(kind, nextDue)}`;
    case 'when':
      return 'its condition is asked after each block';
    default:
      return nextDue === null
        ? 'it is due behind the next block with its event'
        : `it is due since ${occurrenceText(kind, nextDue)}`;
  }
}
