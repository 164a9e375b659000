import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { NodeConfig } from '../../../config/node-config.js';
import { nearestExisting } from '../../../storage/nearest-existing.js';
import { type Check, check, fail, ok, warning } from '../finding.js';
import type { HostFacts } from './host-facts.js';
import { sizeText } from './size-text.js';

const MIB = 1_048_576;
/** Requests, ledger and SQLite's log, for a year of some requests a minute. */
const WORK_BYTES = 1_024 * MIB;
/** Below this, a busy hour fills it. */
const LEAST_BYTES = 256 * MIB;

type Free = Pick<HostFacts, 'freeBytes'>;

/** Room for the database, which holds the evidence, too, and for the copy that a backup makes. */
export const dataDiskCheck = (
  host: Free,
  { storage, evidence }: Pick<NodeConfig, 'storage' | 'evidence'>,
  databaseFile: string,
): Check =>
  check('host.disk-data', () => {
    const present = sizeOf(join(storage.dir, databaseFile));
    const toCome = evidence.keep ? Math.max(0, evidence.maxTotalBytes - present) : 0;
    const copy = present + toCome;
    return judge(host, storage.dir, {
      bytes: WORK_BYTES + toCome + copy,
      fix: 'Make room where storage.dir is, for a copy too (backup), or lower evidence.maxTotal.',
    });
  });

export const logDiskCheck = (host: Free, file: string, log: NodeConfig['log']): Check =>
  check('host.disk-log', () =>
    judge(host, dirname(file), {
      bytes: log.maxFileBytes * (log.maxFiles + 1),
      fix: 'Make room where log.file is, or lower log.maxFileSize and log.maxFiles.',
    }),
  );

function judge(host: Free, dir: string, wanted: { readonly bytes: number; readonly fix: string }) {
  const free = host.freeBytes(nearestExisting(dir));
  if (free >= wanted.bytes) return ok(`${sizeText(free)} free at ${dir}`);
  const trouble = {
    expected: `${sizeText(wanted.bytes)} free at ${dir}`,
    found: sizeText(free),
    fix: wanted.fix,
  };
  return free < Math.min(LEAST_BYTES, wanted.bytes) ? fail(trouble) : warning(trouble);
}

const sizeOf = (file: string): number => (existsSync(file) ? statSync(file).size : 0);
