import type { Outside } from './outside.js';
import { readRoute } from './route.js';
import type { PageState } from './state.js';

export interface PageStore {
  state(): PageState;
  /** Changes the state, and has it drawn with the next picture. */
  set(change: Partial<PageState>): void;
}

/** Keeps the state of the page. Changes before one picture are drawn together. */
export function createPageStore(
  outside: Pick<Outside, 'hash' | 'theme' | 'nowMs' | 'nextFrame'>,
  draw: (state: PageState) => void,
): PageStore {
  let isDrawing = false;
  let state: PageState = {
    route: readRoute(outside.hash()),
    session: { kind: 'unknown' },
    connection: { kind: 'connecting' },
    theme: outside.theme(),
    nowMs: outside.nowMs(),
    loaded: {},
    older: null,
    copied: null,
    chartAt: null,
  };
  return {
    state: () => state,
    set(change) {
      state = { ...state, ...change };
      if (isDrawing) return;
      isDrawing = true;
      outside.nextFrame(() => {
        isDrawing = false;
        draw(state);
      });
    },
  };
}
