import { durationText, grouped, timeText } from './figures.js';
import { Badge, Empty, Gas, Hash, Section, shown, type Tone } from './parts.js';
import { h, type VNode } from './preact.js';
import type { Props } from './state.js';
import type { Occurrence, UpkeepItem } from './wire.js';

/** Every upkeep: what it calls, when it is due next, how it stands. */
export function UpkeepsView({ state, actions }: Props): VNode {
  return h('div', { class: 'view' }, [
    h('h1', { tabIndex: -1 }, 'Upkeeps'),
    h(Section, { title: 'Newest first', class: 'bare' }, [
      shown({
        loaded: state.loaded.upkeeps,
        show: ({ items }) =>
          items.length === 0
            ? h(Empty, {
                title: 'No upkeep yet',
                text: 'They appear when a contract or an account registers one at the gateway.',
              })
            : h(UpkeepTable, { items, state, actions }),
      }),
    ]),
  ]);
}

const TONES: Readonly<Record<string, Tone>> = {
  waiting: 'good',
  sent: 'calm',
  unfunded: 'warn',
  paused: 'bad',
  unreadable: 'bad',
  ending: 'calm',
  cancelled: 'calm',
};

const UpkeepBadge = ({ state }: { readonly state: string }): VNode =>
  h(Badge, { tone: TONES[state] ?? 'calm', text: state });

function UpkeepTable({ items, state, actions }: Props & { items: readonly UpkeepItem[] }): VNode {
  const heads = ['Upkeep', 'State', 'Calls', 'Next due', 'Last run', 'Locked a run'];
  return h('table', { class: 'table upkeeps' }, [
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        heads.map((name) =>
          h('th', { scope: 'col', class: name === 'Locked a run' ? 'number' : '' }, name),
        ),
      ),
    ),
    h(
      'tbody',
      {},
      items.map((item) => h(Row, { key: item.id, item, state, actions })),
    ),
  ]);
}

function Row({ item, state, actions }: Props & { readonly item: UpkeepItem }): VNode {
  const { id, trigger, target, method, lastDue, reason, next, maxFeeDatoshi, isFunded } = item;
  return h('tr', { 'data-upkeep': id }, [
    h('th', { scope: 'row' }, [
      h('span', { class: 'figure' }, `#${id}`),
      h('code', { class: 'trigger' }, trigger),
    ]),
    h('td', { 'data-label': 'State' }, [
      h(UpkeepBadge, { state: item.state }),
      h('p', { class: 'cell-note' }, reason),
    ]),
    h('td', { 'data-label': 'Calls' }, [
      h('code', { class: 'text method' }, method),
      h(Hash, { hash: target, what: 'contract', state, actions }),
    ]),
    h('td', { 'data-label': 'Next due' }, [
      h(Due, { item, state }),
      h('p', { class: 'cell-note' }, next),
    ]),
    h(
      'td',
      { 'data-label': 'Last run', class: 'figure last-run' },
      lastDue === null ? '–' : dueText(lastDue),
    ),
    h('td', { class: 'number', 'data-label': 'Locked a run' }, [
      h(Gas, { datoshi: maxFeeDatoshi }),
      isFunded ? null : h('p', { class: 'cell-note' }, 'not funded'),
    ]),
  ]);
}

const dueText = ({ block, at }: Occurrence): string =>
  at === null ? `block ${grouped(block ?? 0)}` : `${timeText(at)} UTC`;

/** When it is due, and how far that is. */
function Due({ item, state }: { item: UpkeepItem; state: Props['state'] }): VNode {
  const { nextDue, triggerKind } = item;
  if (nextDue === null) {
    const text = triggerKind === 'when' ? 'when its condition holds' : 'not known';
    return h('span', {}, item.state === 'waiting' ? text : '–');
  }
  const far = distance(nextDue, state);
  return h('span', { class: 'figure' }, [
    dueText(nextDue),
    far === null ? null : h('span', { class: 'quiet' }, `, ${far}`),
  ]);
}

function distance({ block, at }: Occurrence, { loaded, nowMs }: Props['state']): string | null {
  if (at !== null) {
    const ms = Date.parse(at) - nowMs;
    return ms <= 0 ? 'now' : `in ${durationText(ms)}`;
  }
  const height = loaded.status?.value?.network.processed ?? null;
  if (block === null || height === null) return null;
  return block <= height + 1 ? 'with the next block' : `in ${grouped(block - height)} blocks`;
}

const DUE_SHOWN = 5;

/** What runs next, for the overview. */
export function DueList({ state }: Props): VNode {
  const aside = h('a', { href: '#/upkeeps' }, 'All upkeeps');
  return h(Section, { title: 'Upkeeps', aside }, [
    shown({
      loaded: state.loaded.upkeeps,
      show: ({ items }) => {
        const alive = items.filter((item) => item.state !== 'cancelled');
        if (alive.length === 0) {
          return h(Empty, { title: 'No upkeep', text: 'Nobody registered one at the gateway.' });
        }
        return h(
          'ul',
          { class: 'rows' },
          alive
            .slice(0, DUE_SHOWN)
            .map((item) =>
              h('li', { key: item.id, class: 'row due' }, [
                h('span', { class: 'figure' }, `#${item.id}`),
                h('code', { class: 'row-main' }, item.trigger),
                h(UpkeepBadge, { state: item.state }),
                h('span', { class: 'row-note' }, h(Due, { item, state })),
              ]),
            ),
        );
      },
    }),
  ]);
}
