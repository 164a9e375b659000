import { type Devnet, startDevnet } from '../devnet/devnet.js';
import { startDodonaNode } from '../devnet/dodona-node.js';
import { isDistCurrent } from '../ensure/dist.mjs';
import { projectRoot } from '../ensure/paths.mjs';
import { writeDemoFeed } from './demo-feed.js';
import { startDemoSource } from './demo-source.js';

/** Everything that the demo shows, up and in step. */
export interface RunningDemo {
  readonly devnet: Devnet;
  readonly sourceUrl: string;
  readonly logFile: string;
  /** Resolves when a process of it ended by itself. */
  readonly ended: Promise<unknown>;
  stop(): Promise<void>;
}

export async function startDemo(say: (text: string) => void): Promise<RunningDemo> {
  if (!isDistCurrent(projectRoot)) {
    throw new Error('the node is not built: make the sources in src/ compile, then try again');
  }
  const source = await startDemoSource();
  const parts: { stop(): Promise<void> }[] = [source];
  const stop = async (): Promise<void> => {
    for (const part of parts.splice(0).reverse()) await part.stop();
  };
  try {
    const startedMs = performance.now();
    const step = (what: string): void => {
      say(`${((performance.now() - startedMs) / 1_000).toFixed(1).padStart(5)} s  ${what}`);
    };
    const devnet = await startDevnet({ sourceAuthority: source.authority, onProgress: step });
    parts.push(devnet);
    writeDemoFeed(devnet, source.url);
    step('starting the node');
    const node = await startDodonaNode(devnet);
    parts.push(node);
    step(`the node is in step; gateway ${devnet.gateway}`);
    const ended = Promise.race([devnet.neoGo.process().exited, node.exited]);
    return { devnet, sourceUrl: source.url, logFile: node.logFile, ended, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
