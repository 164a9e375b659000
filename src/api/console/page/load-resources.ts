import { ask, type Fetch, type Reply } from './api.js';
import type { LiveEvent } from './live-events.js';
import { FRESHNESS, neededBy, pathOf, pollsPath } from './resources.js';
import type { Route } from './route.js';
import type { Loaded, PageState, ResourceName, Resources } from './state.js';
import type { Page, Poll } from './wire.js';

export interface LoaderOptions {
  readonly fetch: Fetch;
  readonly nowMs: () => number;
  readonly state: () => PageState;
  /** Takes what was told about a resource. */
  readonly onLoaded: (name: ResourceName, loaded: Loaded<unknown>) => void;
  readonly onClosed: () => void;
}

interface Standing {
  isDirty: boolean;
  isAsked: boolean;
  askedMs: number;
}

/**
 * Keeps what the view needs fresh: asks again when an event says that something changed, and in any
 * case after a while; never twice at once for the same, and not more often than its gap allows.
 */
export function createLoader({ fetch, nowMs, state, onLoaded, onClosed }: LoaderOptions) {
  const standings: Partial<Record<ResourceName, Standing>> = {};

  function standingOf(name: ResourceName): Standing {
    standings[name] ??= { isDirty: true, isAsked: false, askedMs: 0 };
    return standings[name];
  }

  function isDue(name: ResourceName): boolean {
    const { isDirty, isAsked, askedMs } = standingOf(name);
    const { everyMs, gapMs } = FRESHNESS[name];
    const ageMs = nowMs() - askedMs;
    return !isAsked && ageMs >= (isDirty ? gapMs : everyMs);
  }

  async function load(name: ResourceName): Promise<void> {
    const standing = standingOf(name);
    Object.assign(standing, { isDirty: false, isAsked: true, askedMs: nowMs() });
    const { route } = state();
    const reply = name === 'polls' ? await askPolls(fetch, state()) : await askFor(name, route);
    standing.isAsked = false;
    if (reply.kind === 'closed') return onClosed();
    // The reader may have gone on to another request meanwhile.
    if (pathNow(name, route) !== pathNow(name, state().route)) {
      standing.isDirty = true;
      return;
    }
    onLoaded(name, loadedFrom(reply, state().loaded[name] as Loaded<unknown>, nowMs()));
  }

  const askFor = (name: Exclude<ResourceName, 'polls'>, route: Route): Promise<Reply> =>
    ask(fetch, pathOf(name, route));

  return {
    /** Asks for what is due. */
    look(): void {
      if (state().session.kind !== 'open') return;
      for (const name of neededBy(state().route)) if (isDue(name)) void load(name);
    },

    /** Takes an event: what hangs on it is due. */
    note({ event, id }: LiveEvent): void {
      const { route } = state();
      for (const [name, { on }] of Object.entries(FRESHNESS)) {
        const isOther = name === 'life' && route.view === 'request' && id !== route.id;
        if ((on.includes(event) && !isOther) || event === 'gap') {
          standingOf(name as ResourceName).isDirty = true;
        }
      }
    },

    /** All is due at once: after a break, or for another view. */
    refresh(...names: readonly ResourceName[]): void {
      const all = Object.keys(FRESHNESS) as ResourceName[];
      for (const name of names.length === 0 ? all : names) {
        Object.assign(standingOf(name), { isDirty: true, askedMs: 0 });
      }
    },
  };
}

const pathNow = (name: ResourceName, route: Route): string =>
  name === 'polls' ? name : pathOf(name, route);

/** What stays shown when a question fails is what was told before, with the problem beside it. */
function loadedFrom(
  reply: Reply,
  before: Loaded<unknown> | undefined,
  atMs: number,
): Loaded<unknown> {
  if (reply.kind === 'ok') return { value: reply.body, problem: null, atMs };
  const problem = reply.kind === 'problem' ? reply.text : 'the node does not answer';
  return { value: before?.value ?? null, problem, atMs: before?.atMs ?? atMs };
}

/** The polls of every published pair, each by a question of its own. */
async function askPolls(fetch: Fetch, { loaded }: PageState): Promise<Reply> {
  const feeds = loaded.feeds?.value?.items;
  if (feeds === undefined) return { kind: 'ok', body: null };
  const told: [string, readonly Poll[]][] = [];
  for (const { pair } of feeds.slice(0, MAX_CHARTS)) {
    const reply = await ask(fetch, pollsPath(pair));
    if (reply.kind !== 'ok') return reply;
    told.push([pair, (reply.body as Page<Poll>).items]);
  }
  return { kind: 'ok', body: Object.fromEntries(told) satisfies Resources['polls'] };
}

/** More lines of prices than this nobody reads on one page. */
const MAX_CHARTS = 12;
