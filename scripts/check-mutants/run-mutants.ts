import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Mutant } from './derive-mutants.js';
import type { Task, TestsRun } from './mutant-worker.js';
import { simulateIn } from './simulate-in.js';

/** A mutant that makes the tests hang is found out too. */
const LIMIT_MS = 180_000;
/** Databases of tests are of no use after them: memory is faster than a disk. */
const MEMORY = '/dev/shm';
/** Each run leaves its modules behind in the memory of its process. */
const RUNS_PER_PROCESS = 15;
const FOLDERS = ['src', 'test', 'scripts', 'contracts'];
const COPIED = [...FOLDERS, 'package.json', 'package-lock.json', 'tsconfig.json'];

/** What a mutant was found out by. */
export type KilledBy = 'tests' | 'simulator' | 'time';

export interface Verdict {
  /** Null when it lived. */
  readonly killedBy: KilledBy | null;
  /** The test that failed first, or what the simulator found. */
  readonly what: string;
}

export interface MutantRun extends Verdict {
  readonly mutant: Mutant;
}

export interface RunOptions {
  readonly root: string;
  /** The tests that must notice a mutant; of null all that any must be noticed by. */
  readonly testsOf: (mutant: Mutant | null) => readonly string[];
  /** Seeds of the simulator, from 0 on, for what the tests do not notice. */
  readonly seeds: number;
  /** Random histories that each mutant is put to. */
  readonly histories: number;
  /** Copies of the checkout that are worked in at once. */
  readonly jobs: number;
  readonly onRun: (run: MutantRun, done: number) => void;
}

/** Puts mutants, each alone, in the place of their sources in a copy of the checkout, and tests. */
export async function runMutants(
  mutants: readonly Mutant[],
  options: RunOptions,
): Promise<MutantRun[]> {
  const runs: MutantRun[] = [];
  const waiting = [...mutants];
  const work = async (): Promise<void> => {
    const tester = createTester(options);
    try {
      const { killedBy, what } = await tester.judge(null);
      if (killedBy !== null) throw new Error(`${killedBy} fail without a mutant too: ${what}`);
      for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
        const run = { mutant, ...(await tester.judge(mutant)) };
        runs.push(run);
        options.onRun(run, runs.length);
      }
    } finally {
      tester.close();
    }
  };
  await Promise.all(Array.from({ length: options.jobs }, work));
  return runs;
}

/** Runs tests and simulator in a copy of the checkout. */
function createTester({ root, histories, seeds, testsOf }: RunOptions) {
  const copy = copyOf(root);
  let child: ChildProcess | null = null;
  let runs = 0;

  async function begin(): Promise<ChildProcess> {
    child?.kill('SIGKILL');
    runs = 0;
    child = fork(join(copy, 'scripts', 'check-mutants', 'mutant-worker.ts'), [copy], {
      cwd: copy,
      execArgv: ['--import', 'tsx'],
      env: {
        ...process.env,
        TMPDIR: copy,
        DODONA_HISTORIES: String(histories),
        // The same histories for each mutant: what kills it today kills it tomorrow.
        DODONA_HISTORIES_SEED: '1',
      },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    await once(child, 'message');
    return child;
  }

  async function byTests(mutant: Mutant | null): Promise<Verdict> {
    const tested = child === null || runs >= RUNS_PER_PROCESS ? await begin() : child;
    runs += 1;
    const file = mutant?.file ?? 'package.json';
    const original = readFileSync(join(root, file), 'utf8');
    const mutated = mutant?.source ?? original;
    tested.send({ file, original, mutated, tests: testsOf(mutant) } satisfies Task);
    const answer = await answerOf(tested);
    if (typeof answer !== 'string') {
      return { killedBy: answer.failure === null ? null : 'tests', what: answer.failure ?? '' };
    }
    // What hangs, or takes the process with it, is found out too.
    child = null;
    return { killedBy: answer === 'late' ? 'time' : 'tests', what: `the tests: ${answer}` };
  }

  async function bySimulator(mutant: Mutant | null): Promise<Verdict> {
    if (mutant !== null) writeFileSync(join(copy, mutant.file), mutant.source);
    try {
      return await simulateIn(copy, seeds);
    } finally {
      if (mutant !== null) cpSync(join(root, mutant.file), join(copy, mutant.file));
    }
  }

  return {
    /** What comes of a mutant, or of none. */
    async judge(mutant: Mutant | null): Promise<Verdict> {
      const verdict = await byTests(mutant);
      return verdict.killedBy === null && seeds > 0 ? await bySimulator(mutant) : verdict;
    },
    close(): void {
      child?.kill('SIGKILL');
      rmSync(copy, { recursive: true, force: true });
    },
  };
}

async function answerOf(child: ChildProcess): Promise<TestsRun | 'late' | 'the process ended'> {
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, AbortSignal.timeout(LIMIT_MS)]);
  const answer = once(child, 'message', { signal }) as Promise<[TestsRun]>;
  const end = once(child, 'exit', { signal }).then(() => 'the process ended' as const);
  const first = await Promise.race([answer, end]).catch(() => 'late' as const);
  over.abort();
  await Promise.allSettled([answer, end]);
  if (typeof first !== 'string') return first[0];
  child.kill('SIGKILL');
  return first;
}

function copyOf(root: string): string {
  const copy = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'dodona-mutant-'));
  for (const name of COPIED) cpSync(join(root, name), join(copy, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}
