import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { inStep } from '../in-step.js';
import type { MakeTrouble } from '../troubles.js';

/** A backup of the working node is put in its place after more has happened. */
export const restoreBackup: MakeTrouble = async (world, random) => {
  const { node, folder, storageDir, passphraseFile, devnet } = world;
  await inStep(world);
  const file = join(folder, `${Math.round(performance.now())}.backup`);
  const passphrase = ['--password-file', passphraseFile];
  const made = await node.command(['backup', file, ...passphrase]);
  if (made.exitCode !== 0) throw new Error(`no backup was made: ${made.text}`);
  const madeAt = await devnet.height();
  await delay(random.between(4_000, 15_000));
  if (random.chance(0.5)) await node.kill();
  else await node.stop();
  const blocks = (await devnet.height()) - madeAt;
  const words = ['restore', file, '--to', storageDir, '--replace', ...passphrase];
  const restored = await node.command(words);
  if (restored.exitCode !== 0) throw new Error(`it was not restored: ${restored.text}`);
  await node.start();
  return `${blocks} blocks old`;
};
