import { rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import type { StoredBlob } from '../../src/evidence/evidence-store.js';
import { unpackBlob } from '../../src/evidence/pack-blob.js';
import { type Canary, filesBelow, type Trace, tracesIn, tracesInFile } from './canaries.js';
import type { World } from './world.js';

/** Written by this script: keys of the chain's accounts, and what commands read. */
const OWN_FILES = ['inputs', 'devnet'];
const SHOWN = 5;

/**
 * Looks for canaries in every file: databases with what is packed in them, their logs of writes,
 * backups, what restoring moved aside, key files, logs of the node, of commands and of neo-go.
 * Throws with where one is. First it plants some, which it must find.
 */
export async function findTraces(
  world: Pick<World, 'folder' | 'canaries' | 'metricsSeen'>,
): Promise<string> {
  const { folder, canaries } = world;
  const leftOut = OWN_FILES.map((name) => join(folder, name));
  checkSearch(folder, canaries, leftOut);
  const files = [
    ...filesBelow(folder, leftOut),
    // The devnet's folder has the accounts' keys; the chain and neo-go's logs are looked through.
    ...filesBelow(join(folder, 'devnet'), []).filter(isOfChain),
  ];
  const traces = files.flatMap((file) => tracesInFile(file, canaries));
  let blobs = 0;
  for (const file of files.filter((each) => each.endsWith('.sqlite'))) {
    for (const { requestId, bytes } of await blobsOf(file)) {
      blobs += 1;
      const where = `evidence of request ${requestId} in ${file}`;
      traces.push(...tracesIn(where, bytes, canaries));
    }
  }
  traces.push(...tracesIn('the metrics', world.metricsSeen(), canaries));
  if (traces.length > 0) throw new Error(told(traces));
  return `${files.length} files, ${blobs} packed bodies, metrics; planted ones were found`;
}

const isOfChain = (file: string): boolean =>
  /neo-go\.log/.test(basename(file)) || /\/chain\//.test(file);

/** Each canary in each form, planted in a file, must be found. */
function checkSearch(
  folder: string,
  canaries: readonly Canary[],
  leftOut: readonly string[],
): void {
  const file = join(folder, 'planted');
  for (const { name, value } of canaries) {
    for (const form of ['latin1', 'base64', 'hex'] as const) {
      const text = form === 'latin1' ? value : Buffer.from(value.toString(form));
      writeFileSync(file, Buffer.concat([Buffer.from('before '), text, Buffer.from(' after')]));
      const found = filesBelow(folder, leftOut)
        .filter((each) => each === file)
        .flatMap((each) => tracesInFile(each, canaries));
      if (!found.some(({ canary }) => canary === name)) {
        throw new Error(`bug: the search does not find ${name} in ${form}`);
      }
    }
  }
  rmSync(file);
}

async function blobsOf(file: string): Promise<{ requestId: number; bytes: Buffer }[]> {
  const db = new SqliteDatabase(file, { readonly: true });
  try {
    const rows = db
      .prepare('SELECT request_id AS requestId, coding, bytes, size FROM evidence_blob')
      .all() as (StoredBlob & { requestId: number })[];
    const unpacked = rows.map(async (row) => {
      return { requestId: row.requestId, bytes: (await unpackBlob(row)) ?? row.bytes };
    });
    return await Promise.all(unpacked);
  } finally {
    db.close();
  }
}

const told = (traces: readonly Trace[]): string =>
  traces
    .slice(0, SHOWN)
    .map(({ canary, where }) => `${canary} is in ${where}`)
    .join('; ');
