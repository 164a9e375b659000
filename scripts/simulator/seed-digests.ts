import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { FAULTS, type FaultName } from './faults.js';
import type { SeedResult } from './run-seed.js';
import { digestOf, type SeedsResult } from './run-seeds.js';

/** Seeds that one digest is of. */
export const BLOCK_SEEDS = 1_000;
/** Parts of a block with a digest of their own, to tell where histories part. */
export const PART_SEEDS = 100;
const PART_DIGEST_LENGTH = 16;

/** What a run of many seeds came to; it can be gone on with while the code stays the same. */
export interface SeedDigests {
  /** Of the code that ran, with the versions of what it runs on; others tell other histories. */
  readonly code: string;
  /** Where the run began. */
  readonly commit: string;
  readonly node: string;
  /** Of all blocks, while they ran. */
  readonly wallSeconds: number;
  readonly requests: number;
  readonly faults: Readonly<Record<FaultName, number>>;
  /** Seeds in which a promise did not hold. */
  readonly failed: readonly number[];
  /** In the order of their seeds, from 0 on. */
  readonly blocks: readonly BlockDigest[];
  /** Where blocks with seeds that failed were run again, once that was mended. */
  readonly mended?: { readonly commit: string; readonly blocks: readonly number[] };
}

export interface BlockDigest {
  readonly from: number;
  /** SHA-256, in hex, over the digests of its seeds. */
  readonly digest: string;
  /** The first digits of the same over each hundred seeds. */
  readonly parts: readonly string[];
}

export const noDigests = (of: Pick<SeedDigests, 'code' | 'commit' | 'node'>): SeedDigests => ({
  ...of,
  wallSeconds: 0,
  requests: 0,
  faults: Object.fromEntries(Object.keys(FAULTS).map((name) => [name, 0])) as SeedDigests['faults'],
  failed: [],
  blocks: [],
});

/** Null where there is no such file yet. */
export const readDigests = (file: string): SeedDigests | null =>
  existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as SeedDigests) : null;

/** A run that is killed leaves the file of the block before. */
export function writeDigests(file: string, digests: SeedDigests): void {
  writeFileSync(`${file}.new`, `${JSON.stringify(digests, null, 1)}\n`);
  renameSync(`${file}.new`, file);
}

/** With what the seeds of the next block came to. */
export function withBlock(
  digests: SeedDigests,
  { results, digest, faults }: SeedsResult,
  seconds: number,
): SeedDigests {
  const from = results[0]?.seed ?? 0;
  const failed = results.filter(({ failures }) => failures.length > 0).map(({ seed }) => seed);
  const names = Object.keys(digests.faults) as FaultName[];
  const sums = names.map((name) => [name, digests.faults[name] + faults[name]]);
  return {
    ...digests,
    wallSeconds: Math.round(digests.wallSeconds + seconds),
    requests: digests.requests + results.reduce((sum, each) => sum + each.requests, 0),
    faults: Object.fromEntries(sums) as SeedDigests['faults'],
    failed: [...digests.failed, ...failed],
    blocks: [...digests.blocks, { from, digest, parts: partsOf(results) }],
  };
}

/** Which blocks hold seeds that failed. */
export const failedBlocks = ({ failed }: SeedDigests): number[] => [
  ...new Set(failed.map((seed) => Math.floor(seed / BLOCK_SEEDS))),
];

/** With what the seeds of one block came to once more, by the code of that commit. */
export function withBlockAgain(
  digests: SeedDigests,
  block: number,
  { results, digest }: Pick<SeedsResult, 'results' | 'digest'>,
  commit: string,
): SeedDigests {
  const again = { from: block * BLOCK_SEEDS, digest, parts: partsOf(results) };
  const before = digests.mended?.commit === commit ? digests.mended.blocks : [];
  return {
    ...digests,
    blocks: digests.blocks.map((each, at) => (at === block ? again : each)),
    mended: { commit, blocks: [...new Set([...before, block])] },
  };
}

/** Of each hundred seeds. */
export const partsOf = (results: readonly SeedResult[]): string[] =>
  Array.from({ length: Math.ceil(results.length / PART_SEEDS) }, (_, at) =>
    digestOf(results.slice(at * PART_SEEDS, (at + 1) * PART_SEEDS)).slice(0, PART_DIGEST_LENGTH),
  );

/** The hundreds of seeds that a commit draws out of one block: the block's index, and theirs. */
export function drawParts(
  commit: string,
  blocks: number,
  count: number,
): { readonly block: number; readonly first: number } {
  const drawn = BigInt(`0x${commit}`);
  const places = BLOCK_SEEDS / PART_SEEDS - count + 1;
  return {
    block: Number(drawn % BigInt(blocks)),
    first: Number((drawn / BigInt(blocks)) % BigInt(places)),
  };
}
