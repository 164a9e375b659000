import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Mutant } from './derive-mutants.js';
import { outcomeOf, type ProcessEnd, type ProcessLimits, startLimited } from './limited-process.js';
import type { Task, TestsRun } from './mutant-worker.js';
import { simulateIn } from './simulate-in.js';

/** Databases of tests are of no use after them: memory is faster than a disk. */
const MEMORY = '/dev/shm';
const FOLDERS = ['src', 'test', 'scripts', 'contracts', 'config'];
const COPIED = [...FOLDERS, 'package.json', 'package-lock.json', 'tsconfig.json'];
/** All quick tests together take a third of it; what takes more is a loop without an end. */
const QUICK_CPU_SECONDS = 45;
/** A seed takes less than half a second. */
const SEED_CPU_SECONDS = 2;
/** Building the simulator's process, and the longest of seeds. */
const SEEDS_CPU_SECONDS = 30;
const NODE_TESTS_CPU_SECONDS = 600;
/** Of the time that all take when nothing is changed: what waits for what never comes. */
const WALL_FACTOR = 10;
const LEAST_WALL_MS = 60_000;
/** The longest of the quick tests takes less than a tenth of it. */
const QUICK_TEST_TIMEOUT_MS = 20_000;
/** That of `npm test`. */
const NODE_TEST_TIMEOUT_MS = 60_000;
const NO_LIMIT_MS = 3_600_000;

/** What a mutant was found out by. */
export type KilledBy = 'tests' | 'simulator' | 'tests on a node' | 'time';

export interface Verdict {
  /** Null when it lived. */
  readonly killedBy: KilledBy | null;
  /** The test that failed first, or what the simulator found. */
  readonly what: string;
}

/** What one run says; `isSure` when another run of the same would say it too. */
type Finding = Verdict & { readonly isSure: boolean };

export interface JudgeOptions {
  readonly root: string;
  /** The tests that must notice a mutant, group after group; of null, all of any mutant. */
  readonly testsOf: (mutant: Mutant | null) => readonly (readonly string[])[];
  /** Seeds of the simulator, from 0 on, for what the tests do not notice. */
  readonly seeds: number;
  /** Tests that start a blockchain node, for what the seeds do not notice either. */
  readonly nodeTestsOf?: (mutant: Mutant | null) => readonly string[];
  /** Random histories that each mutant is put to. */
  readonly histories: number;
}

export interface MutantJudge {
  judge(mutant: Mutant): Promise<Verdict>;
  close(): void;
}

const LIVED: Finding = { killedBy: null, what: '', isSure: true };

/** One way to find a mutant out; of null, that it finds nothing in what is not changed. */
type Stage = (mutant: Mutant | null, wallMs: number) => Promise<Finding>;

/**
 * Runs tests and simulator in a copy of the checkout, first with nothing changed: that they hold
 * then, and what they take, is what mutants are judged by. On a busy machine what is right comes
 * late too, so what was only late, or ended the process, must be so twice to count.
 */
export function createJudge(options: JudgeOptions): MutantJudge {
  const { root } = options;
  const copy = copyOf(root);
  const stages = stagesIn(copy, options).map((stage) => ({ stage, wallMs: 0 }));

  async function judge(mutant: Mutant): Promise<Verdict> {
    for (const each of stages) {
      each.wallMs ||= await wallMsOf(each.stage);
      const first = await run(each.stage, mutant, each.wallMs);
      const { killedBy, what } = first.isSure ? first : await run(each.stage, mutant, each.wallMs);
      if (killedBy !== null) return { killedBy, what };
    }
    return { killedBy: null, what: '' };
  }

  async function run(stage: Stage, mutant: Mutant, wallMs: number): Promise<Finding> {
    const place = join(copy, mutant.file);
    writeFileSync(place, mutant.source);
    try {
      return await stage(mutant, wallMs);
    } finally {
      copyFileSync(join(root, mutant.file), place);
    }
  }

  return { judge, close: () => rmSync(copy, { recursive: true, force: true }) };
}

