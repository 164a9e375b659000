import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DEMO_PAIR, writeDemoFeed } from '../../scripts/demo/demo-feed.js';
import { demoRequests, requestIdOf } from '../../scripts/demo/demo-requests.js';
import { type DemoSource, startDemoSource } from '../../scripts/demo/demo-source.js';
import { showUpkeep } from '../../scripts/demo/show-upkeep.js';
import { askNode } from '../../scripts/devnet/ask-node.js';
import { readContract } from '../../scripts/devnet/contracts.js';
import { type Devnet, startDevnet } from '../../scripts/devnet/devnet.js';
import { type DodonaNode, startDodonaNode } from '../../scripts/devnet/dodona-node.js';
import { eventually } from '../../scripts/devnet/private-chain.js';
import { projectRoot } from '../../scripts/ensure/paths.mjs';
import { sha256, toHex } from '../../src/base/bytes.js';
import { parseGas } from '../../src/base/datoshi.js';
import { contractHash } from '../../src/chain/deploy.js';
import { gatewayCalls } from '../../src/chain/gateway-calls.js';
import { callScript, utf8 } from '../../src/chain/script.js';
import { asInteger } from '../../src/chain/stack-item-values.js';
import { type LocalSource, startLocalSource } from './local-source.js';

const BLOCK_MS = 200;
const MAX_FEE = parseGas('1');
const CRON = 'cron:0 9 * * 1-5';

/** A devnet with a node that has answered, published and run something of everything. */
export interface ConsoleWorld {
  readonly devnet: Devnet;
  /** Plain http, for requests that are to wait. */
  readonly source: LocalSource;
  node(): DodonaNode;
  /** A request of the consumer for a path of `source`, in a block when it resolves. */
  ask(path: string, filter?: string): Promise<bigint>;
  /** A request for what a function returns, of which this is the code. */
  askFunction(code: string, args: unknown): Promise<bigint>;
  /** Waits until the node says that a request ended. */
  ended(id: bigint): Promise<void>;
  /** What the node's API answers. */
  read<T>(path: string): Promise<T>;
  /** As an operator gets it: `dodona console`. */
  link(): Promise<string>;
  restartNode(whileDown: () => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

export async function startConsoleWorld(): Promise<ConsoleWorld> {
  const parts: { stop(): Promise<void> }[] = [];
  const keep = <T extends { stop(): Promise<void> }>(part: T): T => {
    parts.push(part);
    return part;
  };
  const stop = async (): Promise<void> => {
    for (const part of parts.splice(0).reverse()) await part.stop();
  };
  try {
    const [demoSource, source] = await Promise.all([startDemoSource(), startLocalSource()]);
    keep(demoSource);
    keep(source);
    const options = { blockMs: BLOCK_MS, sourceAuthority: demoSource.authority };
    const devnet = keep(await startDevnet(options));
    writeDemoFeed(devnet, demoSource.url);
    let node = keep(await startDodonaNode(devnet));
    const world = worldOf(devnet, source);
    await fill(world, devnet, demoSource);
    return {
      ...world,
      devnet,
      source,
      node: () => node,
      async restartNode(whileDown) {
        await node.stop();
        await whileDown();
        node = keep(await startDodonaNode(devnet));
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Asking = Omit<ConsoleWorld, 'devnet' | 'source' | 'node' | 'restartNode' | 'stop'>;

function worldOf(devnet: Devnet, source: LocalSource): Asking {
  const { consumer, owner, gateway, configFile } = devnet;
  const applied = async (script: Buffer) => devnet.applied(await devnet.send(owner, script));
  const read = async <T>(path: string): Promise<T> =>
    eventually(`an answer to ${path}`, () => askNode<T>(devnet, path));
  return {
    read,
    async ask(path, filter = '') {
      const spec = utf8(JSON.stringify({ url: `${source.httpUrl}${path}` }));
      const script = callScript(consumer, 'askHttp', [spec, utf8(filter), MAX_FEE]);
      return requestIdOf(devnet, await applied(script));
    },
    async askFunction(code, args) {
      const registration = { codeHash: toHex(sha256(code)), source: code, uri: '' };
      const made = await applied(gatewayCalls(gateway).registerFunction('hostile', registration));
      const [functionId] = made.stack;
      if (functionId === undefined) throw new Error('no function was registered');
      const words = utf8(JSON.stringify(args));
      const id = asInteger(functionId, 'functionId');
      const script = callScript(consumer, 'askFunction', [id, words, MAX_FEE]);
      return requestIdOf(devnet, await applied(script));
    },
    async ended(id) {
      await eventually(`the end of request ${id}`, async () => {
        const told = await askNode<{ state: string }>(devnet, `/v1/requests/${id}`);
        return told?.state === 'answered' || told?.state === 'expired' ? told : null;
      });
    },
    async link() {
      const program = join(projectRoot, 'dist', 'cli', 'dodona.js');
      const args = [program, 'console', '--config', configFile, '--json'];
      const { stdout } = await promisify(execFile)(process.execPath, args);
      return (JSON.parse(stdout) as { link: string }).link;
    },
  };
}

/** Requests of several kinds, answered; a round of the price feed; two upkeeps. */
async function fill(world: Asking, devnet: Devnet, { url }: DemoSource): Promise<void> {
  const { owner, gateway } = devnet;
  const asked = await Promise.all(
    demoRequests(devnet, url)
      .filter((_, place) => place < 5)
      .map(async ({ script }) => devnet.applied(await devnet.send(owner, script))),
  );
  await Promise.all(asked.map((applied) => world.ended(requestIdOf(devnet, applied))));
  await showUpkeep(devnet, () => {});
  const { nef, manifest } = await readContract('upkeep');
  const calls = gatewayCalls(gateway);
  const cron = Buffer.concat([
    calls.deposit(owner.hash, parseGas('2')),
    calls.registerUpkeep({
      target: contractHash(owner.hash, nef, manifest),
      method: 'payOut',
      args: [],
      trigger: CRON,
      maxFee: MAX_FEE,
    }),
  ]);
  await devnet.applied(await devnet.send(owner, cron));
  await eventually('a round of the feed', async () => {
    const feed = await world.read<{ latestRound: unknown }>(`/v1/prices/${DEMO_PAIR}`);
    return feed.latestRound;
  });
  await eventually('both upkeeps', async () => {
    const { items } = await world.read<{ items: unknown[] }>('/v1/upkeeps');
    return items.length === 2 ? items : null;
  });
}
