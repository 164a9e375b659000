/**
 * Makes a checkout ready: npm packages, SQLite's native part, dist/ and neo-go, and for all tests a
 * Chromium and a promtool, whatever of it is missing. Plain Node without packages, because it runs
 * before there are any.
 *
 * Run as `node scripts/ensure.mjs`, or imported by run.mjs and test.mjs.
 */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureChromium } from './ensure/chromium.mjs';
import { ensureDist } from './ensure/dist.mjs';
import { ensureNeoGo } from './ensure/neo-go.mjs';
import { ensureNodeModules } from './ensure/node-modules.mjs';
import { projectRoot } from './ensure/paths.mjs';
import { ensurePromtool } from './ensure/promtool.mjs';
import { requireGo, requireNode } from './ensure/requirements.mjs';
import { createSteps, SetupError } from './ensure/steps.mjs';

/**
 * @param {{ steps?: import('./ensure/steps.mjs').Steps, go?: boolean, dist?: boolean,
 *   testTools?: boolean }} [options]
 *   go: whether the contracts will be compiled; dist: false lets sources that do not compile pass
 *   with a note, for scripts that run from the sources (isDistCurrent tells them); testTools:
 *   whether every test will run
 * @returns {Promise<{ neoGo: string, tools: Record<string, string> }>} tools: environment variables
 *   that tell tests where the programs are that only they need
 */
export async function ensure(options = {}) {
  const steps = options.steps ?? createSteps();
  requireNode();
  if (options.go) requireGo();
  await ensureNodeModules(projectRoot, steps);
  const neoGo = await ensureNeoGo({ steps });
  const tools = options.testTools ? await ensureTestTools(steps) : {};
  await ensureDist(projectRoot, steps).catch((error) => {
    if (options.dist !== false || !(error instanceof SetupError)) throw error;
    steps.say(`${error.output}\ndist: not built, ${error.message}; going on without`);
  });
  return { neoGo, tools };
}

async function ensureTestTools(steps) {
  return { CHROMIUM: await ensureChromium({ steps }), PROMTOOL: await ensurePromtool({ steps }) };
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
