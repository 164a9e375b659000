import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NodeError } from '../base/node-error.js';

/** A compiled contract, as a deployment takes it. */
export interface CompiledContract {
  readonly nef: Buffer;
  /** JSON text. */
  readonly manifest: string;
}

/** Beside src/ in a checkout, and beside dist/ in the package. */
const BUILD_FOLDER = join(import.meta.dirname, '..', '..', 'contracts', 'build');

/** Reads contracts/build/NAME.nef and NAME.manifest.json. Throws a NodeError CONTRACT_FILES. */
export async function readCompiled(name: string): Promise<CompiledContract> {
  const file = join(BUILD_FOLDER, name);
  try {
    const [nef, manifest] = await Promise.all([
      readFile(`${file}.nef`),
      readFile(`${file}.manifest.json`, 'utf8'),
    ]);
    return { nef, manifest };
  } catch (cause) {
    throw new NodeError('CONTRACT_FILES', `${file}.nef and its manifest cannot be read`, {
      hint: 'install the package anew; in a checkout: npm run contracts',
      cause,
    });
  }
}
