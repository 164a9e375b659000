import { execFileSync } from 'node:child_process';
import { constants, mkdirSync, writeFileSync } from 'node:fs';
import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What the kernel says to one request. */
export interface KernelAnswer {
  readonly outblob: Buffer;
  /** By how much `generation` grew; 1 where nobody else wrote. */
  readonly writes?: number;
}

/**
 * An entry of configfs-tsm with real files that answer as the kernel's do: named pipes, so that
 * each read waits for what was written before it.
 */
export function createKernelEntry(
  dir: string,
  options: { readonly provider?: string; readonly auxblob?: Buffer } = {},
) {
  const { provider = 'tdx_guest', auxblob } = options;
  mkdirSync(dir, { recursive: true });
  const pipe = (name: string): string => join(dir, name);
  const pipes = ['inblob', 'outblob', 'generation'].map(pipe);
  execFileSync('mkfifo', pipes);
  writeFileSync(pipe('provider'), `${provider}\n`);
  if (auxblob !== undefined) writeFileSync(pipe('auxblob'), auxblob);
  let generation = 3;
  let serving: Promise<void> = Promise.resolve();

  async function serveOne(answer: (inblob: Buffer) => KernelAnswer): Promise<void> {
    await writeFile(pipe('generation'), `${generation}\n`);
    const { outblob, writes = 1 } = answer(await readFile(pipe('inblob')));
    generation += writes;
    await writeFile(pipe('outblob'), outblob);
    await writeFile(pipe('generation'), `${generation}\n`);
  }

  return {
    /** Serves the next request. */
    serve(answer: (inblob: Buffer) => KernelAnswer): Promise<void> {
      serving = serveOne(answer);
      serving.catch(() => {});
      return serving;
    },
    /** Lets go of whoever waits at a pipe. */
    async stop(): Promise<void> {
      let isOver = false;
      const over = serving.then(
        () => true,
        () => true,
      );
      over.then(() => {
        isOver = true;
      });
      for (let round = 0; !isOver && round < 100; round++) {
        for (const path of pipes) {
          const file = await open(path, constants.O_RDWR | constants.O_NONBLOCK);
          await file.write('0');
          await file.close();
        }
        await new Promise((resolve) => setImmediate(resolve));
      }
      await over;
    },
  };
}
