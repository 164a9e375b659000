import { execFile } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../../scripts/ensure/paths.mjs';
import type { Instruction, Stage } from './read-deployment.js';

const run = promisify(execFile);

/** A path in a command: at its beginning, or behind a blank or an equals sign. */
const ABSOLUTE = /(^|[\s=])\/(?=\w)/g;

/** A command in whose place another one is run here. */
export interface Replacement {
  readonly when: RegExp;
  readonly as: (root: string) => void;
}

/**
 * Carries out the stages of a Dockerfile without a builder: each in a folder of its own that stands
 * for `/`, so every absolute path of a command is one in there. Resolves with these folders, by the
 * names of the stages.
 */
export async function carryOut(
  stages: readonly Stage[],
  folder: string,
  replaced: readonly Replacement[],
): Promise<ReadonlyMap<string, string>> {
  const roots = new Map<string, string>();
  for (const { name, commands } of stages) {
    const root = join(folder, name);
    // What the base image has of it.
    for (const path of ['usr/local/bin', 'etc', 'opt'])
      mkdirSync(join(root, path), { recursive: true });
    roots.set(name, root);
    let work = root;
    for (const command of commands) {
      if (command.name === 'WORKDIR') {
        work = join(root, String(command.value.Path));
        mkdirSync(work, { recursive: true });
      }
      if (command.name === 'COPY') copy(command, root, work, roots);
      if (command.name === 'RUN') await runIn(command, root, work, replaced);
    }
  }
  return roots;
}

function copy(
  { value }: Instruction,
  root: string,
  work: string,
  roots: ReadonlyMap<string, string>,
): void {
  const from = value.From === '' ? projectRoot : (roots.get(String(value.From)) ?? '');
  const given = String(value.DestPath);
  const target = given.startsWith('/') ? join(root, given) : join(work, given);
  const sources = value.SourcePaths as readonly string[];
  for (const source of sources) {
    const isInto = sources.length > 1 || (given.endsWith('/') && !source.endsWith('/'));
    cpSync(join(from, source), isInto ? join(target, source) : target, { recursive: true });
  }
}

async function runIn(
  { value, text }: Instruction,
  root: string,
  work: string,
  replaced: readonly Replacement[],
): Promise<void> {
  const other = replaced.find(({ when }) => when.test(text));
  if (other !== undefined) return other.as(root);
  const line = (value.CmdLine as readonly string[]).join(' ');
  const own = line.replaceAll(ABSOLUTE, `$1${root}/`);
  const strays = own
    .split(/[\s=]+/)
    .filter((word) => word.startsWith('/') && !word.startsWith(root));
  if (strays.length > 0)
    throw new Error(`${line} would reach ${strays.join(', ')} of this machine`);
  // Only root can give files to others; for everybody else they are his own.
  const mine = process.getuid?.() === 0 ? own : own.replaceAll(/ -[og] \d+/g, '');
  await run('/bin/sh', ['-euc', mine], { cwd: work, maxBuffer: 64 * 1024 * 1024 });
}
