import { durationText, grouped } from './figures.js';
import { Icon, type IconName } from './parts.js';
import { type ComponentChildren, h, type VNode } from './preact.js';
import { hashOf, type Route, type View } from './route.js';
import type { Props } from './state.js';

interface Place {
  readonly view: View;
  readonly name: string;
  readonly icon: IconName;
  readonly route: Route;
}

/** The places of the page, in the order of the navigation. */
export const PLACES: readonly Place[] = [
  { view: 'overview', name: 'Overview', icon: 'overview', route: { view: 'overview' } },
  {
    view: 'requests',
    name: 'Requests',
    icon: 'requests',
    route: { view: 'requests', show: 'all' },
  },
  { view: 'gasbank', name: 'Gas bank', icon: 'gasbank', route: { view: 'gasbank' } },
  { view: 'prices', name: 'Prices', icon: 'prices', route: { view: 'prices' } },
  { view: 'upkeeps', name: 'Upkeeps', icon: 'upkeeps', route: { view: 'upkeeps' } },
  { view: 'alerts', name: 'Alerts', icon: 'alerts', route: { view: 'alerts' } },
];

/** The page around a view: head, navigation, what is wrong with the connection. */
export function Frame({
  state,
  actions,
  children,
}: Props & { children: ComponentChildren }): VNode {
  return h('div', { class: 'frame' }, [
    h('a', { class: 'skip', href: '#view', onClick: skipToView }, 'Skip to the content'),
    h(Head, { state, actions }),
    h(Navigation, { state, actions }),
    h('div', { class: 'body' }, [
      h(ConnectionNote, { state, actions }),
      h('main', { id: 'view', tabIndex: -1, 'data-view': hashOf(state.route) }, children),
      h(Foot, { state, actions }),
    ]),
  ]);
}

/** The address is the route's, so the browser's own way to an anchor is not taken. */
function skipToView(event: Event): void {
  event.preventDefault();
  document.getElementById('view')?.focus();
}

function Head({ state, actions }: Props): VNode {
  const network = state.loaded.status?.value?.network;
  return h('header', { class: 'head' }, [
    h(
      'a',
      { class: 'brand', href: hashOf({ view: 'overview' }), 'aria-label': 'Dodona, overview' },
      [h(Mark, {}), h('span', {}, 'Dodona')],
    ),
    h('div', { class: 'head-facts' }, [
      network === undefined || network.height === null
        ? null
        : h('span', { class: 'head-height' }, [
            h('span', { class: 'quiet' }, 'Block '),
            h('span', { class: 'figure', key: network.height }, grouped(network.height)),
          ]),
      h(Liveness, { state, actions }),
      h(ThemeSwitch, { state, actions }),
    ]),
  ]);
}

/** Rings that widen from a drop: the bronze of Dodona, struck. */
const Mark = (): VNode =>
  h('svg', { class: 'mark', viewBox: '0 0 32 32', 'aria-hidden': 'true' }, [
    h('circle', { cx: 16, cy: 22, r: 3 }),
    h('path', { d: 'M8.5 22a7.5 7.5 0 0 1 15 0' }),
    h('path', { d: 'M3 22a13 13 0 0 1 26 0' }),
  ]);

function Liveness({ state }: Props): VNode {
  const words = { connecting: 'Connecting', live: 'Live', lost: 'Not connected' };
  const { kind } = state.connection;
  return h('span', { class: `liveness ${kind}`, role: 'status' }, [
    h('span', { class: 'dot', 'aria-hidden': 'true' }),
    h('span', { class: 'liveness-text' }, words[kind]),
  ]);
}

const THEME_NAMES = { auto: 'as the system', light: 'light', dark: 'dark' } as const;

function ThemeSwitch({ state, actions }: Props): VNode {
  const label = `Colours: ${THEME_NAMES[state.theme]}`;
  return h(
    'button',
    {
      type: 'button',
      class: 'icon-button',
      'aria-label': label,
      title: label,
      onClick: actions.cycleTheme,
    },
    h(Icon, { name: state.theme }),
  );
}

function Navigation({ state }: Props): VNode {
  const here = state.route.view === 'request' ? 'requests' : state.route.view;
  const alerts = state.loaded.alerts?.value?.items.length ?? 0;
  const links = PLACES.map(({ view, name, icon, route }) =>
    h(
      'li',
      { key: view },
      h('a', { href: hashOf(route), 'aria-current': view === here ? 'page' : undefined }, [
        h(Icon, { name: icon }),
        h('span', { class: 'nav-name' }, name),
        view === 'alerts' && alerts > 0
          ? h('span', { class: 'nav-count figure' }, [
              String(alerts),
              h('span', { class: 'unseen' }, alerts === 1 ? ' alert' : ' alerts'),
            ])
          : null,
      ]),
    ),
  );
  return h('nav', { class: 'nav', 'aria-label': 'Sections' }, h('ul', {}, links));
}

/** Above everything when what is shown may be out of date. */
function ConnectionNote({ state }: Props): VNode | null {
  const { connection, nowMs, loaded } = state;
  if (connection.kind !== 'lost') return null;
  const ago = durationText(nowMs - connection.sinceMs);
  const problem = loaded.status?.problem ?? 'the node does not answer';
  return h('div', { class: 'notice bad', role: 'alert' }, [
    h('strong', {}, `The connection to the node was lost ${ago} ago`),
    h('span', {}, `: ${problem}. What is shown is of before; the page goes on trying.`),
  ]);
}

function Foot({ state, actions }: Props): VNode {
  const status = state.loaded.status?.value;
  return h('footer', { class: 'foot' }, [
    h('span', {}, [
      status === undefined || status === null ? 'Dodona' : `Dodona ${status.version}`,
      ' · times in UTC · for reading only',
    ]),
    h('button', { type: 'button', class: 'link', onClick: actions.signOut }, 'Sign out'),
  ]);
}

/** shown to who is not signed in. */
export function SignIn({ state, actions }: Props): VNode {
  const problem = state.session.kind === 'closed' ? state.session.problem : null;
  return h('div', { class: 'gate' }, [
    h('main', { id: 'view', tabIndex: -1, class: 'gate-card' }, [
      h(Mark, {}),
      h('h1', {}, 'Dodona'),
      problem === null
        ? null
        : h('p', { class: 'notice bad', role: 'alert' }, `Not signed in: ${problem}.`),
      h('p', {}, 'This page shows the node to whoever may run it. On its machine, run'),
      h('pre', {}, h('code', {}, 'npx dodona console')),
      h('p', {}, 'and open the link that it prints. It works once, within two minutes.'),
      h('p', { class: 'gate-actions' }, [
        h('button', { type: 'button', class: 'button', onClick: actions.retry }, 'Look again'),
        h(ThemeSwitch, { state, actions }),
      ]),
    ]),
  ]);
}

/** Before anything is known. */
export const Entering = (): VNode =>
  h(
    'div',
    { class: 'gate' },
    h('main', { id: 'view', tabIndex: -1, class: 'gate-card' }, [
      h(Mark, {}),
      h('h1', {}, 'Dodona'),
      h('p', { class: 'waiting' }, 'Asking the node…'),
    ]),
  );
