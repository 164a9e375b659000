import { constants, lstatSync } from 'node:fs';
import { messageOf } from '../base/node-error.js';
import type { OpenToOthers } from './private-mode.js';

const ROOT = 0;

/**
 * What is wrong with the directory of a Unix socket, which must belong to `ownedBy` (or to root)
 * and be for nobody else to write to: who can write there can put another socket in its place. Null
 * when nothing is. A symbolic link is refused, since what it leads to can be changed.
 */
export function socketDirTrouble(
  dir: string,
  { ownedBy }: { readonly ownedBy: number },
): OpenToOthers | null {
  try {
    const stats = lstatSync(dir);
    if (!stats.isDirectory()) {
      return { problem: `${dir} is no directory`, todo: `make it one: mkdir -m 700 ${dir}` };
    }
    if (stats.uid !== ownedBy && stats.uid !== ROOT) {
      const problem = `${dir} belongs to user ${stats.uid}, not to ${ownedBy}, the signer's`;
      return { problem, todo: `run: chown ${ownedBy} ${dir}` };
    }
    if ((stats.mode & (constants.S_IWGRP | constants.S_IWOTH)) === 0) return null;
    const octal = (stats.mode & 0o777).toString(8).padStart(4, '0');
    const problem = `${dir} has mode ${octal}: others may put another socket there`;
    return { problem, todo: `run: chmod go-w ${dir}` };
  } catch (error) {
    return { problem: messageOf(error), todo: `make the directory: mkdir -m 700 ${dir}` };
  }
}
