import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { inStep } from '../in-step.js';
import type { MakeTrouble } from '../troubles.js';
import type { World } from '../world.js';

const NODE_KEY = [
  'keys',
  'rotate',
  '--kind',
  'node',
  '--fund',
  '500',
  '--overlap',
  '20',
  '--sweep',
];
const RANDOM_KEY = ['keys', 'rotate', '--kind', 'random'];
/** A rotation that was held up by other trouble is run again: so often at most. */
const ATTEMPTS = 20;

/** Runs it until it is done: what cannot be done now (75), or was refused, is tried again. */
async function untilDone({ node }: World, words: readonly string[]): Promise<number> {
  let text = '';
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const result = await node.command(words);
    text = result.text;
    if (result.exitCode === 0) return attempt;
    await delay(1_000);
  }
  throw new Error(`dodona ${words.join(' ')} did not come to its end: ${text}`);
}

export const changeKeys = {
  'rotate the node key': async (world) => {
    await inStep(world);
    const { exitCode } = await world.node.command(NODE_KEY);
    const attempts = exitCode === 0 ? 1 : 1 + (await untilDone(world, [...NODE_KEY, '--continue']));
    return `${attempts} runs`;
  },
  'rotate the node key, killed': async (world, random) => {
    const { node } = world;
    await inStep(world);
    const rotation = await node.launch(NODE_KEY);
    await delay(random.between(300, 6_000));
    const who = random.pick(['the command', 'the node', 'both']);
    if (who !== 'the node') rotation.signal('SIGKILL');
    if (who !== 'the command') await node.kill();
    await delay(random.between(0, 3_000));
    await node.start();
    const code = await rotation.exited;
    const attempts = await untilDone(world, [...NODE_KEY, '--continue']);
    return `${who}; the command ended with ${code}, ${attempts} more runs`;
  },
  'rotate the random key': async (world) => {
    await inStep(world);
    return `${await untilDone(world, RANDOM_KEY)} runs`;
  },
  'rotate the vault keys': async (world) => {
    await inStep(world);
    const runs = await untilDone(world, ['secrets', 'rotate']);
    const file = join(world.folder, 'inputs', 'next-api-key.txt');
    const owner = world.devnet.owner.address;
    const words = ['secrets', 'set', 'API_KEY', '--owner', owner, '--file', file];
    const { exitCode, text } = await world.node.command(words);
    if (exitCode !== 0) throw new Error(`the secret was not set: ${text}`);
    return `${runs} runs, and a new value of the secret`;
  },
} satisfies Record<string, MakeTrouble>;
