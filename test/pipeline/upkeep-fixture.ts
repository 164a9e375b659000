import { nextOccurrence } from '../../src/automation/occurrences.js';
import { readTrigger } from '../../src/automation/trigger.js';
import type { UpkeepChange, UpkeepRow } from '../../src/automation/upkeep-store.js';
import { hash160 } from '../../src/base/hash.js';
import { inTransaction } from '../../src/storage/database.js';
import { hashOf, REQUESTER, type Stages } from './stage-fixture.js';

export const TARGET = hash160(`0x${'7e'.repeat(20)}`);
export const MINUTE_MS = 60_000;
/** Block 10 is a minute before the chain's eleventh. */
export const REGISTERED = { block: 10, timeMs: 10 * MINUTE_MS };

/** An upkeep that waits for its first occurrence. */
export function addUpkeep(
  { db, upkeeps }: Stages,
  id: bigint,
  triggerText: string,
  target = TARGET,
): void {
  const read = readTrigger(triggerText);
  if (read.kind !== 'trigger') throw new Error(`bug: ${triggerText}: ${read.reason}`);
  const { trigger } = read;
  const who = { id, owner: REQUESTER, target, method: 'tick', maxFee: 10_000n };
  const place = { registered: REGISTERED, registeredTx: hashOf(1) };
  const next = nextOccurrence(trigger, { registered: REGISTERED, lastDue: null });
  inTransaction(db, () => upkeeps.add({ ...who, ...place, triggerText, trigger }, 'new', next));
}

/** What else is known of it, as earlier steps would have left it. */
export const noteUpkeep = ({ db, upkeeps }: Stages, id: bigint, change: Partial<UpkeepChange>) =>
  inTransaction(db, () => upkeeps.note(id, { reason: 'noted', ...change }));

export function upkeepOf({ upkeeps }: Stages, id: bigint): UpkeepRow {
  const row = upkeeps.get(id);
  if (row === null) throw new Error(`no upkeep ${id}`);
  return row;
}
