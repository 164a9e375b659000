import type { Clock } from '../base/clock.js';
import { messageOf, NodeError } from '../base/node-error.js';
import type { BlockTeller } from '../chain/agreed-blocks.js';
import { type BackOff, backOffMs } from '../chain/back-off.js';
import type { TailedBlock } from '../chain/block-source.js';
import type { Log } from '../telemetry/log.js';
import type { IntakeResult } from './intake.js';
import { mayPass } from './trouble.js';

export interface RetellParts {
  /** Endpoints of which each is believed by itself, in order of preference. */
  readonly tellers: readonly BlockTeller[];
  readonly takeIn: (blocks: readonly TailedBlock[]) => IntakeResult;
  readonly clock: Clock;
  readonly log: Log;
  /** Endpoints told different things. */
  readonly onContradiction: () => void;
  readonly signal: AbortSignal;
}

/** What was taken in in the place of what one endpoint told. */
export interface Retold {
  readonly run: readonly TailedBlock[];
  readonly result: IntakeResult;
}

/** Takes in what another endpoint tells of these blocks, whose taking in failed. */
export type Retell = (told: readonly TailedBlock[], failure: unknown) => Promise<Retold>;

/** Endpoints that can not be asked now have so long, before nobody contradicts. */
export const UNHEARD_LIMIT_MS = 60_000;
const RETRY: BackOff = { firstMs: 100, maxMs: 5_000 };

/**
 * An endpoint that tells of events that cannot be may lie. Where the gateway is of another version
 * all tell the same. So each is asked by itself, and the first that tells what can be is believed.
 * Throws the failure where none does, or where it is of another kind.
 */
export function createRetell(parts: RetellParts): Retell {
  const { tellers, takeIn, clock, log, onContradiction, signal } = parts;

  /** Null where what it tells cannot be, either. */
  async function takeFrom(teller: BlockTeller, told: readonly TailedBlock[]) {
    const from = told[0]?.index ?? 0;
    const { blocks: run } = await teller.source.read(from, told.length, signal);
    const isSameChain = run.at(-1)?.hash === told.at(-1)?.hash;
    const where = { endpoint: teller.endpoint, from, to: from + told.length - 1 };
    try {
      if (!isSameChain) throw new NodeError(IMPOSSIBLE, 'it tells of blocks of another chain');
      const result = takeIn(run);
      onContradiction();
      log.warn('blocks taken from this endpoint, another one lied', where);
      return { run, result };
    } catch (error) {
      if (!isImpossible(error)) throw error;
      log.warn('endpoint tells of events that cannot be', { ...where, reason: messageOf(error) });
      return null;
    }
  }

  return async (told, failure) => {
    if (!isImpossible(failure) || tellers.length < 2) throw failure;
    const startMs = clock.monotonicMs();
    for (let rounds = 1; ; rounds++) {
      let isHeard = true;
      for (const teller of tellers) {
        const retold = await takeFrom(teller, told).catch((error) => {
          signal.throwIfAborted();
          if (!mayPass(error)) throw error;
          isHeard = false;
          return null;
        });
        if (retold !== null) return retold;
      }
      if (isHeard || clock.monotonicMs() - startMs >= UNHEARD_LIMIT_MS) throw failure;
      await clock.sleep(backOffMs(RETRY, rounds), signal);
    }
  };
}

const IMPOSSIBLE = 'GATEWAY_EVENT_MALFORMED';

const isImpossible = (error: unknown): boolean =>
  error instanceof NodeError && error.code === IMPOSSIBLE;
