import { systemClock } from '../../src/base/clock.js';
import type { Hash256 } from '../../src/base/hash.js';
import type { DevnetAccount } from '../devnet/account.js';
import type { PrivateNetwork } from '../devnet/private-network.js';
import type { ChainFeed } from './chain-feed.js';

/** One question and its answer. */
export interface AskedSample {
  /** From the question's block being announced to the answer's transaction being accepted. */
  readonly latencyMs: number;
  readonly block: number;
  readonly answer: Hash256;
}

/** One of those who are asked, each with a consumer, an answering account and a feed of its own. */
export interface AskedSide {
  /** Pays for the asking transactions. */
  readonly owner: DevnetAccount;
  /** Asks one question. */
  readonly script: Buffer;
  /** Watches the account that sends the answers. */
  readonly feed: ChainFeed;
  /** Gets one for each question that counts. */
  readonly samples: AskedSample[];
}

/** The next question is sent so far into a block's time: the work for the last one is over. */
const QUIET_AFTER = 0.4;
const TELL_EVERY = 20;

/**
 * Asks all sides in turns, one question a block, so that what disturbs one disturbs the others. The
 * first rounds warm up and do not count.
 */
export async function askInTurns(
  network: Pick<PrivateNetwork, 'prepare' | 'broadcast'>,
  sides: readonly AskedSide[],
  plan: { readonly samples: number; readonly warmUp: number; readonly blockMs: number },
  tell: (step: string) => void,
): Promise<void> {
  const { samples, warmUp, blockMs } = plan;
  tell(`asking in turns, ${samples} requests each after ${warmUp} that warm up`);
  for (let round = 0; round < samples + warmUp; round++) {
    // Who comes first changes, too: a block may be as long as the one before it.
    for (const side of round % 2 === 0 ? sides : [...sides].reverse()) {
      const { owner, script, feed } = side;
      const request = await network.prepare(owner, script);
      const before = feed.accepted.length;
      await network.broadcast(request);
      const block = await feed.until('the request in a block', () => feed.blockOf(request.hash));
      const answer = await feed.until('an answer', () => feed.accepted[before] ?? null);
      const announcedMs = feed.announcedMs(block) ?? Number.NaN;
      const latencyMs = answer.atMs - announcedMs;
      if (round >= warmUp) side.samples.push({ latencyMs, block, answer: answer.hash });
      await systemClock.sleep(announcedMs + QUIET_AFTER * blockMs - systemClock.monotonicMs());
    }
    const done = round + 1 - warmUp;
    if (done > 0 && done % TELL_EVERY === 0) tell(`${done} of ${samples}`);
  }
}
