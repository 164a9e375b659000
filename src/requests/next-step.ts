import type { RequestRow } from './request-store.js';

/** What happens next to a request, and when, in one sentence for the person who asks. */
export function nextStepOf(row: RequestRow): string {
  const until = `it can be answered until block ${row.deadline}`;
  switch (row.state) {
    case 'received':
      return row.dueMs > 0
        ? `the node tries again at ${new Date(row.dueMs).toISOString()}; ${until}`
        : `the node fetches the answer as soon as it is in step with the chain; ${until}`;
    case 'resolved':
      return row.dueMs > 0
        ? `the node tries to send the answer at ${new Date(row.dueMs).toISOString()}; ${until}`
        : `the node sends the answer in its next transaction; ${until}`;
    case 'sent':
      return `transaction ${row.tx} goes into a block, or the node sends another; ${until}`;
    case 'stuck':
      return `no answer can be sent; after block ${row.deadline} the payer is refunded`;
    case 'overdue':
      return row.dueMs > 0
        ? `the node tries to refund the payer at ${new Date(row.dueMs).toISOString()}`
        : 'the node sends a transaction that refunds the payer';
    case 'expiring':
      return `transaction ${row.tx} refunds the payer when it is in a block`;
    case 'answered':
      return row.delivered === false
        ? 'nothing: the result waits at the gateway (resultOf, takeResult, redeliver)'
        : 'nothing: it ended';
    case 'expired':
      return 'nothing: it ended, and the payer was refunded';
  }
}
