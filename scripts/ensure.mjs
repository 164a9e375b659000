/**
 * Makes a checkout ready: npm packages, SQLite's native part, dist/ and neo-go, whatever of it is
 * missing. Plain Node without packages, because it runs before there are any.
 *
 * Run as `node scripts/ensure.mjs`, or imported by run.mjs and test.mjs.
 */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureDist } from './ensure/dist.mjs';
import { ensureNeoGo } from './ensure/neo-go.mjs';
import { ensureNodeModules } from './ensure/node-modules.mjs';
import { projectRoot } from './ensure/paths.mjs';
import { requireGo, requireNode } from './ensure/requirements.mjs';
import { createSteps, SetupError } from './ensure/steps.mjs';

/**
 * @param {{ steps?: import('./ensure/steps.mjs').Steps, go?: boolean, dist?: boolean }} [options]
 *   go: whether the contracts will be compiled; dist: false lets sources that do not compile pass
 *   with a note, for scripts that run from the sources (isDistCurrent tells them)
 * @returns {Promise<{ neoGo: string }>}
 */
export async function ensure(options = {}) {
  const steps = options.steps ?? createSteps();
  requireNode();
  if (options.go) requireGo();
  await ensureNodeModules(projectRoot, steps);
  const neoGo = await ensureNeoGo({ steps });
  await ensureDist(projectRoot, steps).catch((error) => {
    if (options.dist !== false || !(error instanceof SetupError)) throw error;
    steps.say(`${error.output}\ndist: not built, ${error.message}; going on without`);
  });
  return { neoGo };
}

/** Prints what went wrong in one sentence, after the output of a failed command; ends with 1. */
export function failSetup(error) {
  if (!(error instanceof SetupError)) throw error;
  if (error.output) process.stderr.write(`${error.output}\n`);
  process.stderr.write(`dodona: ${error.message}\n`);
  process.exit(1);
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await ensure({ go: true }).catch(failSetup);
}
