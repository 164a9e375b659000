/**
 * Listens to signals for many short things at once: one listener a signal, however many exchanges
 * wait for it. (Node warns of a leak from the eleventh listener on, and each costs time.)
 */
export interface AbortListeners {
  /** Calls `onAbort` when the signal aborts, unless `cancel` is called before. */
  add(signal: AbortSignal, onAbort: () => void): { cancel(): void };
}

interface Listeners {
  readonly all: Set<() => void>;
  /** What listens to the signal, while there is any. */
  readonly onAbort: () => void;
}

export function createAbortListeners(): AbortListeners {
  const bySignal = new WeakMap<AbortSignal, Listeners>();
  const listenersOf = (signal: AbortSignal): Listeners => {
    const known = bySignal.get(signal);
    if (known) return known;
    const all = new Set<() => void>();
    const onAbort = (): void => {
      for (const listener of [...all]) listener();
    };
    const listeners = { all, onAbort };
    bySignal.set(signal, listeners);
    signal.addEventListener('abort', onAbort, { once: true });
    return listeners;
  };
  const letGo = (signal: AbortSignal, { all, onAbort }: Listeners): void => {
    if (all.size > 0 || bySignal.get(signal)?.all !== all) return;
    bySignal.delete(signal);
    signal.removeEventListener('abort', onAbort);
  };
  return {
    add: (signal, onAbort) => {
      const listeners = listenersOf(signal);
      const listener = (): void => onAbort();
      listeners.all.add(listener);
      return {
        cancel() {
          listeners.all.delete(listener);
          letGo(signal, listeners);
        },
      };
    },
  };
}
