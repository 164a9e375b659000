import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { CompiledContract } from './contracts.js';
import type { NeoGoFinder } from './neo-go-node.js';

export interface GoContract {
  readonly neoGo: NeoGoFinder;
  /** Of the Go package; a go.mod is in it or above. */
  readonly folder: string;
  /** neo-go's configuration of the contract; default NAME.yml in the folder called NAME. */
  readonly config?: string | undefined;
}

const COMPILE_MS = 120_000;

/** Compiles a contract by `neo-go contract compile`. Rejects with what the compiler says. */
export async function compileGo({ neoGo, folder, config }: GoContract): Promise<CompiledContract> {
  const source = resolve(folder);
  const yml = resolve(config ?? join(source, `${basename(source)}.yml`));
  if (!existsSync(yml)) {
    throw new Error(`${yml} is missing: neo-go's configuration of the contract, with its name`);
  }
  const out = await mkdtemp(join(tmpdir(), 'dodona-contract-'));
  try {
    const [nef, manifest] = [join(out, 'contract.nef'), join(out, 'contract.manifest.json')];
    const args = ['contract', 'compile', '-i', source, '-c', yml, '-o', nef, '-m', manifest];
    // The compiler runs go, which looks for go.mod from the folder upwards.
    await promisify(execFile)(await neoGo(), args, { cwd: source, timeout: COMPILE_MS }).catch(
      (error: Error & { stderr?: string }) => {
        throw new Error(`${source} does not compile: ${error.stderr?.trim() || error.message}`);
      },
    );
    return { nef: await readFile(nef), manifest: await readFile(manifest, 'utf8') };
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}
