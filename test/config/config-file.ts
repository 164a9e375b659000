import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { NodeError } from '../../src/base/node-error.js';

/** The least that a configuration without a preset must say. */
export const MINIMAL = `network:
  magic: 56753
  rpc: [http://127.0.0.1:20331]
gateway:
  hash: 0x0b0a090807060504030201000f0e0d0c0b0a0908
wallet:
  file: wallet.json
  passwordFile: wallet.password
`;

/** A directory of one test; `write` makes a file below it and returns its path. */
export function scratchDirectory() {
  const dir = mkdtempSync(join(tmpdir(), 'dodona-config-'));
  return {
    dir,
    write(name: string, content: string, mode = 0o600): string {
      const path = join(dir, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content, { mode });
      return path;
    },
    remove: (): void => rmSync(dir, { recursive: true, force: true }),
  };
}

export type Problem = {
  file: string;
  line: number;
  column: number;
  key: string;
  problem: string;
  expected: string;
  todo: string;
};

/** The problems of a configuration error; fails when the action raises none. */
export function problemsOf(action: () => unknown): Problem[] {
  try {
    action();
  } catch (error) {
    if (error instanceof NodeError && Array.isArray(error.details.problems)) {
      return error.details.problems as Problem[];
    }
    throw error;
  }
  throw new Error('expected the configuration to be refused');
}
