/** A set that keeps those that were added last. */
export interface RecentSet<T> {
  add(value: T): void;
  has(value: T): boolean;
  delete(value: T): void;
  all(): T[];
}

/** A set of at most `max`: whoever was added the longest time ago is forgotten first. */
export function createRecentSet<T>(max: number): RecentSet<T> {
  const values = new Set<T>();
  return {
    add(value) {
      values.delete(value);
      values.add(value);
      for (const oldest of values) {
        if (values.size <= max) return;
        values.delete(oldest);
      }
    },
    has: (value) => values.has(value),
    delete: (value) => void values.delete(value),
    all: () => [...values],
  };
}
