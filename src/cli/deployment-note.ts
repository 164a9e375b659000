import { type Hash160, hash160ToAddress } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import type { CommandContext } from './command-context.js';
import type { OpenNetwork } from './open-network.js';
import type { createNoteIn } from './sent-note.js';

export type DeploymentNote = ReturnType<typeof createNoteIn>;

/** How a line of the command is told. */
type Tell = (label: string, text: string) => void;

/**
 * Beside the owner's wallet: the deployment that was sent last and whose end nobody has seen.
 * Throws a NodeError DEPLOYMENT_NOTE where it cannot be read or written; nothing is sent then.
 */
export async function openDeploymentNote(
  wallet: string,
  magic: number,
  owner: Hash160,
): Promise<DeploymentNote> {
  const { createNoteIn } = await import('./sent-note.js');
  return createNoteIn(`${wallet}.deployment-${magic}-${hash160ToAddress(owner)}.json`, {
    code: 'DEPLOYMENT_NOTE',
    what: 'the note of a deployment',
    setting: '--wallet',
  });
}

/** Waits for what an earlier run sent: its like would be paid as well, and FAULT. */
export async function settleNote(
  { clock }: Pick<CommandContext, 'clock'>,
  open: OpenNetwork,
  note: DeploymentNote,
  tell: Tell,
): Promise<void> {
  const noted = note.read();
  if (noted === null) return;
  tell('earlier', `${noted.tx}, valid up to block ${noted.validUntilBlock}: waiting`);
  const { waitingOn } = await import('./rotation-desk.js');
  const settled = await note.settle(waitingOn(open, clock));
  const block = settled?.block ?? null;
  tell('earlier', block === null ? 'it did nothing' : `it is in block ${block}`);
}

/** For a run that sends nothing. */
export function tellOfNote(note: DeploymentNote, tell: Tell): void {
  const noted = note.read();
  if (noted === null) return;
  tell('earlier', `${noted.tx}, valid up to block ${noted.validUntilBlock}`);
}

/** These say that what was noted has ended, or was never taken. */
const ENDS = ['ORDER_REFUSED', 'TRANSACTION_FAULTED', 'TRANSACTION_DEAD'];

/** Does it, and forgets what it noted once its end is known. */
export async function forgetEnded<T>(note: DeploymentNote, send: () => Promise<T>): Promise<T> {
  try {
    const result = await send();
    note.forget();
    return result;
  } catch (error) {
    if (error instanceof NodeError && ENDS.includes(error.code)) note.forget();
    throw error;
  }
}
