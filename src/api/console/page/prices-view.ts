import { agoText, centiBps, distanceText, durationText, grouped } from './figures.js';
import { Ago, Badge, Empty, Gas, Hash, Section, shown, type Tone } from './parts.js';
import { h, type VNode } from './preact.js';
import { PriceLine } from './price-line.js';
import type { Props } from './state.js';
import type { Feed, Poll, Quote } from './wire.js';

/** Every feed: what the sources say, who is believed, what is on the chain. */
export function PricesView({ state, actions }: Props): VNode {
  return h('div', { class: 'view' }, [
    h('h1', { tabIndex: -1 }, 'Prices'),
    shown({
      loaded: state.loaded.feeds,
      show: ({ items }) =>
        items.length === 0
          ? h(Empty, {
              title: 'No price feed',
              text: 'Feeds are files that prices.feeds in the configuration names.',
            })
          : items.map((feed) => h(FeedSection, { key: feed.pair, feed, state, actions })),
    }),
  ]);
}

type FeedProps = Props & { readonly feed: Feed };

const SECOND_MS = 1_000;

function FeedSection({ feed, state, actions }: FeedProps): VNode {
  const { pair, latestPoll: poll, latestRound: round } = feed;
  const currency = pair.split('/')[1] ?? '';
  const polls = state.loaded.polls?.value?.[pair] ?? [];
  return h(Section, { title: pair, class: 'feed', aside: h(Agreement, { feed }) }, [
    poll === null
      ? h(Empty, { title: 'Not polled yet', text: `The first poll is on its way.` })
      : h('div', { class: 'feed-top' }, [
          h('div', {}, [
            h('p', { class: 'price figure' }, [
              poll.price ?? 'no price',
              poll.price === null ? null : h('span', { class: 'unit' }, ` ${currency}`),
            ]),
            h('p', { class: 'quiet' }, [
              'polled ',
              h(Ago, { at: poll.at, nowMs: state.nowMs }),
              poll.confidenceBps === null ? '' : `, sources within about ${poll.confidenceBps} bp`,
            ]),
          ]),
          h(PriceLine, { polls, pair }),
        ]),
    h('dl', { class: 'facts' }, [
      h('dt', {}, 'On the chain'),
      h('dd', {}, round === null ? 'nothing yet' : h(RoundText, { feed, state, actions })),
      h('dt', {}, 'Decision'),
      h(
        'dd',
        {},
        poll === null ? '–' : `${poll.decision === 'none' ? 'wait' : poll.decision}: ${poll.why}`,
      ),
      h('dt', {}, 'Published'),
      h('dd', { class: 'figure' }, rulesText(feed)),
    ]),
    poll === null ? null : h(SourceTable, { poll, pair, nowMs: state.nowMs }),
  ]);
}

function Agreement({ feed }: { readonly feed: Feed }): VNode | null {
  const poll = feed.latestPoll;
  if (poll === null) return null;
  const accepted = poll.sources.filter(({ isAccepted }) => isAccepted).length;
  const text = `${accepted} of ${poll.sources.length} sources accepted`;
  return h(Badge, { tone: poll.price === null ? 'bad' : 'good', text });
}

function RoundText({ feed, state, actions }: FeedProps): VNode | null {
  const round = feed.latestRound;
  if (round === null) return null;
  const { price, block, priceAt, feeDatoshi, payer, tx } = round;
  return h('div', { class: 'round' }, [
    h('span', { class: 'figure' }, [
      h('strong', {}, price),
      ` in round ${grouped(round.round)}, block ${grouped(block)}, of `,
      h(Ago, { at: priceAt, nowMs: state.nowMs }),
      ...(payer === null
        ? [', paid by the node']
        : [', for ', h(Gas, { datoshi: feeDatoshi }), ', paid by']),
    ]),
    payer === null ? null : h(Hash, { hash: payer, what: 'payer', state, actions }),
    h(Hash, { hash: tx, what: 'transaction', state, actions }),
  ]);
}

function rulesText({
  isPublished,
  deviationBps,
  heartbeatSeconds,
  pollIntervalSeconds,
}: Feed): string {
  const polled = `polled each ${durationText(pollIntervalSeconds * SECOND_MS)}`;
  if (!isPublished) return `not published: it only converts other feeds; ${polled}`;
  const beat = durationText(heartbeatSeconds * SECOND_MS);
  return `when it moves by ${deviationBps} bp, and at the latest after ${beat}; ${polled}`;
}

