import type { Datoshi } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';
import { type ScriptArg, utf8 } from '../../src/chain/script.js';
import type { Balances } from './model-balances.js';

/* What the design says of prices and their sponsors, to run beside a real gateway. */

/** What is done with feeds. */
export type FeedAct =
  | { readonly does: 'publish'; readonly rounds: readonly ModelRound[] }
  | {
      readonly does: 'sponsor';
      readonly pair: string;
      readonly maxFee: Datoshi;
      readonly allowance: Datoshi;
    }
  | { readonly does: 'choose'; readonly pair: string; readonly payer: Hash160 | null };

export interface ModelRound {
  readonly pair: string;
  readonly timestamp: number;
}

export function feedCall(act: FeedAct): [string, ...ScriptArg[]] {
  switch (act.does) {
    case 'publish':
      return [
        'submitPrices',
        act.rounds.map(({ pair, timestamp }) => [utf8(pair), BigInt(timestamp), timestamp, 1]),
      ];
    case 'sponsor':
      return ['sponsorFeed', utf8(act.pair), act.maxFee, act.allowance];
    case 'choose':
      return ['chooseFeedSponsor', utf8(act.pair), act.payer];
  }
}

export class FeedsModel {
  /** Rounds of each feed, in their order. */
  readonly rounds = new Map<string, number[]>();
  readonly chosen = new Map<string, Hash160>();
  /** By pair and payer. */
  readonly sponsorships = new Map<string, { maxFee: Datoshi; allowance: Datoshi }>();

  /** Who ever offered to pay. */
  readonly payers = new Set<Hash160>();

  constructor(
    private readonly balances: Balances,
    private readonly facts: { readonly owner: Hash160 },
  ) {}

  refusalOf(
    act: FeedAct,
    by: Hash160,
    { node, paused }: { readonly node: Hash160 | null; readonly paused: boolean },
  ): string | null {
    switch (act.does) {
      case 'publish':
        return by === node ? null : "submitPrices needs the node account's witness";
      case 'sponsor':
        if (!paused || act.allowance === 0n) return null;
        return 'the gateway is paused: it takes no new sponsors of feeds';
      case 'choose':
        if (by !== this.facts.owner) return "the owner's witness is missing";
        if (act.payer === null || this.sponsorships.has(act.pair + act.payer)) return null;
        return 'payer of chooseFeedSponsor never offered to sponsor this feed';
    }
  }

  /** Does what is not refused, and returns the rounds that were not skipped. */
  perform(act: FeedAct, by: Hash160): ModelRound[] {
    switch (act.does) {
      case 'publish':
        return act.rounds.filter(({ pair, timestamp }) => {
          const rounds = this.rounds.get(pair) ?? [];
          if (timestamp <= (rounds.at(-1) ?? -1)) return false;
          this.rounds.set(pair, [...rounds, timestamp]);
          return true;
        });
      case 'sponsor': {
        const { maxFee, allowance } = act;
        this.payers.add(by);
        this.sponsorships.set(act.pair + by, { maxFee, allowance });
        return [];
      }
      case 'choose':
        if (act.payer === null) this.chosen.delete(act.pair);
        else this.chosen.set(act.pair, act.payer);
        return [];
    }
  }

  /** The most that the feed's sponsor can be charged now, and who it is. */
  limitOf(pair: string): { readonly payer: Hash160 | null; readonly most: Datoshi } {
    const payer = this.chosen.get(pair) ?? null;
    if (payer === null) return { payer, most: 0n };
    const { maxFee = 0n, allowance = 0n } = this.sponsorships.get(pair + payer) ?? {};
    const limits = [maxFee, allowance, this.balances.creditOf(payer)];
    return { payer, most: limits.reduce((least, each) => (each < least ? each : least)) };
  }

  charge(pair: string, payer: Hash160, fee: Datoshi, earner: Hash160): void {
    this.balances.pay(payer, fee, earner);
    const sponsorship = this.sponsorships.get(pair + payer);
    if (sponsorship !== undefined) sponsorship.allowance -= fee;
  }
}
