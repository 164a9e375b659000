import { existsSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Hash160 } from '../base/hash.js';

/** What a kept devnet needs to go on; holds keys, which are worth nothing. */
export interface DevnetState {
  readonly version: 1;
  readonly magic: number;
  readonly blockMs: number;
  readonly committeeWif: string;
  readonly faucetWif: string;
  readonly ownerWif: string;
  readonly nodeWif: string;
  readonly gateway: Hash160;
  readonly executor: Hash160;
  readonly consumer: Hash160;
}

const hash = z.custom<Hash160>((text) => /^0x[0-9a-f]{40}$/.test(String(text)));
const schema = z.strictObject({
  version: z.literal(1),
  magic: z.int(),
  blockMs: z.int(),
  committeeWif: z.string(),
  faucetWif: z.string(),
  ownerWif: z.string(),
  nodeWif: z.string(),
  gateway: hash,
  executor: hash,
  consumer: hash,
});

const STATE = 'devnet.json';
const LOCK = 'devnet.lock';
const UNFINISHED = 'devnet.unfinished';

/**
 * Opens a folder for one devnet at a time, making it when missing. The state is null in a new one,
 * and in one whose first start never got to its end, which is emptied. Throws an Error that says
 * what to do when another devnet uses the folder or when it holds something else.
 */
export async function openStateFolder(
  folder: string,
): Promise<{ state: DevnetState | null; release(): Promise<void> }> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await requireOwnFolder(folder);
  const release = await lock(folder);
  try {
    const state = await readState(folder);
    if (state === null) await empty(folder);
    return { state, release };
  } catch (error) {
    await release();
    throw error;
  }
}

/** Keeps the state once everything that it names is on the chain. */
export async function saveState(folder: string, state: DevnetState): Promise<void> {
  const file = join(folder, STATE);
  await writeFile(`${file}.new`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
  await rm(join(folder, UNFINISHED), { force: true });
}

async function requireOwnFolder(folder: string): Promise<void> {
  const names = await readdir(folder);
  const ours = names.some((name) => [STATE, LOCK, UNFINISHED].includes(name));
  if (names.length === 0 || ours) return;
  throw new Error(
    `${folder} holds something else than a devnet: give --data a new or an empty folder`,
  );
}

async function readState(folder: string): Promise<DevnetState | null> {
  const file = join(folder, STATE);
  if (!existsSync(file)) return null;
  const parsed = schema.safeParse(JSON.parse(await readFile(file, 'utf8')));
  if (parsed.success) return parsed.data;
  throw new Error(`${file} is not of this version of the devnet: give --data another folder`);
}

async function empty(folder: string): Promise<void> {
  await writeFile(join(folder, UNFINISHED), '');
  for (const name of await readdir(folder)) {
    if (name !== LOCK && name !== UNFINISHED) {
      await rm(join(folder, name), { recursive: true, force: true });
    }
  }
}

async function lock(folder: string): Promise<() => Promise<void>> {
  const file = join(folder, LOCK);
  for (;;) {
    try {
      const handle = await open(file, 'wx', 0o600);
      await handle.writeFile(String(process.pid));
      await handle.close();
      return () => rm(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = Number(await readFile(file, 'utf8').catch(() => ''));
    if (Number.isInteger(holder) && holder > 0 && isAlive(holder)) {
      throw new Error(`${folder} is in use by the devnet with process id ${holder}: stop it first`);
    }
    await rm(file, { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
