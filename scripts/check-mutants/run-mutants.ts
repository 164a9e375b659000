import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Mutant } from './derive-mutants.js';
import type { Task } from './mutant-worker.js';

/** A mutant that makes the tests hang is found out too. */
const LIMIT_MS = 120_000;
/** Databases of tests are of no use after them: memory is faster than a disk. */
const MEMORY = '/dev/shm';
/** Each run leaves its modules behind in the memory of its process. */
const RUNS_PER_PROCESS = 15;
const COPIED = ['src', 'test', 'scripts', 'contracts', 'package.json', 'tsconfig.json'];

export interface MutantRun {
  readonly mutant: Mutant;
  /** Whether a test failed. */
  readonly isKilled: boolean;
}

export interface RunOptions {
  readonly root: string;
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
      if (await tester.fails(null)) throw new Error('the tests fail without a mutant too');
      for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
        const isKilled = await tester.fails(mutant);
        runs.push({ mutant, isKilled });
        options.onRun({ mutant, isKilled }, runs.length);
      }
    } finally {
      tester.close();
    }
  };
  await Promise.all(Array.from({ length: options.jobs }, work));
  return runs;
}

/** Runs the quick tests in a copy of the checkout. */
function createTester({ root, histories }: RunOptions) {
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

  return {
    /** Whether a test fails with the mutant, or with none. */
    async fails(mutant: Mutant | null): Promise<boolean> {
      const tested = child === null || runs >= RUNS_PER_PROCESS ? await begin() : child;
      runs += 1;
      const file = mutant?.file ?? 'package.json';
      const original = readFileSync(join(root, file), 'utf8');
      tested.send({ file, original, mutated: mutant?.source ?? original } satisfies Task);
      const failed = await answerOf(tested);
      // What hangs, or takes the process with it, is found out too.
      if (failed === null) child = null;
      return failed ?? true;
    },
    close(): void {
      child?.kill('SIGKILL');
      rmSync(copy, { recursive: true, force: true });
    },
  };
}

/** Null when no answer came in time, or the process ended. */
async function answerOf(child: ChildProcess): Promise<boolean | null> {
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, AbortSignal.timeout(LIMIT_MS)]);
  const answer = once(child, 'message', { signal }) as Promise<[{ failed: boolean }]>;
  const end = once(child, 'exit', { signal }).then(() => null);
  const first = await Promise.race([answer, end]).catch(() => null);
  over.abort();
  await Promise.allSettled([answer, end]);
  if (first === null) child.kill('SIGKILL');
  return first === null ? null : first[0].failed;
}

function copyOf(root: string): string {
  const copy = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'dodona-mutant-'));
  for (const name of COPIED) cpSync(join(root, name), join(copy, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}
