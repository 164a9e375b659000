/**
 * Runs a TypeScript script after making the checkout ready:
 * `node scripts/run.mjs SCRIPT.ts [arguments]`. What is done beforehand is told on standard error.
 * The script gets the signals that this process gets, and its exit code becomes this one's.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { resolve } from 'node:path';
import { projectRoot } from './ensure/paths.mjs';
import { ensure, failSetup } from './ensure.mjs';

const PARENT_CHECK_MS = 250;

const [script, ...args] = process.argv.slice(2);
if (script === undefined) {
  process.stderr.write('dodona: expected a script: node scripts/run.mjs SCRIPT.ts [arguments]\n');
  process.exit(1);
}

const ancestors = ancestorsNow();
const compiles = script.endsWith('build-contracts.ts');
const { neoGo } = await ensure({ go: compiles, dist: false }).catch(failSetup);

// With an IPC channel the script learns of this process's death, even a sudden one.
const child = spawn(process.execPath, ['--import', 'tsx', resolve(projectRoot, script), ...args], {
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  env: { ...process.env, NEO_GO: neoGo },
});

// Ctrl-C in a terminal reaches the script directly too; what stops twice stops once.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));

// A parent that is killed sends no signal; its children then belong to another process.
const watch = setInterval(() => {
  if (ancestorsNow() === ancestors) return;
  clearInterval(watch);
  child.kill('SIGTERM');
}, PARENT_CHECK_MS);
watch.unref();

child.on('error', (error) => {
  process.stderr.write(`dodona: ${script} could not be started: ${error.message}\n`);
  process.exit(1);
});
child.on('exit', (code, signal) => {
  process.exit(code ?? 128 + (constants.signals[signal] ?? 0));
});

/** The parent, and npm above it, which starts scripts in a shell: that shell outlives npm. */
function ancestorsNow() {
  const parent = process.ppid;
  return process.env.npm_lifecycle_event ? `${parent} ${parentOf(parent)}` : `${parent}`;
}

/** By Linux's /proc; elsewhere unknown, and then only the parent itself is watched. */
function parentOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[1];
  } catch {
    return 'unknown';
  }
}
