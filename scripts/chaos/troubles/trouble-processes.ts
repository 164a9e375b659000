import { setTimeout as delay } from 'node:timers/promises';
import { keepLog } from '../keep-log.js';
import type { MakeTrouble } from '../troubles.js';

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

/** Kills, stops and freezes processes; who is ended is started again on its data. */
export const troubleProcesses = {
  'kill the node': async ({ node }, random) => {
    const downMs = random.between(0, 4_000);
    await node.kill();
    await delay(downMs);
    await node.start();
    return `down for ${seconds(downMs)}`;
  },
  'kill the node while it starts': async ({ node }, random) => {
    await node.kill();
    const times = random.between(2, 4);
    for (let kill = 0; kill < times; kill++) {
      await node.start();
      await delay(random.between(100, 2_500));
      await node.kill();
    }
    await node.start();
    return `${times} times`;
  },
  'kill the node while it stops': async ({ node }, random) => {
    const stopping = node.stop();
    await delay(random.between(0, 150));
    await node.kill();
    const code = await stopping;
    await node.start();
    return `exit code ${code}`;
  },
  'stop the node': async ({ node }, random) => {
    const startMs = performance.now();
    const code = await node.stop();
    const tookMs = performance.now() - startMs;
    if (code !== 0) throw new Error(`the node stopped with exit code ${code}`);
    await delay(random.between(0, 3_000));
    await node.start();
    return `in ${seconds(tookMs)}`;
  },
  'freeze the node': async ({ node }, random) => {
    const frozenMs = random.between(3_000, 12_000);
    node.signal('SIGSTOP');
    await delay(frozenMs).finally(() => node.signal('SIGCONT'));
    return seconds(frozenMs);
  },
  'kill neo-go': async ({ follower, devnet }, random) => {
    const downMs = random.between(0, 6_000);
    const before = await devnet.height();
    follower.process().signal('SIGKILL');
    await follower.process().exited;
    await delay(downMs);
    await follower.restart();
    return `at block ${before}, down for ${seconds(downMs)}`;
  },
  'freeze neo-go': async ({ follower, devnet }, random) => {
    const who = random.pick(['the follower', 'the block maker', 'both']);
    const processes = [
      ...(who === 'the block maker' ? [] : [follower.process()]),
      ...(who === 'the follower' ? [] : [devnet.neoGo.process()]),
    ];
    const frozenMs = random.between(3_000, 10_000);
    for (const each of processes) each.signal('SIGSTOP');
    await delay(frozenMs).finally(() => {
      for (const each of processes) each.signal('SIGCONT');
    });
    return `${who}, ${seconds(frozenMs)}`;
  },
  'restart the block maker': async ({ devnet }, random) => {
    const downMs = random.between(0, 4_000);
    await devnet.neoGo.process().stop();
    await keepLog(devnet.neoGo.logFile, String(Math.round(performance.now())));
    await delay(downMs);
    await devnet.neoGo.restart();
    return `down for ${seconds(downMs)}`;
  },
} satisfies Record<string, MakeTrouble>;
