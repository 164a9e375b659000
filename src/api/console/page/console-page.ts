import { ask } from './api.js';
import { listen } from './live-events.js';
import { createLoader } from './load-resources.js';
import type { Outside } from './outside.js';
import { createPageStore, type PageStore } from './page-store.js';
import { requestsPath } from './resources.js';
import { codeIn, hashOf, type Route, readRoute } from './route.js';
import { signIn } from './sign-in.js';
import type { Actions, PageState, Theme } from './state.js';
import type { Page, RequestItem } from './wire.js';

const TICK_MS = 250;
const SECOND_MS = 1_000;
const COPIED_SHOWN_MS = 1_500;
const NEXT_THEME: Readonly<Record<Theme, Theme>> = { auto: 'light', light: 'dark', dark: 'auto' };

/** Runs the page: keeps its state, and has it drawn whenever that changed. */
export function runPage(
  outside: Outside,
  draw: (state: PageState, actions: Actions) => void,
): void {
  const store = createPageStore(outside, (state) => draw(state, actions));
  const stay = createStay(outside, store);
  const actions = createActions(outside, store, stay);

  function tick(): void {
    // Ages are told in seconds: between them nothing is drawn anew.
    const nowMs = outside.nowMs();
    const isSame = Math.floor(nowMs / SECOND_MS) === Math.floor(store.state().nowMs / SECOND_MS);
    if (!isSame) store.set({ nowMs });
    stay.look();
    outside.later(TICK_MS, tick);
  }

  outside.onHash(() => {
    const hash = outside.hash();
    if (codeIn(hash) === null) stay.turnTo(readRoute(hash));
    else void stay.enter();
  });
  draw(store.state(), actions);
  void stay.enter();
  tick();
}

type Stay = ReturnType<typeof createStay>;

/** From signing in to signing out: what is shown is loaded, and the node listened to. */
function createStay(outside: Outside, store: PageStore) {
  let stopListening: (() => void) | null = null;
  const loader = createLoader({
    fetch: outside.fetch,
    nowMs: outside.nowMs,
    state: store.state,
    onLoaded: (name, loaded) => {
      store.set({ loaded: { ...store.state().loaded, [name]: loaded } });
      // The first feeds tell of which pairs there are polls.
      if (name === 'feeds' && store.state().loaded.polls?.value === null) loader.refresh('polls');
    },
    onClosed: () => close(null),
  });

  function close(problem: string | null): void {
    stopListening?.();
    stopListening = null;
    store.set({ session: { kind: 'closed', problem }, loaded: {}, older: null });
  }

  function open(): void {
    store.set({ session: { kind: 'open' } });
    refresh();
    stopListening ??= listen({
      open: outside.openEvents,
      later: outside.later,
      onEvent(event) {
        loader.note(event);
        loader.look();
      },
      onConnected() {
        store.set({ connection: { kind: 'live' } });
        refresh();
      },
      onLost() {
        if (store.state().connection.kind === 'lost') return;
        store.set({ connection: { kind: 'lost', sinceMs: outside.nowMs() } });
        // Whether it is the network, the node or the session that ended, an answer tells.
        loader.refresh('status');
        loader.look();
      },
    });
  }

  function refresh(): void {
    loader.refresh();
    loader.look();
  }

  return {
    close,
    look: loader.look,

    /** By a link, or by a session that there is already. */
    async enter(): Promise<void> {
      const code = codeIn(outside.hash());
      if (code === null) {
        const reply = await ask(outside.fetch, '/v1/status');
        return reply.kind === 'closed' ? close(null) : open();
      }
      // The code is worth nothing any more once it was sent, and does not stay in the address.
      outside.replaceHash(hashOf({ view: 'overview' }));
      store.set({ route: { view: 'overview' } });
      const problem = await signIn(outside.fetch, code);
      if (problem === null) open();
      else close(problem);
    },

    turnTo(route: Route): void {
      const { view } = store.state().route;
      const loaded = withoutOld(store.state(), route);
      store.set({ route, older: null, chartAt: null, loaded });
      loader.refresh('life', 'requests');
      loader.look();
      // Whoever moves through the lists of one view stays where he is.
      if (view !== route.view) outside.nextFrame(() => outside.nextFrame(outside.focusView));
    },
  };
}

function createActions(outside: Outside, store: PageStore, stay: Stay): Actions {
  const { state, set } = store;
  return {
    go: (route) => outside.pushHash(hashOf(route)),
    copy(text) {
      void outside.copy(text).then((isCopied) => {
        if (!isCopied) return;
        set({ copied: text });
        outside.later(COPIED_SHOWN_MS, () => {
          if (state().copied === text) set({ copied: null });
        });
      });
    },
    cycleTheme() {
      const theme = NEXT_THEME[state().theme];
      outside.setTheme(theme);
      set({ theme });
    },
    showOlder: () => void showOlder(outside, store),
    readChartAt: (place) => set({ chartAt: place }),
    signOut() {
      const ending = ask(outside.fetch, '/console/session', { method: 'DELETE' });
      void ending.then(() => stay.close(null));
    },
    retry: () => void stay.enter(),
  };
}

async function showOlder(outside: Outside, { state, set }: PageStore): Promise<void> {
  const { route, older, loaded } = state();
  const cursor = older === null ? loaded.requests?.value?.next : older.next;
  if (cursor === null || cursor === undefined) return;
  const reply = await ask(outside.fetch, requestsPath(route, cursor));
  if (reply.kind !== 'ok' || state().route !== route) return;
  const page = reply.body as Page<RequestItem>;
  set({ older: { items: [...(older?.items ?? []), ...page.items], next: page.next } });
}

/** Of another request, or another list, nothing is shown that belongs to the one before. */
function withoutOld({ loaded, route: before }: PageState, route: Route): PageState['loaded'] {
  if (hashOf(before) === hashOf(route)) return loaded;
  const { life: _life, requests: _requests, ...rest } = loaded;
  return rest;
}
