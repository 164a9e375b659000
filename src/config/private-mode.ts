import { type BigIntStats, constants, type Stats } from 'node:fs';

/** What the group and everybody else may do with a file. */
const OTHERS_MASK = 0o077;
const ROOT = 0;
/** As systemd hands a credential to a service where its file system knows access lists. */
const CREDENTIAL_MODE = 0o440;

/** Why a file is not for its owner alone, and what to do about it. */
export interface OpenToOthers {
  readonly problem: string;
  readonly todo: string;
}

/**
 * What is wrong with the mode (0600 or stricter) or the owner (this user, or root) of a file with
 * something secret in it; null when nothing is. Asked of the open file, so that nobody can swap it
 * between the check and the reading. Root's own file that root's group may read (0440) is taken: so
 * systemd makes those of LoadCredential=, and lets the service in by an access list.
 */
export function openToOthers(path: string, stats: Stats | BigIntStats): OpenToOthers | null {
  const [mode, owner] = [Number(stats.mode), Number(stats.uid)];
  const isRoots = owner === ROOT && Number(stats.gid) === ROOT;
  if (isRoots && (mode & 0o777) === CREDENTIAL_MODE) return null;
  if ((mode & OTHERS_MASK) !== 0) {
    const octal = (mode & 0o777).toString(8).padStart(4, '0');
    const canWrite = (mode & (constants.S_IWGRP | constants.S_IWOTH)) !== 0;
    const what = canWrite ? 'read or write' : 'read';
    const problem = `${path} has mode ${octal}: others may ${what} it`;
    return { problem, todo: `run: chmod 600 ${path}` };
  }
  const user = process.geteuid?.() ?? owner;
  if (owner === user || owner === ROOT) return null;
  const problem = `${path} belongs to user ${owner}, and this runs as user ${user}`;
  return { problem, todo: `run as that user, or: chown ${user} ${path}` };
}
