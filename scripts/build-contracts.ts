/**
 * Compiles each contract under contracts/ to contracts/build: `NAME.nef`, `NAME.manifest.json`, and
 * gateway.abi.json, the gateway's normative interface.
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
import { basename, join, resolve } from 'node:path';
import { describeGateway } from './build-contracts/describe-gateway.js';

const CONTRACTS = resolve(import.meta.dirname, '..', 'contracts');
const BUILD = join(CONTRACTS, 'build');
/** Relative to contracts/; the folder's name is the contract's file name. */
const SOURCES = [
  'gateway',
  'executor',
  'examples/consumer',
  'examples/games',
  'examples/prices',
  'examples/raffle',
  'examples/upkeep',
  'testing/drawing',
  'testing/hostile',
  'testing/metronome',
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
    build(neoGo, BUILD);
    return 0;
  }
  const fresh = mkdtempSync(join(tmpdir(), 'dodona-contracts-'));
  try {
    build(neoGo, fresh);
    return compare(fresh);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

function build(neoGo: string, folder: string): void {
  for (const source of SOURCES) {
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
  const manifest = JSON.parse(readFileSync(join(folder, 'gateway.manifest.json'), 'utf8'));
  const abi = describeGateway(join(CONTRACTS, 'gateway'), manifest);
  writeFileSync(join(folder, 'gateway.abi.json'), `${JSON.stringify(abi, null, 2)}\n`);
}

function compare(fresh: string): number {
  const names = new Set([...readdirSync(fresh), ...(existsSync(BUILD) ? readdirSync(BUILD) : [])]);
  const differing = [...names]
    .sort()
    .filter((name) => !sameFile(join(fresh, name), join(BUILD, name)));
  for (const name of differing) {
    console.error(`build-contracts: contracts/build/${name} is not what the source compiles to`);
  }
  if (differing.length > 0) console.error('build-contracts: run `npm run contracts`, then commit.');
  return differing.length > 0 ? 1 : 0;
}

function sameFile(a: string, b: string): boolean {
  return existsSync(a) && existsSync(b) && readFileSync(a).equals(readFileSync(b));
}

process.exitCode = main(process.argv.slice(2));
