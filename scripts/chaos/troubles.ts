import type { SeededRandom } from '../simulator/seeded-random.js';
import type { Trouble } from './plan.js';
import { changeKeys } from './troubles/change-keys.js';
import { fillDisk } from './troubles/fill-disk.js';
import { restoreBackup } from './troubles/restore-backup.js';
import { troubleLines } from './troubles/trouble-lines.js';
import { troubleProcesses } from './troubles/trouble-processes.js';
import type { World } from './world.js';

/** Makes trouble, and ends it again; resolves to what was done, in a few words. */
export type MakeTrouble = (world: World, random: SeededRandom) => Promise<string>;

export const makeTrouble: Readonly<Record<Trouble, MakeTrouble>> = {
  ...troubleProcesses,
  ...troubleLines,
  ...changeKeys,
  'fill the disk': fillDisk,
  'restore a backup': restoreBackup,
};
