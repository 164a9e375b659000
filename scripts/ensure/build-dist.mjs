import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import { runCommand } from './run-command.mjs';
import { SetupError } from './steps.mjs';

/** The console page, in src/ and in what is built. */
const PAGE = join('api', 'console', 'page');
/** Files of it that go along as they are. */
const PAGE_FILES = ['.html', '.css', '.svg'];
/** What the page takes from packages, and the names that it has there. */
const FROM_PACKAGES = [
  ['preact/dist/preact.mjs', 'preact.js'],
  ['preact/LICENSE', 'preact.LICENSE'],
  [
    '@fontsource-variable/ibm-plex-sans/files/ibm-plex-sans-latin-wght-normal.woff2',
    'ibm-plex-sans.woff2',
  ],
  ['@fontsource/ibm-plex-mono/files/ibm-plex-mono-latin-400-normal.woff2', 'ibm-plex-mono.woff2'],
  ['@fontsource/ibm-plex-mono/LICENSE', 'ibm-plex.LICENSE'],
];

/**
 * Compiles src/ into a folder: the node by one set of options, the console page, which is for
 * browsers, by another, with its other files beside it.
 * @param {string} root the checkout
 * @param {string} target an existing folder
 * @throws {import('./steps.mjs').SetupError} when the sources have type errors, or a package is
 *   missing
 */
export async function buildDist(root, target) {
  await compile(root, 'tsconfig.build.json', target);
  const page = join(target, PAGE);
  mkdirSync(page, { recursive: true });
  await compile(root, 'tsconfig.page.json', page);
  const source = join(root, 'src', PAGE);
  for (const name of readdirSync(source).filter((file) => PAGE_FILES.includes(extname(file)))) {
    copyFileSync(join(source, name), join(page, name));
  }
  for (const [from, name] of FROM_PACKAGES) {
    const file = join(root, 'node_modules', from);
    if (!existsSync(file)) {
      throw new SetupError(`the package of ${from} is not installed: run npm ci and try again.`);
    }
    copyFileSync(file, join(page, name));
  }
  const program = join(target, 'cli', 'dodona.js');
  if (existsSync(program)) chmodSync(program, 0o755);
}

function compile(root, project, target) {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = [tsc, '-p', project, '--noEmit', 'false', '--outDir', target];
  return runCommand(process.execPath, args, {
    cwd: root,
    failure: 'the sources in src/ do not compile',
  });
}
