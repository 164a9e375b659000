import { readFile, writeFile } from 'node:fs/promises';
import { createBlockMaker } from '../../scripts/devnet/block-maker.js';
import { eventually } from '../../scripts/devnet/private-chain.js';
import type { OwnPrivateNetwork, PrivateNetwork } from '../../scripts/devnet/private-network.js';
import type { Hash256 } from '../../src/base/hash.js';
import type { Header } from './due-occurrences.js';

/** The blocks of a network, each made when a test calls for it. */
export interface BlocksByHand {
  /** Makes one of what the memory pool holds. */
  next(): Promise<Header>;
  /**
   * Makes one whenever the memory pool holds something, until the work is done; each but the first
   * as soon as `mayGoOn` resolves.
   */
  during<T>(work: Promise<T>, mayGoOn?: (header: Header) => Promise<void> | undefined): Promise<T>;
}

/**
 * Takes the making of blocks out of consensus's hands: neo-go is started again without it. Blocks'
 * own times are `stepMs` apart, however fast they are made: a test is then as fast as the machine,
 * and depends on nothing of it. The network must be on disk.
 */
export async function takeBlocks(
  network: Pick<OwnPrivateNetwork, 'committee' | 'magic' | 'neoGo' | 'rpc'>,
  stepMs: number,
): Promise<BlocksByHand> {
  const { neoGo, rpc } = network;
  const config = JSON.parse(await readFile(neoGo.configFile, 'utf8'));
  config.ApplicationConfiguration.Consensus.Enabled = false;
  await writeFile(neoGo.configFile, JSON.stringify(config));
  await neoGo.restart();
  const maker = createBlockMaker(network);
  const waiting = () => rpc.call<Hash256[]>('getrawmempool');

  async function next(): Promise<Header> {
    const hashes = await waiting();
    const content = await Promise.all(
      hashes.map(async (hash) => {
        const raw = await rpc.call<string>('getrawtransaction', [hash, false]);
        return { hash, raw: Buffer.from(raw, 'base64') };
      }),
    );
    const index = await maker.add([content], stepMs);
    const { time } = await rpc.call<{ time: number }>('getblockheader', [index, true]);
    return { index, timeMs: time };
  }

  return {
    next,
    async during(work, mayGoOn) {
      let isDone = false;
      const done = work.finally(() => {
        isDone = true;
      });
      done.catch(() => {});
      while (!isDone) {
        const isCalledFor = await eventually('a transaction, or the end of the work', async () =>
          isDone ? false : (await waiting()).length > 0 ? true : null,
        );
        if (!isCalledFor) continue;
        const header = await next();
        await mayGoOn?.(header);
      }
      return done;
    },
  };
}

/** Of all blocks from one on. */
export async function readHeaders(
  { rpc, height }: Pick<PrivateNetwork, 'rpc' | 'height'>,
  from: number,
): Promise<Header[]> {
  const found: Header[] = [];
  for (let index = from; index <= (await height()); index++) {
    const { time } = await rpc.call<{ time: number }>('getblockheader', [index, true]);
    found.push({ index, timeMs: time });
  }
  return found;
}
