import { sumOf } from './figures.js';
import { Ago, Empty, Gas, Section, shown } from './parts.js';
import { h, type VNode } from './preact.js';
import { hashOf, REQUEST_FILTERS, type RequestFilter } from './route.js';
import { StateBadge } from './stage-lanes.js';
import type { Props } from './state.js';
import type { RequestItem } from './wire.js';

const FILTER_NAMES: Readonly<Record<RequestFilter, string>> = {
  all: 'All',
  received: 'Waiting',
  stuck: 'Stuck',
  answered: 'Answered',
  expired: 'Refunded',
};

/** The list of requests, newest first. */
export function RequestsView({ state, actions }: Props): VNode {
  const show = state.route.view === 'requests' ? state.route.show : 'all';
  const { older } = state;
  return h('div', { class: 'view' }, [
    h('h1', { tabIndex: -1 }, 'Requests'),
    h(Filters, { show, actions, state }),
    h(Section, { title: `${FILTER_NAMES[show]}, newest first`, class: 'bare' }, [
      shown({
        loaded: state.loaded.requests,
        show: (page) => {
          const items = [...page.items, ...(older?.items ?? [])];
          const next = older === null ? page.next : older.next;
          return items.length === 0
            ? h(None, { show })
            : [
                h(RequestTable, { items, nowMs: state.nowMs }),
                next === null
                  ? h('p', { class: 'end' }, 'These are all.')
                  : h(
                      'button',
                      { type: 'button', class: 'button', onClick: actions.showOlder },
                      'Older ones',
                    ),
              ];
        },
      }),
    ]),
  ]);
}

const None = ({ show }: { readonly show: RequestFilter }): VNode =>
  show === 'all'
    ? h(Empty, {
        title: 'No request yet',
        text: 'They appear as soon as a contract asks the gateway.',
      })
    : h(Empty, { title: 'None', text: `No request is ${FILTER_NAMES[show].toLowerCase()} now.` });

/** One choice of several: arrows move it, as in a group of radio buttons. */
function Filters({ show, actions }: Props & { readonly show: RequestFilter }): VNode {
  const choose = (name: RequestFilter): void => actions.go({ view: 'requests', show: name });
  return h(
    'div',
    { class: 'segments', role: 'radiogroup', 'aria-label': 'Which requests' },
    REQUEST_FILTERS.map((name, place) =>
      h(
        'button',
        {
          key: name,
          type: 'button',
          role: 'radio',
          'aria-checked': name === show,
          tabIndex: name === show ? 0 : -1,
          onClick: () => choose(name),
          onKeyDown: (event: KeyboardEvent) => moveChoice(event, place, choose),
        },
        FILTER_NAMES[name],
      ),
    ),
  );
}

const STEPS: Readonly<Record<string, number>> = {
  ArrowRight: 1,
  ArrowDown: 1,
  ArrowLeft: -1,
  ArrowUp: -1,
};

function moveChoice(
  event: KeyboardEvent,
  place: number,
  choose: (name: RequestFilter) => void,
): void {
  const step = STEPS[event.key];
  if (step === undefined) return;
  event.preventDefault();
  const to = (place + step + REQUEST_FILTERS.length) % REQUEST_FILTERS.length;
  const buttons = (event.currentTarget as HTMLElement).parentElement?.children;
  (buttons?.[to] as HTMLElement | undefined)?.focus();
  const name = REQUEST_FILTERS[to];
  if (name !== undefined) choose(name);
}

/** On a phone each row is a card; the labels of its cells stand before them then. */
export function RequestTable({
  items,
  nowMs,
}: {
  readonly items: readonly RequestItem[];
  readonly nowMs: number;
}): VNode {
  const heads = ['Request', 'State', 'Wants', 'Block', 'Charged', 'Asked'];
  const numbers = ['Block', 'Charged'];
  return h('table', { class: 'table requests' }, [
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        heads.map((name) =>
          h('th', { scope: 'col', class: numbers.includes(name) ? 'number' : '' }, name),
        ),
      ),
    ),
    h(
      'tbody',
      {},
      items.map((item) => h(Row, { key: item.id, item, nowMs })),
    ),
  ]);
}

function Row({ item, nowMs }: { readonly item: RequestItem; readonly nowMs: number }): VNode {
  const { id, kind, subject, createdBlock, createdAt, feeDatoshi } = item;
  const href = hashOf({ view: 'request', id });
  const charged = sumOf(feeDatoshi, item.lostDatoshi, item.premiumDatoshi);
  return h('tr', { 'data-request': id }, [
    h('th', { scope: 'row' }, [
      h('a', { class: 'figure', href }, `#${id}`),
      h('span', { class: 'quiet' }, ` ${kind}`),
    ]),
    h('td', { 'data-label': 'State' }, [
      h(StateBadge, { item }),
      h('span', { class: 'quiet code-name' }, item.codeName ?? ''),
    ]),
    h(
      'td',
      { class: 'subject', 'data-label': 'Wants' },
      h('code', { class: 'subject-text' }, subject),
    ),
    h('td', { class: 'number figure', 'data-label': 'Block' }, String(createdBlock)),
    h(
      'td',
      { class: 'number', 'data-label': 'Charged' },
      feeDatoshi === null ? h('span', { class: 'quiet' }, '–') : h(Gas, { datoshi: charged }),
    ),
    h('td', { class: 'quiet', 'data-label': 'Asked' }, h(Ago, { at: createdAt, nowMs })),
  ]);
}
