import type { KeptConnection } from './kept-connection.js';

/** Connections that wait for a next request. */
export interface IdleConnections {
  add(connection: KeptConnection): void;
  /** The one of this key that has waited for the shortest time, taken out. */
  take(key: string): KeptConnection | null;
  /** Takes it out, if it is there. */
  drop(connection: KeptConnection): void;
  /** Takes out the one that has waited for the longest time. */
  dropOldest(): KeptConnection | null;
  size(): number;
  clear(): void;
}

export function createIdleConnections(): IdleConnections {
  /** Oldest first. */
  const all = new Set<KeptConnection>();
  /** Oldest first in each; none is empty. */
  const byKey = new Map<string, KeptConnection[]>();

  function drop(connection: KeptConnection): void {
    if (!all.delete(connection)) return;
    const { key } = connection;
    const rest = byKey.get(key)?.filter((other) => other !== connection) ?? [];
    if (rest.length === 0) byKey.delete(key);
    else byKey.set(key, rest);
  }

  return {
    add(connection) {
      all.add(connection);
      const others = byKey.get(connection.key);
      if (others === undefined) byKey.set(connection.key, [connection]);
      else others.push(connection);
    },
    take(key) {
      const waiting = byKey.get(key);
      const last = waiting?.pop() ?? null;
      if (last !== null) all.delete(last);
      if (waiting?.length === 0) byKey.delete(key);
      return last;
    },
    drop,
    dropOldest() {
      const oldest = all.values().next().value ?? null;
      if (oldest !== null) drop(oldest);
      return oldest;
    },
    size: () => all.size,
    clear() {
      all.clear();
      byKey.clear();
    },
  };
}
