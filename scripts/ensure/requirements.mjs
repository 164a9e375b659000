import { execFileSync } from 'node:child_process';
import { SetupError } from './steps.mjs';

const NODE_MINIMUM = [20, 19];
const GO_MINIMUM = [1, 25];

/** Throws a SetupError when this Node is too old. */
export function requireNode(version = process.versions.node) {
  if (atLeast(version, NODE_MINIMUM)) return;
  throw new SetupError(
    `Node ${version} is too old: install Node ${NODE_MINIMUM.join('.')} or newer and try again.`,
  );
}

/** Throws a SetupError when Go, which compiles the contracts, is missing or too old. */
export function requireGo(env = process.env) {
  const version = goVersion(env);
  const wanted = GO_MINIMUM.join('.');
  if (version === null) {
    throw new SetupError(
      `Go is missing, which compiles the contracts: install Go ${wanted} or newer and try again.`,
    );
  }
  if (atLeast(version, GO_MINIMUM)) return;
  throw new SetupError(`Go ${version} is too old: install Go ${wanted} or newer and try again.`);
}

/** "1.26.8", or null when there is no Go on the PATH. */
function goVersion(env) {
  try {
    const text = execFileSync('go', ['env', 'GOVERSION'], { encoding: 'utf8', stdio: 'pipe', env });
    return /go(\d+\.\d+(?:\.\d+)?)/.exec(text)?.[1] ?? null;
  } catch {
    return null;
  }
}

function atLeast(version, [major, minor]) {
  const [haveMajor = 0, haveMinor = 0] = version.split('.').map(Number);
  return haveMajor > major || (haveMajor === major && haveMinor >= minor);
}
