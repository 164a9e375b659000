import { setTimeout as delay } from 'node:timers/promises';
import type { World } from './world.js';

const LIMIT_MS = 60_000;
const CHECK_MS = 100;
const ASK_MS = 2_000;
/** A block may come between the two looks. */
const LAG_BLOCKS = 1;

/**
 * Waits until the node says that it is ready and has taken in the chain's latest block; how long
 * that took, in milliseconds. Throws with what it last said.
 */
export async function inStep(world: World): Promise<number> {
  const startMs = performance.now();
  let said = 'nothing';
  while (performance.now() - startMs < LIMIT_MS) {
    const look = await lookAt(world).catch(() => null);
    if (look?.isInStep) return Math.round(performance.now() - startMs);
    said = look?.said ?? 'nothing';
    await delay(CHECK_MS);
  }
  const state = world.node.isRunning() ? 'runs' : 'does not run';
  const seconds = LIMIT_MS / 1_000;
  throw new Error(`the node was not in step within ${seconds} s: it ${state}, says ${said}`);
}

async function lookAt({ apiUrl, devnet }: World): Promise<{ isInStep: boolean; said: string }> {
  const ask = async (path: string) => {
    const response = await fetch(`${apiUrl}${path}`, { signal: AbortSignal.timeout(ASK_MS) });
    return { ok: response.ok, text: await response.text() };
  };
  const height = await devnet.height();
  const [ready, metrics] = [await ask('/readyz'), await ask('/metrics')];
  const [, processed = '-1'] = /^dodona_chain_processed_height (\d+)$/m.exec(metrics.text) ?? [];
  const isInStep = ready.ok && Number(processed) >= height - LAG_BLOCKS;
  return { isInStep, said: `${ready.text.trim()}, block ${processed} of ${height}` };
}