/** How long a mutant may take in a stage. */
async function wallMsOf(stage: Stage): Promise<number> {
  const startedMs = performance.now();
  const { killedBy, what } = await stage(null, NO_LIMIT_MS);
  if (killedBy !== null) throw new Error(`${killedBy} fail without a mutant too: ${what}`);
  return Math.max(LEAST_WALL_MS, WALL_FACTOR * (performance.now() - startedMs));
}

function stagesIn(copy: string, { seeds, testsOf, nodeTestsOf, histories }: JudgeOptions): Stage[] {
  const quick: Stage = (mutant, wallMs) => {
    const limits = { cpuSeconds: QUICK_CPU_SECONDS, wallMs };
    const task = { groups: testsOf(mutant), testTimeoutMs: QUICK_TEST_TIMEOUT_MS, onNode: false };
    return byTests(copy, 'tests', task, histories, limits);
  };
  const simulator: Stage = (_, wallMs) => {
    const cpuSeconds = SEEDS_CPU_SECONDS + SEED_CPU_SECONDS * seeds;
    return bySimulator(copy, seeds, { cpuSeconds, wallMs });
  };
  const onNode: Stage = async (mutant, wallMs) => {
    const limits = { cpuSeconds: NODE_TESTS_CPU_SECONDS, wallMs };
    const groups = (nodeTestsOf?.(mutant) ?? []).map((test) => [test]);
    if (groups.length === 0) return LIVED;
    const task = { groups, testTimeoutMs: NODE_TEST_TIMEOUT_MS, onNode: true };
    const finding = await byTests(copy, 'tests on a node', task, histories, limits);
    // Such a test has its own limits of time for what it waits for.
    return { ...finding, isSure: finding.killedBy === null };
  };
  return [quick, ...(seeds > 0 ? [simulator] : []), ...(nodeTestsOf ? [onNode] : [])];
}

async function byTests(
  copy: string,
  by: KilledBy,
  task: Task,
  histories: number,
  limits: ProcessLimits,
): Promise<Finding> {
  const worker = join(copy, 'scripts', 'check-mutants', 'mutant-worker.ts');
  const env = {
    ...process.env,
    TMPDIR: copy,
    DODONA_HISTORIES: String(histories),
    // The same histories for each mutant: what kills it today kills it tomorrow.
    DODONA_HISTORIES_SEED: '1',
  };
  const child = startLimited(['--import', 'tsx', worker, copy], limits, { cwd: copy, env });
  const outcome = await outcomeOf<TestsRun>(child, limits, (resolve) => {
    child.once('message', () => {
      child.once('message', resolve);
      child.send(task);
    });
  });
  if ('end' in outcome) return withoutAnswer(by, outcome.end, `the ${by}`);
  const { failure } = outcome.answer;
  if (failure === null) return LIVED;
  return { killedBy: by, what: failure.what, isSure: !failure.isLate };
}

async function bySimulator(copy: string, seeds: number, limits: ProcessLimits): Promise<Finding> {
  const { seed, outcome } = await simulateIn(copy, seeds, limits);
  if ('end' in outcome) return withoutAnswer('simulator', outcome.end, `seed ${seed}`);
  if (outcome.answer === null) return LIVED;
  return { killedBy: 'simulator', what: `seed ${seed}: ${outcome.answer}`, isSure: true };
}

function withoutAnswer(by: KilledBy, end: ProcessEnd, what: string): Finding {
  if (end === 'exit') return { killedBy: by, what: `${what}: the process ended`, isSure: false };
  const time = end === 'cpu' ? 'processor time' : 'time';
  return { killedBy: 'time', what: `${what}: out of ${time}`, isSure: end === 'cpu' };
}

function copyOf(root: string): string {
  const copy = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'dodona-mutant-'));
  for (const name of COPIED) cpSync(join(root, name), join(copy, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}
