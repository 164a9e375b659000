/**
 * Listens to signals for many short things at once: one listener a signal, however many exchanges
 * wait for it. (Node warns of a leak from the eleventh listener on, and each costs time.)
 */
export interface AbortListeners {
  /** Calls `onAbort` when the signal aborts, unless `cancel` is called before. */
  add(signal: AbortSignal, onAbort: () => void): { cancel(): void };
}

export function createAbortListeners(): AbortListeners {
  const bySignal = new WeakMap<AbortSignal, Set<() => void>>();
  const listenersOf = (signal: AbortSignal): Set<() => void> => {
    const known = bySignal.get(signal);
    if (known) return known;
    const listeners = new Set<() => void>();
    bySignal.set(signal, listeners);
    const onAbort = (): void => {
      for (const listener of [...listeners]) listener();
    };
    signal.addEventListener('abort', onAbort, { once: true });
    return listeners;
  };
  return {
    add: (signal, onAbort) => {
      const listeners = listenersOf(signal);
      const listener = (): void => onAbort();
      listeners.add(listener);
      return { cancel: () => listeners.delete(listener) };
    },
  };
}
