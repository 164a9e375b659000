import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { NodeError } from '../base/node-error.js';
import { DATABASE_FILE } from '../node/node-options.js';
import { nearestExisting } from '../storage/nearest-existing.js';

/** Effective user's number. */
export const ROOT = 0;
const USERS_FILE = '/etc/passwd';

/**
 * Refuses root where a storage directory, or the one that it would be made in, is another user's:
 * the node, which is that user, could not open what root made there. Whose the database is tells,
 * and without one, whose the directory is. Throws a NodeError RUN_AS_OWNER.
 * @param euid effective user of this process; undefined where a system has none.
 */
export function refuseRootIn(dir: string, euid = process.geteuid?.()): void {
  if (euid !== ROOT) return;
  const path = nearestExisting(join(dir, DATABASE_FILE));
  const { uid } = statSync(path);
  if (uid === ROOT) return;
  const user = nameOf(uid) ?? `'#${uid}'`;
  throw new NodeError(
    'RUN_AS_OWNER',
    `${path} belongs to user ${user}, and this runs as root: the node could not open what it makes`,
    { hint: `run it as that user: sudo -u ${user} dodona …` },
  );
}

/** Null where that file does not name the user: sudo takes the number, too. */
function nameOf(uid: number): string | null {
  if (!existsSync(USERS_FILE)) return null;
  const users = readFileSync(USERS_FILE, 'utf8').split('\n');
  const fields = users.map((line) => line.split(':'));
  return fields.find(([, , id]) => id === String(uid))?.[0] ?? null;
}
