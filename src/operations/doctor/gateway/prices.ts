import type { Hash160 } from '../../../base/hash.js';
import { readContract } from '../../../chain/contract-read.js';
import { gatewayReads } from '../../../chain/gateway-reads.js';
import type { FeedConfig } from '../../../config/feed-config.js';
import { type Check, check, fail, given, ok, skipped } from '../finding.js';
import { type FindAccount, type GatewayView, UNREAD } from './gateway-view.js';

/** Rounds are taken from the current node account alone; one in overlap publishes none. */
export const pricesCheck = (
  view: GatewayView,
  readFeeds: () => readonly FeedConfig[],
  findAccount: FindAccount,
  gateway: Hash160,
): Check =>
  check('prices.publisher', (signal) =>
    given(view.facts(), UNREAD, async ({ nodeAccount }) => {
      const pairs = readFeeds().flatMap(({ pair, isPublished }) => (isPublished ? [pair] : []));
      if (pairs.length === 0) return skipped('prices.feeds names no feed to publish');
      if (nodeAccount !== (await findAccount())) {
        return fail({
          expected: `that the gateway takes rounds of ${pairs.length} feeds from this account`,
          found: 'it takes them from its node account, which is another one',
          fix: 'See gateway.node-account; or leave prices.feeds out here.',
        });
      }
      const reads = gatewayReads(gateway);
      const ownCost: string[] = [];
      for (const pair of pairs) {
        const sponsor = await readContract(view.rpc, reads.feedSponsorOf(pair), { signal });
        if (sponsor === null) ownCost.push(pair);
      }
      const own = ownCost.length === 0 ? '' : `; nobody else pays for ${ownCost.join(', ')}`;
      return ok(`${pairs.length} feeds are published by this account${own}`);
    }),
  );
