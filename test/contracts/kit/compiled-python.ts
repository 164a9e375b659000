import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CompiledContract } from '../../../scripts/devnet/contracts.js';
import { compilePython } from '../../../scripts/ensure/neo3-boa.mjs';
import { projectRoot } from '../../../scripts/ensure/paths.mjs';

/** The Python part of the authors' kit. */
export const PYTHON_KIT = join(projectRoot, 'contracts', 'kit', 'python');

/**
 * Compiles a contract in Python that stands beside the wrappers: the text given, or else the
 * skeleton of the kit.
 */
export async function compiledPython(text?: string): Promise<CompiledContract> {
  const folder = mkdtempSync(join(tmpdir(), 'dodona-python-'));
  try {
    cpSync(PYTHON_KIT, folder, { recursive: true });
    if (text !== undefined) writeFileSync(join(folder, 'skeleton.py'), text);
    await compilePython(join(folder, 'skeleton.py'));
    return {
      nef: readFileSync(join(folder, 'skeleton.nef')),
      manifest: JSON.stringify(
        JSON.parse(readFileSync(join(folder, 'skeleton.manifest.json'), 'utf8')),
      ),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
