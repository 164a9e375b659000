interface Change {
  readonly key: string;
  readonly before: unknown;
}

/**
 * What contracts keep. Values are never changed, only replaced; an absent one is undefined. All
 * changes can be taken back, those of a call as well as those of whole blocks.
 */
export class StateStore {
  readonly #values = new Map<string, unknown>();
  #changes: Change[] = [];
  readonly #blocks: Change[][] = [];

  get(key: string): unknown {
    return this.#values.get(key);
  }

  set(key: string, value: unknown): void {
    this.#changes.push({ key, before: this.#values.get(key) });
    this.#put(key, value);
  }

  /** Every value whose key begins so, in the order of the keys. */
  under(prefix: string): [key: string, value: unknown][] {
    const found: [string, unknown][] = [];
    for (const entry of this.#values) if (entry[0].startsWith(prefix)) found.push(entry);
    return found.sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** A point to go back to. */
  mark(): number {
    return this.#changes.length;
  }

  rollBack(mark: number): void {
    while (this.#changes.length > mark) this.#undo(this.#changes.pop() as Change);
  }

  /** Makes what was changed since the last one the change of a block. */
  sealBlock(): void {
    this.#blocks.push(this.#changes);
    this.#changes = [];
  }

  /** Makes them part of the last block's. */
  amendBlock(): void {
    this.#blocks.at(-1)?.push(...this.#changes);
    this.#changes = [];
  }

  /** Runs as if the last blocks had not been; between blocks only. */
  before<T>(blocks: number, run: () => T): T {
    if (this.#changes.length > 0) throw new Error('bug: a look back from within a block');
    const past = this.#blocks.slice(Math.max(0, this.#blocks.length - blocks));
    const redo: Change[] = [];
    for (const change of past.flat().reverse()) {
      redo.push({ key: change.key, before: this.#values.get(change.key) });
      this.#undo(change);
    }
    try {
      return run();
    } finally {
      this.rollBack(0);
      for (const change of redo.reverse()) this.#undo(change);
    }
  }

  #undo({ key, before }: Change): void {
    this.#put(key, before);
  }

  #put(key: string, value: unknown): void {
    if (value === undefined) this.#values.delete(key);
    else this.#values.set(key, value);
  }
}
