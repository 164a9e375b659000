import { timeText } from './figures.js';
import { Ago, Badge, Empty, Section, shown } from './parts.js';
import { h, type VNode } from './preact.js';
import { hashOf } from './route.js';
import type { Props } from './state.js';
import type { Alert, Trouble } from './wire.js';

/** What somebody should look at, and what went wrong lately. */
export function AlertsView({ state, actions }: Props): VNode {
  return h('div', { class: 'view' }, [
    h('h1', { tabIndex: -1 }, 'Alerts'),
    h(Section, { title: 'Now' }, [
      shown({
        loaded: state.loaded.alerts,
        show: ({ items }) =>
          items.length === 0
            ? h(Empty, { title: 'Nothing is wrong', text: 'No alert holds at this moment.' })
            : h(AlertList, { state, actions, most: items.length }),
      }),
    ]),
    h(Section, { title: 'Lately, from the log' }, [
      shown({
        loaded: state.loaded.status,
        show: ({ recentTrouble }) =>
          recentTrouble.length === 0
            ? h(Empty, {
                title: 'No warning and no error',
                text: 'The node remembers the last ones since its start; its log has them all.',
              })
            : h(
                'ul',
                { class: 'rows' },
                recentTrouble.map((trouble, place) =>
                  h(TroubleRow, { key: place, trouble, nowMs: state.nowMs }),
                ),
              ),
      }),
    ]),
  ]);
}

/** The worst alerts; nothing at all where there is none. */
export function AlertList({ state, most }: Props & { readonly most: number }): VNode | null {
  const items = state.loaded.alerts?.value?.items ?? [];
  if (items.length === 0) return null;
  const more = items.length - most;
  return h('div', { class: 'alerts' }, [
    ...items.slice(0, most).map((alert) => h(AlertCard, { key: alert.code, alert, state })),
    more > 0 ? h('a', { href: '#/alerts' }, `and ${more} more`) : null,
  ]);
}

function AlertCard({ alert, state }: { alert: Alert; state: Props['state'] }): VNode {
  const { code, severity, summary, detail, since } = alert;
  return h('article', { class: `alert ${severity === 'critical' ? 'bad' : 'warn'}` }, [
    h('div', { class: 'alert-head' }, [
      h(Badge, { tone: severity === 'critical' ? 'bad' : 'warn', text: severity }),
      h('code', { class: 'quiet' }, code),
      since === null
        ? null
        : h('span', { class: 'quiet' }, h(Ago, { at: since, nowMs: state.nowMs })),
    ]),
    h('h3', {}, summary),
    detail === '' ? null : h('p', {}, detail),
  ]);
}

function TroubleRow({ trouble, nowMs }: { trouble: Trouble; nowMs: number }): VNode {
  const { at, level, message, requestId } = trouble;
  return h('li', { class: 'row trouble' }, [
    h('span', { class: 'figure quiet trouble-time' }, [
      `${timeText(at)} `,
      h('span', { class: 'row-note' }, ['(', h(Ago, { at, nowMs }), ')']),
    ]),
    h(Badge, { tone: level === 'error' ? 'bad' : 'warn', text: level }),
    h('span', { class: 'trouble-text' }, message),
    requestId === null
      ? null
      : h(
          'a',
          { class: 'figure', href: hashOf({ view: 'request', id: requestId }) },
          `#${requestId}`,
        ),
  ]);
}
