import { isAskEvent } from '../../src/chain/gateway-events.js';
import type { PlacedEvent } from '../../test/node/chain-history.js';
import { percentile } from '../bench/statistics.js';
import { ECHO_PATH, ROUGH_PATHS } from './rough-source.js';
import type { World } from './world.js';

/** How requests fared; in blocks from a request's to its answer's. */
export interface Waited {
  readonly answered: number;
  /** Refunded: trouble lasted for as long as a request lives, or nothing could be answered. */
  readonly expired: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** What the chain has of the run. */
export interface Figures {
  /** By the event that asked. */
  readonly requests: Readonly<Record<string, number>>;
  readonly upkeepRuns: number;
  readonly blocks: number;
  /** Of requests that are as they should be. */
  readonly honest: Waited;
  /** Of hostile contracts, or of hostile sources. */
  readonly hostile: Waited;
}

interface Ended {
  readonly how: 'Response' | 'Expired';
  readonly isHostile: boolean;
  readonly blocks: number;
}

export function figuresOf(
  { cast }: Pick<World, 'cast'>,
  events: readonly PlacedEvent[],
  blocks: number,
): Figures {
  const hostiles = new Set(cast.hostiles.map(({ hash }) => hash));
  const asked = new Map<bigint, { block: number; isHostile: boolean }>();
  const requests: Record<string, number> = {};
  const ended: Ended[] = [];
  let upkeepRuns = 0;
  for (const event of events) {
    if (isAskEvent(event)) {
      const isHostile = hostiles.has(event.requester) || isRough(event);
      asked.set(event.id, { block: event.block, isHostile });
      requests[event.name] = (requests[event.name] ?? 0) + 1;
    } else if (event.name === 'Response' || event.name === 'Expired') {
      const { block = 0, isHostile = false } = asked.get(event.id) ?? {};
      ended.push({ how: event.name, isHostile, blocks: event.block - block });
    } else if (event.name === 'UpkeepPerformed') upkeepRuns += 1;
  }
  const of = (wanted: boolean): Waited =>
    waitedOf(ended.filter(({ isHostile }) => isHostile === wanted));
  const counts = { requests, upkeepRuns, blocks };
  return { ...counts, honest: of(false), hostile: of(true) };
}

function isRough(event: PlacedEvent): boolean {
  const text = event.name === 'HttpRequest' ? event.spec : '';
  return [...ROUGH_PATHS, ECHO_PATH].some((path) => text.includes(`${path}?`));
}

function waitedOf(all: readonly Ended[]): Waited {
  const answers = all.filter(({ how }) => how === 'Response').map(({ blocks }) => blocks);
  const at = (share: number): number => (answers.length === 0 ? 0 : percentile(answers, share));
  const counts = { answered: answers.length, expired: all.length - answers.length };
  return { ...counts, p50: at(0.5), p99: at(0.99), max: at(1) };
}
