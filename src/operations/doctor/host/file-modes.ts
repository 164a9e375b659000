import { constants, existsSync, statSync } from 'node:fs';
import { openToOthers } from '../../../config/private-mode.js';
import { type Check, check, fail, ok, skipped } from '../finding.js';

/** Who may write it decides what the node does; nothing secret is in it. */
export const onlyOwnerWritesCheck = (name: string, path: string): Check =>
  check(
    name,
    () => {
      if (!existsSync(path)) return skipped('it is not there yet: the node makes it');
      const mode = statSync(path).mode;
      if ((mode & (constants.S_IWGRP | constants.S_IWOTH)) === 0) return ok(modeText(mode));
      return fail({
        expected: 'that only its owner may write to it',
        found: `mode ${modeText(mode)}: others may, too`,
        fix: `run: chmod go-w ${path}`,
      });
    },
    path,
  );

/** A file with something secret in it, which may not be there yet. */
export const ownerOnlyCheck = (name: string, path: string, absent: string): Check =>
  check(
    name,
    () => {
      if (!existsSync(path)) return skipped(absent);
      const stats = statSync(path);
      const open = openToOthers(path, stats);
      if (open === null) return ok(modeText(stats.mode));
      return fail({ expected: 'mode 0600, of this user', found: open.problem, fix: open.todo });
    },
    path,
  );

const modeText = (mode: number): string => (mode & 0o777).toString(8).padStart(4, '0');
