/**
 * Compiles each contract under contracts/ to contracts/build: `NAME.nef`, `NAME.manifest.json`, and
 * gateway.abi.json, the gateway's normative interface; from that it writes the wrappers of the
 * authors' kit in Go, C# and Python.
 *
 *   npm run contracts                 compile
 *   npm run contracts -- --check      compile elsewhere and fail if a byte differs from what is
 *                                     committed
 *
 * The compiler is neo-go of the pinned version: $NEO_GO, which scripts/run.mjs sets, or the path
 * given as the argument. It writes its version into each .nef.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { describeGateway } from './build-contracts/describe-gateway.js';
import { kitFiles } from './build-contracts/kit/kit-files.js';
import type { KitAbi } from './build-contracts/kit/kit-interface.js';

const CONTRACTS = resolve(import.meta.dirname, '..', 'contracts');
const BUILD = join(CONTRACTS, 'build');
/** Relative to contracts/; the folder's name is the contract's file name. */
const SOURCES = [
  'executor',
  'examples/consumer',
  'examples/games',
  'examples/prices',
  'examples/raffle',
  'examples/skeleton',
  'examples/upkeep',
  'testing/drawing',
  'testing/hostile',
  'testing/metronome',
  'testing/twice',
  'testing/wrappers',
];

function main(args: readonly string[]): number {
  const neoGo = args.find((arg) => !arg.startsWith('--')) ?? process.env.NEO_GO;
  if (neoGo === undefined) {
    console.error(
      'build-contracts: no neo-go. Run `npm run contracts`, or set NEO_GO to its path.',
    );
    return 1;
  }
  if (!args.includes('--check')) {
    mkdirSync(BUILD, { recursive: true });
    build(neoGo, BUILD, (file, text) => {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    });
    return 0;
  }
  const fresh = mkdtempSync(join(tmpdir(), 'dodona-contracts-'));
  try {
    const differing: string[] = [];
    build(neoGo, fresh, (file, text) => {
      if (!existsSync(file) || readFileSync(file, 'utf8') !== text) differing.push(file);
    });
    return report([...differing, ...compare(fresh)]);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** The gateway comes first: the wrappers, which the others may use, are made of its interface. */
function build(
  neoGo: string,
  folder: string,
  keepKitFile: (file: string, text: string) => void,
): void {
  compile(neoGo, folder, 'gateway');
  const manifest = JSON.parse(readFileSync(join(folder, 'gateway.manifest.json'), 'utf8'));
  const abi = describeGateway(join(CONTRACTS, 'gateway'), manifest);
  writeFileSync(join(folder, 'gateway.abi.json'), `${JSON.stringify(abi, null, 2)}\n`);
  for (const [path, text] of kitFiles(CONTRACTS, abi as KitAbi)) {
    keepKitFile(join(CONTRACTS, path), text);
  }
  for (const source of SOURCES) compile(neoGo, folder, source);
}

function compile(neoGo: string, folder: string, source: string): void {
  const name = basename(source);
  const paths = ['-i', source, '-c', join(source, `${name}.yml`)];
  const out = ['-o', join(folder, `${name}.nef`), '-m', join(folder, `${name}.manifest.json`)];
  execFileSync(neoGo, ['contract', 'compile', ...paths, ...out], {
    cwd: CONTRACTS,
    stdio: ['ignore', 'ignore', 'inherit'],
    // A workspace or flags of the user's must not change what is compiled.
    env: { ...process.env, GOWORK: 'off', GOFLAGS: '-mod=readonly' },
  });
  chmodSync(join(folder, `${name}.nef`), 0o644);
}

function compare(fresh: string): string[] {
  const names = new Set([...readdirSync(fresh), ...(existsSync(BUILD) ? readdirSync(BUILD) : [])]);
  return [...names]
    .sort()
    .filter((name) => !sameFile(join(fresh, name), join(BUILD, name)))
    .map((name) => join(BUILD, name));
}

function report(differing: readonly string[]): number {
  for (const file of differing) {
    const path = join('contracts', relative(CONTRACTS, file));
    console.error(`build-contracts: ${path} is not what the source compiles to`);
  }
  if (differing.length > 0) console.error('build-contracts: run `npm run contracts`, then commit.');
  return differing.length > 0 ? 1 : 0;
}

function sameFile(a: string, b: string): boolean {
  return existsSync(a) && existsSync(b) && readFileSync(a).equals(readFileSync(b));
}

process.exitCode = main(process.argv.slice(2));
