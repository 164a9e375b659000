import { fromHex, toHex } from '../base/bytes.js';
import { assertInTransaction, type Database } from '../storage/database.js';
import type { SealedBundle } from './seal-bundle.js';

/** Below it packing gains less than it costs. */
export const MIN_PACKED_BYTES = 1_024;

export type BlobCoding = 'plain' | 'brotli' | 'small';

export interface StoredBlob {
  readonly sha256: string;
  /** Bytes before packing. */
  readonly size: number;
  readonly coding: BlobCoding;
  readonly bytes: Buffer;
}

export interface StoredEvidence {
  readonly requestId: bigint;
  readonly atMs: number;
  /** SHA-256 of the bundle's text, also when that was dropped. */
  readonly hash: Buffer;
  /** Null once it was dropped. */
  readonly text: string | null;
  readonly droppedMs: number | null;
  readonly blobs: readonly StoredBlob[];
}

export interface EvidenceTotal {
  readonly bundles: number;
  /** Of texts and blobs as they are stored, without what SQLite adds. */
  readonly bytes: number;
  readonly oldestMs: number | null;
}

/** A blob that is still as it came. */
export interface UnpackedBlob {
  readonly id: bigint;
  readonly bytes: Buffer;
}

export type EvidenceStore = ReturnType<typeof createEvidenceStore>;

/** The one writer of evidence. Writing happens inside a step's transaction. */
export function createEvidenceStore(db: Database) {
  return { ...createKeeping(db), ...createReading(db), ...createTidying(db) };
}

/** Reads the lines that a request's function logged; none where its bundle was not kept. */
export function createLogReader(db: Database): (requestId: bigint) => string[] {
  const logsOf = db.prepare(`SELECT json_extract(bundle, '$.logs') AS logs FROM evidence
    WHERE request_id = ? AND json_valid(bundle)`);
  return (requestId) => {
    const row = logsOf.get(requestId) as { logs: string | null } | undefined;
    return JSON.parse(row?.logs ?? '[]');
  };
}

function createKeeping(db: Database) {
  const deleteBlobs = db.prepare('DELETE FROM evidence_blob WHERE request_id = ?');
  const clear = db.prepare(
    'UPDATE evidence SET bundle = NULL, dropped_ms = 0 WHERE request_id = ?',
  );
  const remove = db.prepare('DELETE FROM evidence WHERE request_id = ?');
  const insert = db.prepare(`INSERT INTO evidence (request_id, at_ms, hash, bundle)
    VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`);
  const insertBlob = db.prepare(`INSERT INTO evidence_blob
    (request_id, sha256, size, coding, bytes) VALUES (?, ?, ?, ?, ?)`);
  return {
    /** Keeps a request's bundle, in the place of one that it may have. */
    add(requestId: bigint, { hash, text, blobs }: SealedBundle, atMs: number): void {
      assertInTransaction(db);
      const row = [requestId, Math.round(atMs), hash, text];
      if (insert.run(...row).changes === 0) {
        clear.run(requestId);
        deleteBlobs.run(requestId);
        remove.run(requestId);
        insert.run(...row);
      }
      for (const [sha256, bytes] of blobs) {
        const coding = bytes.length < MIN_PACKED_BYTES ? 'small' : 'plain';
        insertBlob.run(requestId, fromHex(sha256), bytes.length, coding, bytes);
      }
    },
  };
}

function createReading(db: Database) {
  const byRequest = db.prepare('SELECT * FROM evidence WHERE request_id = ?');
  const blobsOf = db.prepare(`SELECT sha256, size, coding, bytes FROM evidence_blob
    WHERE request_id = ? ORDER BY id`);
  const endOf = db.prepare('SELECT ended_tx, ended_block FROM request WHERE id = ?');
  const total = db.prepare('SELECT bundles, bytes FROM evidence_total');
  const oldest = db.prepare('SELECT MIN(at_ms) AS at FROM evidence WHERE bundle IS NOT NULL');
  return {
    /** Null for a request of which none was ever kept. */
    read(requestId: bigint): StoredEvidence | null {
      const row = byRequest.get(requestId) as Row | undefined;
      if (row === undefined) return null;
      return {
        requestId,
        atMs: Number(row.at_ms),
        hash: row.hash as Buffer,
        text: row.bundle as string | null,
        droppedMs: row.dropped_ms === null ? null : Number(row.dropped_ms),
        blobs: (blobsOf.all(requestId) as Row[]).map((blob) => ({
          sha256: toHex(blob.sha256 as Buffer),
          size: Number(blob.size),
          coding: blob.coding as BlobCoding,
          bytes: blob.bytes as Buffer,
        })),
      };
    },

    /** The transaction in which a request ended, as far as the node knows by now. */
    endedIn(requestId: bigint): { tx: string; block: number | null } | null {
      const row = endOf.get(requestId) as Row | undefined;
      if (row === undefined || row.ended_tx === null) return null;
      const block = row.ended_block === null ? null : Number(row.ended_block);
      return { tx: row.ended_tx as string, block };
    },

    total(): EvidenceTotal {
      const row = total.get() as { bundles: bigint; bytes: bigint };
      const { at } = oldest.get() as { at: bigint | null };
      return {
        bundles: Number(row.bundles),
        bytes: Number(row.bytes),
        oldestMs: at === null ? null : Number(at),
      };
    },
  };
}

function createTidying(db: Database) {
  const deleteBlobs = db.prepare('DELETE FROM evidence_blob WHERE request_id = ?');
  const drop = db.prepare('UPDATE evidence SET bundle = NULL, dropped_ms = ? WHERE request_id = ?');
  const oldestFirst = db.prepare(`SELECT e.request_id, e.at_ms, octet_length(e.bundle) +
      (SELECT COALESCE(SUM(length(b.bytes)), 0) FROM evidence_blob AS b
        WHERE b.request_id = e.request_id) AS bytes
    FROM evidence AS e WHERE e.bundle IS NOT NULL ORDER BY e.at_ms LIMIT ? + 0`);
  const unpacked = db.prepare(
    `SELECT id, bytes FROM evidence_blob WHERE coding = 'plain' ORDER BY id LIMIT ? + 0`,
  );
  const pack = db.prepare(
    `UPDATE evidence_blob SET coding = ?, bytes = ? WHERE id = ? AND coding = 'plain'`,
  );
  return {
    /** Those that would be dropped first, with what each takes. */
    oldest(limit: number): { requestId: bigint; atMs: number; bytes: number }[] {
      return (oldestFirst.all(limit) as Row[]).map((row) => ({
        requestId: row.request_id as bigint,
        atMs: Number(row.at_ms),
        bytes: Number(row.bytes),
      }));
    },

    /** Drops a bundle; its hash stays. */
    drop(requestId: bigint, nowMs: number): void {
      assertInTransaction(db);
      deleteBlobs.run(requestId);
      drop.run(Math.round(nowMs), requestId);
    },

    unpacked: (limit: number): UnpackedBlob[] => unpacked.all(limit) as UnpackedBlob[],

    /** False where the blob was dropped meanwhile. */
    pack(id: bigint, coding: BlobCoding, bytes: Buffer): boolean {
      assertInTransaction(db);
      return pack.run(coding, bytes, id).changes > 0;
    },
  };
}

type Row = Record<string, bigint | string | Buffer | null>;
