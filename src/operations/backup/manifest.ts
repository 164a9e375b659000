import { z } from 'zod';
import { type Hash160, hash160 } from '../../base/hash.js';

/** Files of one backup. */
export const MAX_BACKUP_FILES = 10_000;
/** Of the manifest's text. */
export const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;

/** A path below the folder that is restored to, with slashes: no dots at the start of a part. */
const NAME =
  /^(?:[A-Za-z0-9_-][A-Za-z0-9._-]{0,127})(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}){0,2}$/;

export interface BackupFile {
  readonly name: string;
  readonly bytes: number;
}

/** What a backup says of itself, sealed with it. */
export interface BackupManifest {
  /** Version of the program that made it. */
  readonly program: string;
  /** Of the database. */
  readonly schema: number;
  readonly magic: number;
  readonly gateway: Hash160;
  /** The last block in the database; null where no node has run on it yet. */
  readonly height: number | null;
  /** Milliseconds since 1970, when the copy was begun. */
  readonly madeAtMs: number;
  /** The last entry of the audit log, as `dodona audit verify --expect` takes it. */
  readonly auditHead: string;
  readonly withKeys: boolean;
  /** In the order in which they follow. */
  readonly files: readonly BackupFile[];
}

const schema = z
  .strictObject({
    program: z.string().max(64),
    schema: z.int().min(0),
    magic: z.int().min(0),
    gateway: z.string().transform((text) => hash160(text)),
    height: z.int().min(-1).nullable(),
    madeAtMs: z.int(),
    auditHead: z.string().regex(/^\d{1,15}:[0-9a-f]{64}$/),
    withKeys: z.boolean(),
    files: z
      .array(z.strictObject({ name: z.string().regex(NAME), bytes: z.int().min(0) }))
      .max(MAX_BACKUP_FILES),
  })
  .refine(({ files }) => new Set(files.map(({ name }) => name)).size === files.length);

export const isBackupName = (name: string): boolean => NAME.test(name);

export const manifestText = (manifest: BackupManifest): Buffer =>
  Buffer.from(JSON.stringify(manifest));

/** Null where the text is no manifest. */
export function parseManifest(text: Buffer): BackupManifest | null {
  try {
    return schema.parse(JSON.parse(text.toString('utf8')));
  } catch {
    return null;
  }
}
