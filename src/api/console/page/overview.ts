import { AlertList } from './alerts-view.js';
import { agoText, counted, durationText, grouped, hoursText } from './figures.js';
import { FlowChart } from './flow-chart.js';
import { Ago, Badge, Empty, Figure, Gas, Hash, Section, shown } from './parts.js';
import { h, type VNode } from './preact.js';
import { FeedRow } from './prices-view.js';
import { StageLanes } from './stage-lanes.js';
import type { Props } from './state.js';
import { DueList } from './upkeeps-view.js';
import type { Status } from './wire.js';

const ALERTS_SHOWN = 3;

/** Everything that an operator wants to know first. */
export function Overview({ state, actions }: Props): VNode {
  const { loaded } = state;
  return h('div', { class: 'view' }, [
    shown({
      loaded: loaded.status,
      show: (status) => [
        h(Headline, { status, nowMs: state.nowMs }),
        h(AlertList, { state, actions, most: ALERTS_SHOWN }),
        h(KeyFigures, { status, state, actions }),
      ],
    }),
    h(StageLanes, { state, actions }),
    h('div', { class: 'columns' }, [
      h(FlowChart, { state, actions, isSmall: true }),
      h('div', { class: 'stack' }, [
        h(PriceList, { state, actions }),
        h(DueList, { state, actions }),
      ]),
    ]),
    shown({
      loaded: loaded.status,
      show: (status) => h(Network, { status, state, actions }),
    }),
  ]);
}

/** The state of the node in one sentence, and why. */
function Headline({ status, nowMs }: { status: Status; nowMs: number }): VNode {
  const { network, isReady, reasons, startedAt, queue } = status;
  const height =
    network.processed === null ? 'no block yet' : `block ${grouped(network.processed)}`;
  const title = isReady ? 'In step' : 'Not ready';
  const answered = queue.answered ?? 0;
  const up = startedAt === null ? [] : [`up ${durationText(nowMs - Date.parse(startedAt))}`];
  const facts = [`taken in up to ${height}`, `${counted(answered, 'request')} answered`, ...up];
  return h('header', { class: `headline ${isReady ? 'good' : 'bad'}` }, [
    h('h1', { tabIndex: -1 }, title),
    h('p', {}, isReady ? sentence(facts.join(', ')) : sentence(reasons.join('; '))),
  ]);
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

function KeyFigures({ status, state }: { status: Status } & Props): VNode {
  const { network, wallet, earnedDatoshi, oldestOpenAt, queue } = status;
  const open = Object.entries(queue)
    .filter(([name]) => name !== 'answered' && name !== 'expired')
    .reduce((sum, [, count]) => sum + count, 0);
  const lag = network.lagBlocks;
  const hours = state.loaded.forecast?.value?.forecast?.hoursLeft;
  const isLow =
    wallet !== null &&
    wallet.balanceDatoshi !== null &&
    BigInt(wallet.balanceDatoshi) < BigInt(wallet.warningDatoshi);
  return h('dl', { class: 'key-figures' }, [
    h(Figure, {
      name: 'Network height',
      value: h(
        'span',
        { class: 'figure' },
        network.height === null ? '–' : grouped(network.height),
      ),
      note: lag === null ? 'not known' : lag === 0 ? 'no lag' : `${counted(lag, 'block')} behind`,
      tone: lag !== null && lag > 0 ? 'warn' : 'calm',
    }),
    h(Figure, {
      name: 'Requests open',
      value: h('span', { class: 'figure' }, grouped(open)),
      note:
        oldestOpenAt === null ? 'none waits' : `oldest asked ${agoText(oldestOpenAt, state.nowMs)}`,
    }),
    h(Figure, {
      name: 'Wallet',
      value: h(Gas, { datoshi: wallet?.balanceDatoshi ?? null }),
      note:
        hours === undefined || hours === null
          ? 'how long it lasts is known after an hour'
          : `lasts ${hoursText(hours)} at this pace`,
      tone: isLow ? 'warn' : 'calm',
    }),
    h(Figure, {
      name: 'Earned, to collect',
      value: h(Gas, { datoshi: earnedDatoshi }),
      note: 'at the gateway',
    }),
  ]);
}

function PriceList({ state, actions }: Props): VNode {
  return h(Section, { title: 'Prices', aside: h('a', { href: '#/prices' }, 'All sources') }, [
    shown({
      loaded: state.loaded.feeds,
      show: ({ items }) =>
        items.length === 0
          ? h(Empty, {
              title: 'No price feed',
              text: 'Feeds are files that prices.feeds in the configuration names.',
            })
          : h(
              'ul',
              { class: 'rows' },
              items.map((feed) => h(FeedRow, { key: feed.pair, feed, state, actions })),
            ),
    }),
  ]);
}

function Network({ status, state, actions }: { status: Status } & Props): VNode {
  const { network, endpoints, books, random } = status;
  const rows = endpoints.map(({ endpoint, isHealthy, height, why }) =>
    h('li', { key: endpoint, class: 'row endpoint' }, [
      h('span', { class: 'row-main' }, endpoint),
      h(
        'span',
        { class: 'figure quiet' },
        height === null ? 'no height' : `block ${grouped(height)}`,
      ),
      h(Badge, { tone: isHealthy ? 'good' : 'bad', text: isHealthy ? 'in use' : 'left' }),
      isHealthy ? null : h('p', { class: 'row-why' }, why ?? 'no reason known'),
    ]),
  );
  return h(Section, { title: 'Network and books' }, [
    h('ul', { class: 'rows' }, rows),
    h('dl', { class: 'facts' }, [
      h('dt', {}, 'Network'),
      h('dd', { class: 'figure' }, `magic ${network.magic}`),
      h('dt', {}, 'Gateway'),
      h('dd', {}, h(Hash, { hash: network.gateway, what: 'gateway', state, actions, whole: true })),
      h('dt', {}, 'Newest block'),
      h('dd', {}, network.latestBlockAt === null ? 'none seen yet' : seen(network.latestBlockAt)),
      h('dt', {}, 'Books'),
      h('dd', {}, booksText(books)),
      h('dt', {}, 'Random key'),
      h('dd', { class: 'figure' }, randomText(random)),
    ]),
  ]);

  function seen(at: string): VNode {
    return h('span', {}, ['seen ', h(Ago, { at, nowMs: state.nowMs })]);
  }
}

function booksText({ stopped, agreedBlock, accounts }: Status['books']): string {
  if (stopped !== null) return `nothing is spent: ${stopped}`;
  if (agreedBlock === null) return 'not yet held against the chain';
  const block = grouped(agreedBlock);
  return `${counted(accounts ?? 0, 'account')} agreed with the chain at block ${block}`;
}

function randomText(random: Status['random']): string {
  if (random === null || random.publicKeyId === null) return 'the gateway has none';
  return `key ${random.keyId} (${random.publicKeyId}), ${random.isHeld ? 'held' : 'not held'}`;
}
