import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toHex } from '../base/bytes.js';
import { messageOf, NodeError } from '../base/node-error.js';
import type { NodeConfig } from '../config/node-config.js';
import { type BundleFile, MAX_BUNDLE_FILE_BYTES, readBundleFile } from '../evidence/bundle-file.js';
import { timeText } from './human-time.js';

/** A bundle in the node's database. */
export interface RecordedBundle {
  /** Hex, from the node's record; it is there also when the bundle was dropped. */
  readonly hash: string;
  readonly file: Omit<BundleFile, 'claimedHash'> | null;
  /** Why there is no file. */
  readonly problem: string;
  readonly isDamaged: boolean;
}

/**
 * Reads what the node keeps of a request's evidence, whether the node runs or not; null where it
 * never kept any. Throws a NodeError DB_OPEN, DB_NEWER_SCHEMA.
 */
export async function readRecordedBundle(
  config: Pick<NodeConfig, 'storage'>,
  requestId: bigint,
): Promise<RecordedBundle | null> {
  const { openDatabaseReadOnly } = await import('../storage/database.js');
  const { DATABASE_FILE } = await import('../node/node-options.js');
  const { createEvidenceStore } = await import('../evidence/evidence-store.js');
  const { loadBundle } = await import('../evidence/load-bundle.js');
  const db = openDatabaseReadOnly(join(config.storage.dir, DATABASE_FILE));
  try {
    const found = await loadBundle(createEvidenceStore(db), requestId);
    if (found.kind === 'none') return null;
    const hash = toHex(found.hash);
    if (found.kind === 'kept') return { hash, file: found.file, problem: '', isDamaged: false };
    const isDamaged = found.kind === 'damaged';
    const problem =
      found.kind === 'dropped'
        ? `it was dropped on ${timeText(found.droppedMs)}, by evidence.maxAge or evidence.maxTotal`
        : `it was changed in the database (${found.problem})`;
    return { hash, file: null, problem, isDamaged };
  } finally {
    db.close();
  }
}

/** The bundle of a request; throws a NodeError EVIDENCE_NONE or EVIDENCE_DAMAGED without one. */
export async function requireRecordedBundle(config: NodeConfig, requestId: bigint) {
  const recorded = await readRecordedBundle(config, requestId);
  if (recorded?.file) return { hash: recorded.hash, file: recorded.file };
  const message = `no bundle of request ${requestId} here`;
  if (recorded?.isDamaged === true) {
    throw new NodeError('EVIDENCE_DAMAGED', `${message}: ${recorded.problem}`, {
      hint: 'take a copy that was exported before, and hold it against this record by --bundle',
    });
  }
  throw new NodeError('EVIDENCE_NONE', `${message}: ${recorded?.problem ?? 'none was ever kept'}`, {
    hint: 'one is kept from when the answer was found; see evidence.* in the configuration',
  });
}

/** Reads an exported bundle. Throws a NodeError EVIDENCE_FILE. */
export function openBundleFile(path: string): BundleFile {
  try {
    const { size } = statSync(path);
    if (size > MAX_BUNDLE_FILE_BYTES) {
      throw new RangeError(`it has ${size} bytes, at most ${MAX_BUNDLE_FILE_BYTES} are read`);
    }
    return readBundleFile(readFileSync(path, 'utf8'));
  } catch (cause) {
    if (cause instanceof NodeError) throw cause;
    throw new NodeError('EVIDENCE_FILE', `cannot read ${path}: ${messageOf(cause)}`, {
      hint: 'give a file that `dodona evidence export` wrote',
    });
  }
}

/** Writes a new file, for its owner only: what sources sent may not be for everybody. */
export function writeBundle(path: string, text: string): void {
  try {
    writeFileSync(path, text, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    throw new NodeError('EVIDENCE_FILE', `cannot write ${path}: ${messageOf(cause)}`, {
      hint: 'name a new file in a directory that you may write to',
    });
  }
}
