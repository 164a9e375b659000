import { agoText, grouped } from './figures.js';
import { Badge, Problem, Section, type Tone } from './parts.js';
import { h, type VNode } from './preact.js';
import { hashOf } from './route.js';
import { countIn, STAGE_TEXTS, STAGES, type Stage, stageOf } from './stages.js';
import type { Props } from './state.js';
import type { RequestItem, Status } from './wire.js';

/** Requests that a stage shows; the others are counted. */
const CHIPS_SHOWN = 6;

/** The stages side by side, with the requests that are in each. */
export function StageLanes({ state, actions }: Props): VNode {
  const { flow, status } = state.loaded;
  const processed = status?.value?.network.processed ?? null;
  const items = flow?.value?.items ?? [];
  const queue = status?.value?.queue ?? {};
  const lane = (stage: Stage): VNode => {
    const here = items.filter((item) => stageOf(item, processed) === stage);
    return h(Lane, { key: stage, stage, items: here, queue, processed, state, actions });
  };
  const refunds = countIn('refund', queue) > 0;
  const all = h('a', { href: hashOf({ view: 'requests', show: 'all' }) }, 'All requests');
  return h(Section, { title: 'Requests on their way', aside: all, class: 'flow' }, [
    h(Problem, { problem: flow?.problem ?? null }),
    h('ol', { class: `lanes ${refunds ? 'six' : ''}` }, [
      ...STAGES.map(lane),
      ...(refunds ? [lane('refund')] : []),
    ]),
  ]);
}

interface LaneProps extends Props {
  readonly stage: Stage;
  readonly items: readonly RequestItem[];
  readonly queue: Status['queue'];
  readonly processed: number | null;
}

function Lane({ stage, items, queue, processed, state }: LaneProps): VNode {
  const { name, does } = STAGE_TEXTS[stage];
  const shown = items.slice(0, CHIPS_SHOWN);
  const total = stage === 'intake' ? items.length : Math.max(countIn(stage, queue), items.length);
  const more = total - shown.length;
  const hasMore = stage !== 'done' && more > 0;
  return h('li', { class: `lane ${stage}`, 'data-stage': stage }, [
    h('div', { class: 'lane-head', title: does }, [
      h('h3', {}, name),
      h('span', { class: 'lane-count figure' }, grouped(total)),
    ]),
    stage === 'intake' ? h(Tail, { processed, state }) : null,
    h(
      'ul',
      { class: 'chips', 'aria-label': `${name}: ${does}` },
      shown.map((item) => h(Chip, { key: item.id, item, nowMs: state.nowMs })),
    ),
    hasMore ? h('p', { class: 'lane-more figure' }, olderText(shown.length, more)) : null,
    total === 0 && stage !== 'intake' ? h('p', { class: 'lane-none' }, 'none') : null,
  ]);
}

/** Of requests that are not among the newest only the number is known. */
const olderText = (shown: number, more: number): string =>
  `${shown === 0 ? '' : 'and '}${grouped(more)} older`;

/** The end of the chain, where requests come from. */
function Tail({ processed, state }: { processed: number | null; state: Props['state'] }): VNode {
  const at = state.loaded.status?.value?.network.latestBlockAt ?? null;
  return h('p', { class: 'tail' }, [
    h('span', { class: 'figure' }, processed === null ? 'no block' : `Block ${grouped(processed)}`),
    at === null ? null : h('span', { class: 'quiet figure' }, agoText(at, state.nowMs)),
  ]);
}

function Chip({ item, nowMs }: { readonly item: RequestItem; readonly nowMs: number }): VNode {
  const { id, kind, codeName, state, createdAt } = item;
  const ending = state === 'expired' ? 'refunded' : (codeName ?? '');
  return h('li', { 'data-request': id }, [
    h('a', { class: `chip ${toneOf(item)}`, href: hashOf({ view: 'request', id }) }, [
      h('span', { class: 'chip-id figure' }, `#${id}`),
      h('span', { class: 'chip-kind' }, kind),
      ending === ''
        ? h('span', { class: 'chip-note figure' }, agoText(createdAt, nowMs))
        : h('span', { class: 'chip-note' }, ending),
    ]),
  ]);
}

/** How a request stands. */
export function toneOf({ state, codeName }: RequestItem): Tone {
  if (state === 'answered') return codeName === 'Success' ? 'good' : 'warn';
  if (state === 'expired') return 'warn';
  return state === 'stuck' || state === 'overdue' || state === 'expiring' ? 'bad' : 'calm';
}

export const StateBadge = ({ item }: { readonly item: RequestItem }): VNode =>
  h(Badge, { tone: toneOf(item), text: item.state });