const VERDICTS: Readonly<Record<string, { readonly tone: Tone; readonly text: string }>> = {
  kept: { tone: 'good', text: 'accepted' },
  outlier: { tone: 'bad', text: 'outlier' },
  failed: { tone: 'bad', text: 'failed' },
  stale: { tone: 'warn', text: 'stale' },
  future: { tone: 'warn', text: 'from the future' },
  unconverted: { tone: 'warn', text: 'no rate' },
};

function SourceTable({ poll, pair, nowMs }: { poll: Poll; pair: string; nowMs: number }): VNode {
  const heads = ['Source', 'Verdict', 'Price', 'From the price', '', 'Age'];
  const numbers = ['Price', 'From the price', 'Age'];
  return h('table', { class: 'table sources', 'aria-label': `Sources of ${pair}` }, [
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        heads.map((name) =>
          name === ''
            ? h('td', { class: 'scale-head', 'aria-hidden': 'true' }, '')
            : h('th', { scope: 'col', class: numbers.includes(name) ? 'number' : '' }, name),
        ),
      ),
    ),
    h(
      'tbody',
      {},
      poll.sources.map((quote) => h(SourceRow, { key: quote.source, quote, poll, nowMs })),
    ),
  ]);
}

function SourceRow({ quote, poll, nowMs }: { quote: Quote; poll: Poll; nowMs: number }): VNode {
  const { source, group, verdict, price, at, why } = quote;
  const { tone, text } = VERDICTS[verdict] ?? { tone: 'calm' as const, text: verdict };
  const agreed = poll.price;
  return h('tr', { 'data-source': source, class: quote.isAccepted ? '' : 'rejected' }, [
    h('th', { scope: 'row' }, [
      h('span', {}, source),
      group === source ? null : h('span', { class: 'quiet' }, ` ${group}`),
    ]),
    h('td', { 'data-label': 'Verdict' }, [
      h(Badge, { tone, text }),
      why === null ? null : h('p', { class: 'cell-note' }, why),
    ]),
    h('td', { class: 'number figure', 'data-label': 'Price' }, price ?? '–'),
    h(
      'td',
      { class: 'number figure', 'data-label': 'From the price' },
      price === null || agreed === null ? '–' : distanceText(price, agreed),
    ),
    h(
      'td',
      { class: 'scale-cell', 'aria-hidden': 'true' },
      price === null || agreed === null ? null : h(Scale, { quote, price, agreed }),
    ),
    h(
      'td',
      { class: 'number figure quiet', 'data-label': 'Age' },
      at === null ? '–' : agoText(at, nowMs),
    ),
  ]);
}

/** Half the width of the scale, in basis points; what is beyond stands at its end. */
const SCALE_BPS = 50;
const SCALE_WIDTH = 120;

/** Where a source stands from the price: a dot on a line. */
function Scale({ quote, price, agreed }: { quote: Quote; price: string; agreed: string }): VNode {
  const share = centiBps(price, agreed) / 100 / SCALE_BPS;
  const clamped = Math.max(-1, Math.min(1, share));
  const x = SCALE_WIDTH / 2 + clamped * (SCALE_WIDTH / 2 - 6);
  const isBeyond = Math.abs(share) > 1;
  const arrow = clamped < 0 ? `M${x + 3} 5 ${x - 3} 9l6 4Z` : `M${x - 3} 5l6 4-6 4Z`;
  return h('svg', { class: 'scale', viewBox: `0 0 ${SCALE_WIDTH} 18` }, [
    h('path', { class: 'scale-line', d: `M4 9H${SCALE_WIDTH - 4}M${SCALE_WIDTH / 2} 4v10` }),
    isBeyond
      ? h('path', { class: 'scale-off', d: arrow })
      : h('circle', { class: quote.isAccepted ? 'scale-in' : 'scale-off', cx: x, cy: 9, r: 4 }),
  ]);
}

/** One feed in the overview. */
export function FeedRow({ feed, state }: FeedProps): VNode {
  const { pair, latestPoll: poll, latestRound: round } = feed;
  const accepted = poll?.sources.filter(({ isAccepted }) => isAccepted).length ?? 0;
  const count = poll?.sources.length ?? 0;
  return h('li', { class: 'row price-row' }, [
    h('a', { class: 'row-main', href: '#/prices' }, pair),
    h('span', { class: 'row-figure figure' }, poll?.price ?? 'no price'),
    h(Badge, {
      tone: poll === null ? 'calm' : poll.price === null ? 'bad' : 'good',
      text: poll === null ? 'not polled' : `${accepted} of ${count} sources`,
    }),
    h(
      'span',
      { class: 'row-note' },
      round === null
        ? 'not on the chain'
        : ['on the chain since ', h(Ago, { at: round.priceAt, nowMs: state.nowMs })],
    ),
  ]);
}
