import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, projectRoot } from './paths.mjs';
import { requireGo } from './requirements.mjs';
import { runCommand } from './run-command.mjs';
import { createSteps } from './steps.mjs';

const SOURCE = join(projectRoot, 'scripts', 'ensure', 'deployment-reader');
const FILES = ['main.go', 'go.mod', 'go.sum'];

/**
 * The path of the program that reads Dockerfile, compose file and workflows with the parsers of
 * BuildKit, Compose and actionlint: the copy in the cache that was built of these very sources,
 * else a new one. go.sum holds what each of its modules must hash to.
 * @param {{ steps?: import('./steps.mjs').Steps, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<string>}
 * @throws {import('./steps.mjs').SetupError} when it cannot be built
 */
export async function ensureDeploymentReader(options = {}) {
  const steps = options.steps ?? createSteps();
  const env = options.env ?? process.env;
  const hash = createHash('sha256');
  for (const name of FILES) hash.update(readFileSync(join(SOURCE, name)));
  const version = `${hash.digest('hex').slice(0, 16)}-${process.platform}-${process.arch}`;
  const folder = join(cacheFolder(env), 'deployment-reader');
  const cached = join(folder, version);
  if (existsSync(cached)) return cached;
  requireGo(env);
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(join(folder, 'new-'));
  try {
    const built = join(work, 'deployment-reader');
    await steps.step('parsers of deployments: build the Go modules (half a minute)', (detail) =>
      runCommand('go', ['build', '-mod=readonly', '-trimpath', '-o', built, '.'], {
        cwd: SOURCE,
        env: { ...env, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false', GOWORK: 'off' },
        failure: 'they could not be built, is the Go module proxy reachable?',
        onLine: detail,
      }),
    );
    chmodSync(built, 0o755);
    // Another process may have put its own there meanwhile, which is the same.
    renameSync(built, cached);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return cached;
}
