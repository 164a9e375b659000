import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** By this file the command line finds the node that works on a storage directory. */
export const RUNTIME_FILE = 'node.json';

const runtimeSchema = z.object({
  pid: z.number().int().positive(),
  url: z.url({ protocol: /^https?$/ }),
  instance: z.string().min(1).max(100),
  token: z.string().min(1).max(100),
  startedAtMs: z.number().int(),
});

export interface RuntimeInfo {
  readonly pid: number;
  /** Of the API, e.g. http://127.0.0.1:7411. */
  readonly url: string;
  /** Differs with every start, so that a left-over file is told from a living node. */
  readonly instance: string;
  /** Whoever can read the file may do what the command line does. Differs with every start. */
  readonly token: string;
  readonly startedAtMs: number;
}

/** Writes the file in one step: whoever reads it sees all of it or the one before. */
export function writeRuntimeFile(dir: string, info: RuntimeInfo): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const draft = join(dir, `${RUNTIME_FILE}.${info.pid}.tmp`);
  writeFileSync(draft, `${JSON.stringify(info)}\n`, { mode: 0o600 });
  renameSync(draft, join(dir, RUNTIME_FILE));
}

/** What the file says, or null when there is none that can be read. It may be a left-over. */
export function readRuntimeFile(dir: string): RuntimeInfo | null {
  try {
    const content: unknown = JSON.parse(readFileSync(join(dir, RUNTIME_FILE), 'utf8'));
    return runtimeSchema.safeParse(content).data ?? null;
  } catch {
    return null;
  }
}

/** Removes the file, unless another instance has written its own meanwhile. */
export function removeRuntimeFile(dir: string, instance: string): void {
  if (readRuntimeFile(dir)?.instance === instance) rmSync(join(dir, RUNTIME_FILE), { force: true });
}
