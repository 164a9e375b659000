import type { TailProgress } from '../chain/block-tailer.js';
import type { CommandContext } from './command-context.js';
import { durationText } from './human-time.js';

/** Tells on standard error how far the reading of blocks is. */
export const progressOf =
  (context: CommandContext) =>
  ({ index, target, blocks, durationMs }: TailProgress): void => {
    const first = index - blocks;
    const share = Math.floor((100 * blocks) / Math.max(1, target - first));
    const restMs = (durationMs / Math.max(1, blocks)) * (target - index);
    context.complain(`block ${index} of ${target} (${share}%), ${durationText(restMs)} to go`);
  };
