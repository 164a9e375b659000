import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { MakeTrouble } from '../troubles.js';

const PIECE = Buffer.alloc(64 * 1024, 1);
const SMALL = Buffer.alloc(512, 1);
/** How a full disk is told of. */
const TOLD = /ENOSPC|disk is full|disk full|SQLITE_FULL|no space left|STORAGE_FULL|DISK_FULL/i;

const CHECK_MS = 100;
/** What has room in the files that are there goes on for a while. */
const TOLD_WITHIN_MS = 60_000;

/** Fills the disk to the last byte; the node must say so, and go on when there is room again. */
export const fillDisk: MakeTrouble = async ({ disk, node }, random) => {
  const ballast = join(disk, 'ballast');
  const offset = node.logSize();
  const livesBefore = node.lives.length;
  const told = (): number => {
    const lines = node.logFrom(offset).split('\n');
    return lines.filter((line) => TOLD.test(line)).length;
  };
  const startMs = performance.now();
  const handle = openSync(ballast, 'w');
  try {
    const afterMs = random.between(3_000, 8_000);
    for (let toldMs = startMs + TOLD_WITHIN_MS; performance.now() < toldMs + afterMs; ) {
      // What the node frees, as when it shortens its log of writes, is taken too.
      fill(handle);
      if (told() > 0) toldMs = Math.min(toldMs, performance.now());
      await delay(CHECK_MS);
    }
  } finally {
    closeSync(handle);
    rmSync(ballast);
  }
  if (told() === 0) throw new Error('a full disk was not told of in the log');
  const seconds = (performance.now() - startMs) / 1_000;
  const restarts = node.lives.length - livesBefore;
  return `${seconds.toFixed(1)} s, told of ${told()} times, ${restarts} restarts`;
};

function fill(handle: number): void {
  for (const piece of [PIECE, SMALL]) {
    try {
      while (writeSync(handle, piece) === piece.length);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
}
