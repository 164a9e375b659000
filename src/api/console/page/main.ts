import { AlertsView } from './alerts-view.js';
import { runPage } from './console-page.js';
import { Entering, Frame, SignIn } from './frame.js';
import { GasbankView } from './gasbank-view.js';
import type { Outside } from './outside.js';
import { Overview } from './overview.js';
import { type ComponentType, h, render, type VNode } from './preact.js';
import { PricesView } from './prices-view.js';
import { RequestLifeView } from './request-life.js';
import { RequestsView } from './requests-view.js';
import type { View } from './route.js';
import type { Actions, PageState, Props, Theme } from './state.js';
import { UpkeepsView } from './upkeeps-view.js';

// The page's composition root: the only place that takes clock, timers and the rest of the browser.

const VIEWS: Readonly<Record<View, ComponentType<Props>>> = {
  overview: Overview,
  requests: RequestsView,
  request: RequestLifeView,
  gasbank: GasbankView,
  prices: PricesView,
  upkeeps: UpkeepsView,
  alerts: AlertsView,
};

/** The switch's choice, by the name that choose-theme.ts reads it by. */
const THEME_KEY = 'dodona-theme';

const outside: Outside = {
  fetch: (path, init) => window.fetch(path, init),
  openEvents: () => new EventSource('/v1/events'),
  nowMs: () => Date.now(),
  later(ms, work) {
    const timer = window.setTimeout(work, ms);
    return () => window.clearTimeout(timer);
  },
  nextFrame: (work) => void window.requestAnimationFrame(work),
  hash: () => window.location.hash,
  replaceHash: (hash) => window.history.replaceState(null, '', hash),
  pushHash(hash) {
    window.location.hash = hash;
  },
  onHash: (listener) => window.addEventListener('hashchange', listener),
  copy: copyText,
  theme: () => readTheme(document.documentElement.dataset.theme),
  setTheme(theme) {
    if (theme === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    storeTheme(theme);
  },
  focusView: () => document.querySelector<HTMLElement>('#view h1')?.focus(),
};

const readTheme = (name: string | undefined): Theme =>
  name === 'light' || name === 'dark' ? name : 'auto';

/** A browser that keeps nothing for pages forgets the choice, and that is all. */
function storeTheme(theme: Theme): void {
  try {
    window.localStorage.setItem(THEME_KEY, theme);
  } catch {
    return;
  }
}

/** A page that was opened by another name than localhost and without TLS may have no clipboard. */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    document.body.append(area);
    area.select();
    const isCopied = document.execCommand('copy');
    area.remove();
    return isCopied;
  }
}

function draw(state: PageState, actions: Actions): void {
  const root = document.getElementById('root');
  if (root !== null) render(pageOf(state, actions), root);
}

function pageOf(state: PageState, actions: Actions): VNode {
  if (state.session.kind === 'unknown') return h(Entering, {});
  if (state.session.kind === 'closed') return h(SignIn, { state, actions });
  const shown = h(VIEWS[state.route.view], { key: state.route.view, state, actions });
  return h(Frame, { state, actions, children: shown });
}

runPage(outside, draw);
