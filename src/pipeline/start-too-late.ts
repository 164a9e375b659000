import { NodeError } from '../base/node-error.js';

/** Accounts of the ledger that the gateway's events alone move. */
const AT_GATEWAY = /^(?:credit|reserved|earned):/;

/**
 * Books that begin after the gateway did; `why` says how that shows, `deployedIn` is the block in
 * which it was deployed, where that is known.
 */
export function startTooLate(why: string, deployedIn: number | null = null): NodeError {
  const right = deployedIn === null ? 'the block of its deployment' : `${deployedIn}`;
  const message = `gateway.startBlock is later than the deployment of the gateway: ${why}`;
  return new NodeError('GATEWAY_START_TOO_LATE', message, {
    hint:
      `Set gateway.startBlock to ${right} (an earlier one does as well), remove the database if ` +
      'there is one, and start again.',
    details: { deployedIn },
  });
}

/** What taking a block in shows of a past that is missing; null for any other failure. */
export function missingPast(error: unknown): NodeError | null {
  if (!(error instanceof NodeError) || error.code !== 'LEDGER_FLOOR') return null;
  const { account } = error.details;
  if (typeof account !== 'string' || !AT_GATEWAY.test(account)) return null;
  return startTooLate(`a block moves what the books never had (${error.message})`);
}
