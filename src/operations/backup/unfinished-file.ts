import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { toHex } from '../../base/bytes.js';
import type { RandomBytes } from '../../base/sealed-box.js';
import { cannotWrite } from './backup-errors.js';
import { syncDirectory } from './whole-file.js';

const SUFFIX_BYTES = 8;
/** Nothing else is ever removed, whatever a note says. */
const PARTIAL = /\.[0-9a-f]{16}\.partial$/;

/**
 * A new name, nobody else's, for what is going to be `target`, noted down on disk before there is
 * such a file: so a later run can remove it when this one is killed. Throws BACKUP_WRITE.
 */
export function notePartial(noteFile: string, target: string, random: RandomBytes): string {
  const partial = `${resolve(target)}.${toHex(random(SUFFIX_BYTES))}.partial`;
  try {
    const opened = openSync(noteFile, 'w', 0o600);
    try {
      writeSync(opened, partial);
      fsyncSync(opened);
    } finally {
      closeSync(opened);
    }
    syncDirectory(dirname(noteFile));
  } catch (cause) {
    throw cannotWrite(noteFile, cause);
  }
  return partial;
}

/** Removes what is noted, and the note. One that cannot be removed any more holds nobody up. */
export function removeNoted(noteFile: string): void {
  if (!existsSync(noteFile)) return;
  const partial = readFileSync(noteFile, 'utf8');
  try {
    if (PARTIAL.test(partial)) rmSync(partial, { force: true });
  } catch {
    // Its directory went out of reach: the next backup matters more.
  }
  rmSync(noteFile, { force: true });
}
