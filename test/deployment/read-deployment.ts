import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureDeploymentReader } from '../../scripts/ensure/deployment-reader.mjs';
import { projectRoot } from '../../scripts/ensure/paths.mjs';

/** An instruction of a Dockerfile, by BuildKit's own parser; `value` is as that names things. */
export interface Instruction {
  readonly name: string;
  readonly text: string;
  readonly value: Readonly<Record<string, unknown>>;
}

export interface Stage {
  readonly name: string;
  readonly base: string;
  readonly commands: readonly Instruction[];
}

export interface Dockerfile {
  readonly arguments: readonly unknown[] | null;
  readonly stages: readonly Stage[];
  readonly warnings: readonly string[];
}

export interface Reading {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** Has a file read by the parser that reads it where it is used. */
export async function readDeployment(
  kind: 'compose' | 'dockerfile' | 'workflow',
  file: string,
  env: NodeJS.ProcessEnv = {},
): Promise<Reading> {
  const reader = await ensureDeploymentReader();
  const { status, stdout, stderr } = spawnSync(reader, [kind, file], {
    cwd: projectRoot,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  return { status, out: stdout, err: stderr };
}

export async function readDockerfile(): Promise<Dockerfile> {
  const { status, out, err } = await readDeployment('dockerfile', join(projectRoot, 'Dockerfile'));
  if (status !== 0) throw new Error(err);
  return JSON.parse(out) as Dockerfile;
}
