import { type ChildProcess, spawn } from 'node:child_process';

/** What a process may use before it is taken for one that never ends. */
export interface ProcessLimits {
  /** Of the processor, as `ulimit -t` counts it: how busy the machine is does not matter. */
  readonly cpuSeconds: number;
  readonly wallMs: number;
}

/** What a process answered, or how it came to its end without an answer. */
export type Outcome<T> = { readonly answer: T } | { readonly end: ProcessEnd };

/** `cpu` and `wall`: it was over that limit. */
export type ProcessEnd = 'cpu' | 'wall' | 'exit';

const LIMITED = 'ulimit -t "$1" && shift && exec "$@"';

/** A process of Node that gives and takes messages, has no output, and is ended at its limits. */
export function startLimited(
  args: readonly string[],
  { cpuSeconds }: ProcessLimits,
  { cwd, env }: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv },
): ChildProcess {
  const command = ['-c', LIMITED, 'sh', String(Math.ceil(cpuSeconds)), process.execPath, ...args];
  const stdio = ['ignore', 'ignore', 'ignore', 'ipc'] as const;
  return spawn('/bin/sh', command, { cwd, env: env ?? process.env, stdio: [...stdio] });
}

/** Waits until `ask` resolves, the process ends or its time is over; then the process is ended. */
export async function outcomeOf<T>(
  child: ChildProcess,
  { wallMs }: ProcessLimits,
  ask: (resolve: (answer: T) => void) => void,
): Promise<Outcome<T>> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<Outcome<T>>((resolve, reject) => {
      timer = setTimeout(() => resolve({ end: 'wall' }), wallMs);
      child.once('error', reject);
      child.once('exit', (_, signal) => {
        const isSpent = signal === 'SIGXCPU' || signal === 'SIGKILL';
        resolve({ end: isSpent ? 'cpu' : 'exit' });
      });
      ask((answer) => resolve({ answer }));
    });
  } finally {
    clearTimeout(timer);
    child.kill('SIGKILL');
  }
}
