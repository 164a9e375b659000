import { parentPort } from 'node:worker_threads';
import { fixTime } from '../../src/sandbox/fixed-time.js';
import { type BareVm, createBareVm, type Observed } from './bare-run.js';

/** What two programs, one after the other, and the second one alone showed. */
export interface Compared {
  readonly after: Observed;
  readonly alone: Observed;
  /** The second one, moved to another instance whenever it waited. */
  readonly moved: Observed;
  /** Whether the memory was put back to the last byte after each. */
  readonly pristine: readonly boolean[];
}

// As a thread of the sandbox does: else the time of set-up would be found in the memory.
fixTime(globalThis).set(0);
const used = await createBareVm();

parentPort?.on('message', async ([first, second]: [string, string]) => {
  const fresh = await createBareVm();
  const alone = fresh.run(second);
  used.run(first);
  const pristine = [await reset(used)];
  const after = used.run(second);
  pristine.push(await reset(used));
  const moved = await used.runMoved(second);
  pristine.push(await reset(used));
  parentPort?.postMessage({ after, alone, moved, pristine } satisfies Compared);
});
parentPort?.postMessage('ready');

async function reset({ vm }: BareVm): Promise<boolean> {
  if (vm.reusable) vm.reset();
  else await vm.renew();
  return vm.isPristine();
}
