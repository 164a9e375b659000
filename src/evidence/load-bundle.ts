import { readBundle } from './bundle.js';
import type { BundleFile } from './bundle-file.js';
import type { EvidenceStore, StoredEvidence } from './evidence-store.js';
import { unpackBlob } from './pack-blob.js';

/** A request's bundle as the node's database has it. */
export type StoredBundle =
  | { readonly kind: 'none' }
  /** Its text was dropped: of the bundle only the hash is left. */
  | { readonly kind: 'dropped'; readonly hash: Buffer; readonly droppedMs: number }
  | { readonly kind: 'damaged'; readonly hash: Buffer; readonly problem: string }
  | {
      readonly kind: 'kept';
      readonly hash: Buffer;
      readonly file: Omit<BundleFile, 'claimedHash'>;
    };

/** Reads a request's bundle with its blobs unpacked. Whether it is whole is for who verifies it. */
export async function loadBundle(store: EvidenceStore, requestId: bigint): Promise<StoredBundle> {
  const stored = store.read(requestId);
  if (stored === null) return { kind: 'none' };
  const { hash, text, droppedMs } = stored;
  if (text === null) return { kind: 'dropped', hash, droppedMs: droppedMs ?? 0 };
  const bundle = readBundle(jsonOf(text));
  if (typeof bundle === 'string') return { kind: 'damaged', hash, problem: bundle };
  const blobs = await blobsOf(stored);
  const answeredIn = store.endedIn(requestId);
  return { kind: 'kept', hash, file: { bundle, text, blobs, answeredIn } };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function blobsOf({ blobs }: StoredEvidence): Promise<Map<string, Buffer>> {
  const unpacked = await Promise.all(
    blobs.map(async (blob) => [blob.sha256, await unpackBlob(blob)] as const),
  );
  return new Map(unpacked.flatMap(([hash, bytes]) => (bytes === null ? [] : [[hash, bytes]])));
}
