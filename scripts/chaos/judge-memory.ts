import type { Life } from './operator-node.js';

export interface MemoryVerdict {
  readonly ok: boolean;
  /** Of the process that lived longest, after its warm-up. */
  readonly slopeMbPerMinute: number;
  readonly minutes: number;
  readonly medianMb: number;
  readonly maxMb: number;
  /** Of the whole life, every 10 s. */
  readonly residentMb: readonly number[];
  readonly seen: string;
}

/** The first of a process's life is for compiled code and caches: it is not judged. */
const WARM_UP_MS = 60_000;
/** Less than that says nothing of a slope. */
const LEAST_MS = 60_000;
/** Samples are a second apart. */
const SHOWN_EVERY = 10;
export const MAX_SLOPE_MB_PER_MINUTE = 4;

/**
 * Whether memory is flat: the least-squares slope of the resident memory of the process that lived
 * longest, over its life after the warm-up. Too short a life is judged by nothing, and passes.
 */
export function judgeMemory(lives: readonly Pick<Life, 'memory' | 'startedMs'>[]): MemoryVerdict {
  const span = ({ memory }: Pick<Life, 'memory'>): number =>
    (memory.at(-1)?.atMs ?? 0) - (memory[0]?.atMs ?? 0);
  const [longest] = [...lives].sort((left, right) => span(right) - span(left));
  const from = (longest?.startedMs ?? 0) + WARM_UP_MS;
  const samples = (longest?.memory ?? []).filter(({ atMs }) => atMs >= from);
  const lastsMs = span({ memory: samples });
  const megabytes = samples.map(({ mb }) => mb).sort((left, right) => left - right);
  const slopeMbPerMinute = slopeOf(samples) * 60_000;
  const medianMb = megabytes[Math.floor(megabytes.length / 2)] ?? 0;
  const residentMb = (longest?.memory ?? [])
    .filter((_, at) => at % SHOWN_EVERY === 0)
    .map(({ mb }) => Math.round(mb));
  const facts = {
    residentMb,
    slopeMbPerMinute,
    minutes: lastsMs / 60_000,
    medianMb,
    maxMb: megabytes.at(-1) ?? 0,
  };
  if (lastsMs < LEAST_MS) {
    return { ...facts, ok: true, seen: 'no process lived long enough to tell' };
  }
  return {
    ...facts,
    ok: slopeMbPerMinute <= MAX_SLOPE_MB_PER_MINUTE,
    seen:
      `${slopeMbPerMinute.toFixed(2)} MB a minute over ${facts.minutes.toFixed(1)} min ` +
      `(at most ${MAX_SLOPE_MB_PER_MINUTE}), median ${medianMb.toFixed(0)} MB`,
  };
}

/** Least squares; 0 of less than two samples. */
function slopeOf(samples: readonly { readonly atMs: number; readonly mb: number }[]): number {
  if (samples.length < 2) return 0;
  const mean = (pick: (at: number) => number): number =>
    samples.reduce((sum, _, at) => sum + pick(at), 0) / samples.length;
  const timeMs = mean((at) => samples[at]?.atMs ?? 0);
  const mb = mean((at) => samples[at]?.mb ?? 0);
  const both = samples.reduce((sum, each) => sum + (each.atMs - timeMs) * (each.mb - mb), 0);
  const own = samples.reduce((sum, each) => sum + (each.atMs - timeMs) ** 2, 0);
  return own === 0 ? 0 : both / own;
}
