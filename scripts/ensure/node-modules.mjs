import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { runCommand } from './run-command.mjs';

/**
 * Installs the npm packages that package-lock.json names, unless they are there already, and makes
 * sure that SQLite's native part loads in this version of Node.
 * @param {string} root the checkout
 * @param {import('./steps.mjs').Steps} steps
 */
export async function ensureNodeModules(root, steps) {
  const reason = whyInstall(root);
  if (reason !== null) {
    // Scripts of packages run in a step of their own, so that each step's time is told apart.
    await steps.step(`npm packages: download (${reason})`, () =>
      runCommand('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
        cwd: root,
        failure: 'npm ci failed, is the npm registry reachable?',
      }),
    );
  }
  if (reason !== null || !sqliteLoads(root)) await buildSqlite(root, steps);
}

/**
 * Why npm has to install, or null when node_modules holds what package-lock.json names. npm keeps
 * the record of what it installed in node_modules/.package-lock.json.
 * @param {string} root
 * @returns {string | null}
 */
export function whyInstall(root) {
  const recordFile = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(recordFile)) return 'node_modules is missing';
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(recordFile, 'utf8')).packages;
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '') continue;
    const have = installed[path];
    if (have === undefined) {
      if (!entry.optional && !entry.peer) return `${path} is missing`;
    } else if (have.version !== entry.version || have.integrity !== entry.integrity) {
      return `${path} is not of version ${entry.version}`;
    } else if (!entry.optional && !existsSync(join(root, path, 'package.json'))) {
      return `${path} is gone`;
    }
  }
  const extra = Object.keys(installed).find((path) => wanted[path] === undefined);
  return extra === undefined ? null : `${extra} is not in package-lock.json`;
}

async function buildSqlite(root, steps) {
  const failure =
    'better-sqlite3 could not be built: it needs a C++ compiler, make and Python 3 on the PATH, ' +
    'and the headers of this Node.js, which are fetched from nodejs.org unless npm is told where ' +
    'they are (npm config set nodedir DIR)';
  await steps.step('npm packages: build SQLite (about 90 s)', async (detail) => {
    let compiling = '';
    await runCommand('npm', ['rebuild', 'better-sqlite3', '--foreground-scripts'], {
      cwd: root,
      failure,
      onLine: (line) => {
        compiling = /^(?:CC|CXX|COPY|LINK|AR|SOLINK|ACTION|TOUCH)\S* (.*)$/.exec(line)?.[1] ?? '';
        if (compiling !== '') detail(compiling.split('/').at(-1) ?? '');
      },
    });
    // A child, since this process may have tried and kept a binary of another Node.
    const probe = "new (require('better-sqlite3'))(':memory:').close()";
    await runCommand(process.execPath, ['-e', probe], { cwd: root, failure });
  });
}

function sqliteLoads(root) {
  try {
    const Database = createRequire(join(root, 'package.json'))('better-sqlite3');
    new Database(':memory:').close();
    return true;
  } catch {
    return false;
  }
}
