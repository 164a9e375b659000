import type { Clock } from '../base/clock.js';
import type { BlockSource, BlockSourceOptions } from './block-source.js';
import { createFastBlockSource } from './block-source-fast.js';
import { createPortableBlockSource } from './block-source-portable.js';
import { isRpcError, RpcCode } from './rpc.js';

export interface ChosenBlockSourceOptions extends BlockSourceOptions {
  readonly clock: Clock;
  /** `auto` takes neo-go's getblocknotifications where the endpoint has it; else portable. */
  readonly mode: 'auto' | 'portable';
}

/** With several endpoints one that has the fast call may come back: look again after a minute. */
const LOOK_AGAIN_MS = 60_000;

/**
 * Reads by the fast path where an endpoint has it, else by the portable one. Which of them it is
 * may change with the endpoint that answers; the events are the same.
 */
export function createBlockSource(options: ChosenBlockSourceOptions): BlockSource {
  const portable = createPortableBlockSource(options);
  if (options.mode === 'portable') return portable;
  const fast = createFastBlockSource(options);
  let portableUntilMs = Number.NEGATIVE_INFINITY;
  const either = async <T>(read: (source: BlockSource) => Promise<T>): Promise<T> => {
    if (options.clock.monotonicMs() < portableUntilMs) return read(portable);
    try {
      return await read(fast);
    } catch (thrown) {
      if (!isRpcError(thrown, RpcCode.MethodNotFound)) throw thrown;
      portableUntilMs = options.clock.monotonicMs() + LOOK_AGAIN_MS;
      return read(portable);
    }
  };
  return {
    read: (fromIndex, count, signal) => either((source) => source.read(fromIndex, count, signal)),
    tip: (index, signal) => either((source) => source.tip(index, signal)),
    hashAt: (index, signal) => portable.hashAt(index, signal),
  };
}
