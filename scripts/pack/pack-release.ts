import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { buildDist } from '../ensure/build-dist.mjs';
import { projectRoot } from '../ensure/paths.mjs';

const run = promisify(execFile);

export interface Release {
  /** Absolute path of the tarball. */
  readonly file: string;
  /** Hex. */
  readonly sha256: string;
}

/** Parts of a package that are not in a checkout as they are. */
const MADE_HERE: readonly string[] = ['dist', 'npm-shrinkwrap.json'];

/**
 * Makes the package of a release in a folder: compiled from src/ into an empty dist/, so that
 * nothing of an earlier build is in it, and with the lock file under the name that packages may
 * have one by, so that `npm ci` in it gives the very versions that it was tested with. npm gives
 * every file in it the same time.
 */
export async function packRelease(outDir: string): Promise<Release> {
  const work = join(projectRoot, '.cache');
  mkdirSync(work, { recursive: true });
  const stage = mkdtempSync(join(work, 'pack-'));
  try {
    const manifest = readFileSync(join(projectRoot, 'package.json'), 'utf8');
    const { files, bin } = JSON.parse(manifest) as { files: string[]; bin: Record<string, string> };
    for (const name of [...files, 'package.json', 'README.md']) {
      if (MADE_HERE.includes(name)) continue;
      cpSync(join(projectRoot, name), join(stage, name), { recursive: true });
    }
    mkdirSync(join(stage, 'dist'));
    await buildDist(projectRoot, join(stage, 'dist'));
    cpSync(join(projectRoot, 'package-lock.json'), join(stage, 'npm-shrinkwrap.json'));
    setModes(stage, Object.values(bin));
    mkdirSync(outDir, { recursive: true });
    const target = resolve(outDir);
    const words = ['pack', '--ignore-scripts', '--json', '--pack-destination', target];
    const { stdout } = await run('npm', words, { cwd: stage, maxBuffer: 64 * 1024 * 1024 });
    const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
    const file = join(target, filename);
    return { file, sha256: createHash('sha256').update(readFileSync(file)).digest('hex') };
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

/**
 * For everybody to read, and what is a program to run, as under any umask: root unpacks files with
 * the modes that they were packed with, and by umask 077 the service's user could read none.
 */
function setModes(stage: string, programs: readonly string[]): void {
  for (const name of readdirSync(stage, { recursive: true, encoding: 'utf8' })) {
    const path = join(stage, name);
    const runs = statSync(path).isDirectory() || programs.includes(name);
    chmodSync(path, runs ? 0o755 : 0o644);
  }
}
