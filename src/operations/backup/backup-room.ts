import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { NodeError } from '../../base/node-error.js';
import type { Database } from '../../storage/database.js';
import { sizeText } from '../doctor/host/size-text.js';

/** Left to the node on the disk of the copy: its log grows by what it writes meanwhile. */
export const ROOM_FOR_NODE_BYTES = 256 * 1_048_576;

export interface RoomNeeds {
  readonly db: Database;
  readonly copyPath: string;
  readonly target: string;
  /** Of the files that are backed up beside the database. */
  readonly otherBytes: number;
  /** That a user may still write where this directory is. */
  freeBytes(existingDir: string): number;
}

/** A backup must not fill the disk that the node writes to. Throws a NodeError BACKUP_WRITE. */
export function refuseWithoutRoom(needs: RoomNeeds): void {
  const { db, copyPath, target, otherBytes } = needs;
  const dir = dirname(copyPath);
  const pages = Number(db.pragma('page_count', { simple: true }));
  const database = pages * Number(db.pragma('page_size', { simple: true }));
  const isOneDisk = statSync(dir).dev === statSync(dirname(target)).dev;
  const backup = isOneDisk ? database + otherBytes : 0;
  const needed = database + backup + ROOM_FOR_NODE_BYTES;
  const free = needs.freeBytes(dir);
  if (free >= needed) return;
  const parts = [
    `${sizeText(database)} for a copy of the database`,
    ...(isOneDisk ? [`${sizeText(backup)} for the backup, on the same disk`] : []),
    `${sizeText(ROOM_FOR_NODE_BYTES)} for the node meanwhile`,
  ];
  throw new NodeError(
    'BACKUP_WRITE',
    `${sizeText(free)} free at ${dir}, expected ${sizeText(needed)}: ${parts.join(', ')}`,
    {
      retryable: true,
      hint: isOneDisk
        ? 'make room there, or back up to another disk; nothing was left behind'
        : 'make room there; nothing was left behind',
    },
  );
}
