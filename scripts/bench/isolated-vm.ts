import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf } from '../../src/base/node-error.js';
import { cacheFolder } from '../ensure/paths.mjs';

/** What of isolated-vm's interface is used. */
export interface IsolatedVm {
  readonly Isolate: new (options: { memoryLimit: number }) => Isolate;
}

interface Isolate {
  createContextSync(): unknown;
  compileModuleSync(source: string): Module;
  dispose(): void;
}

interface Module {
  instantiateSync(context: unknown, resolve: (name: string) => never): void;
  evaluateSync(): unknown;
  readonly namespace: { getSync(name: string, options: { reference: true }): Reference };
}

interface Reference {
  apply(self: undefined, args: readonly unknown[], options: object): Promise<unknown>;
}

/** The last version for Node 20, and one for those after it: none is for both. */
const VERSIONS = { node20: '5.0.4', later: '6.1.2' } as const;

/**
 * isolated-vm, compiled into the cache when it is first needed. It is in no package.json, since it
 * is compiled on installation, and what Node 20 can compile Node 24 can't: `npm ci` would fail.
 * @param compile false to take it only where it has been compiled before.
 * @returns null, having told why, where it can't be had.
 */
export async function loadIsolatedVm(
  tell: (step: string) => void,
  compile: boolean,
): Promise<IsolatedVm | null> {
  const major = Number(process.versions.node.split('.')[0]);
  const version = major < 22 ? VERSIONS.node20 : VERSIONS.later;
  const folder = join(cacheFolder(), `isolated-vm-${version}-node${major}`);
  if (!existsSync(folder) && !compile) return null;
  try {
    if (!existsSync(folder)) await install(folder, version, tell);
    return createRequire(join(folder, 'package.json'))('isolated-vm') as IsolatedVm;
  } catch (error) {
    tell(`isolated-vm ${version} can't be had, so it is left out: ${messageOf(error)}`);
    return null;
  }
}

async function install(folder: string, version: string, tell: (step: string) => void) {
  tell(`compiling isolated-vm ${version} (about a minute, once)`);
  const fresh = `${folder}.${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  writeFileSync(join(fresh, 'package.json'), '{"private":true}');
  try {
    const args = ['install', '--no-audit', '--no-fund', `isolated-vm@${version}`];
    await promisify(execFile)('npm', args, { cwd: fresh });
    renameSync(fresh, folder);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}
