import { canInstall, installPackage } from './debian-packages.mjs';
import { findOnPath, versionOf } from './programs.mjs';
import { createSteps, SetupError } from './steps.mjs';

/** The page is written for browsers from here on; what is older cannot judge it. */
const MINIMUM = 123;
const VERSION = /(?:Chromium|Chrome|HeadlessChrome)\D*\b(\d+)\.\d+\.\d+/;
/** By these names a PATH may have it. */
const NAMES = [
  'chromium-headless-shell',
  'chromium',
  'chromium-browser',
  'google-chrome-stable',
  'google-chrome',
  'chrome-headless-shell',
];
const PACKAGE = 'chromium-headless-shell';

/**
 * The path of a Chromium that the tests of the console page drive: $CHROMIUM, the PATH, the
 * system's package (as root), in this order.
 * @param {{ steps?: import('./steps.mjs').Steps, env?: NodeJS.ProcessEnv, uid?: number }} [options]
 * @returns {Promise<string>}
 * @throws {SetupError} when there is none and none can be installed
 */
export async function ensureChromium(options = {}) {
  const steps = options.steps ?? createSteps();
  const env = options.env ?? process.env;
  if (env.CHROMIUM) return requireRecent(env.CHROMIUM);
  const found = recentOnPath(env);
  if (found !== null) return found;
  if (!canInstall(env, options.uid)) throw missing();
  await steps.step(`chromium: install the system's package (64 MB)`, (tell) =>
    installPackage(PACKAGE, env, tell),
  );
  const installed = recentOnPath(env);
  if (installed === null) throw missing();
  return installed;
}

function requireRecent(file) {
  const version = versionOf(file, VERSION);
  if (version !== null && Number(version) >= MINIMUM) return file;
  const what = version === null ? 'is not a Chromium' : `is Chromium ${version}`;
  throw new SetupError(
    `CHROMIUM=${file} ${what}: set it to a Chromium of version ${MINIMUM} or newer, or unset it.`,
  );
}

function recentOnPath(env) {
  for (const name of NAMES) {
    const file = findOnPath([name], env);
    if (file !== null && Number(versionOf(file, VERSION) ?? 0) >= MINIMUM) return file;
  }
  return null;
}

const missing = () =>
  new SetupError(
    `Chromium is missing, which tests the console page: install Chromium ${MINIMUM} or newer ` +
      `(Debian: apt-get install ${PACKAGE}), or set CHROMIUM to it, and try again.`,
  );
