import PQueue from 'p-queue';

export interface FairQueueLimits {
  /** Tasks that run at once. */
  readonly concurrency: number;
  /** Of one owner. */
  readonly perOwner: number;
  /** Tasks that may wait. */
  readonly maxWaiting: number;
  readonly maxWaitingPerOwner: number;
}

/**
 * A queue in which owners take turns: each has a line of its own, of which only the first few stand
 * in the common one. So whoever asks for much waits behind himself, and nobody else does for longer
 * than the others' first few take.
 */
export class FairQueue {
  readonly #limits: FairQueueLimits;
  readonly #common: PQueue;
  readonly #lines = new Map<string, PQueue>();
  #running = 0;
  #open = 0;

  constructor(limits: FairQueueLimits) {
    this.#limits = limits;
    this.#common = new PQueue({ concurrency: limits.concurrency });
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#open - this.#running;
  }

  /** Why another task of this owner has no room, or null. */
  refusal(owner: string): string | null {
    const { maxWaiting, maxWaitingPerOwner } = this.#limits;
    if (this.waiting >= maxWaiting) {
      return `${this.waiting} functions are waiting; at most ${maxWaiting} may`;
    }
    const own = this.#lines.get(owner)?.size ?? 0;
    if (own < maxWaitingPerOwner) return null;
    return `${own} functions of this requester are waiting; at most ${maxWaitingPerOwner} may`;
  }

  /**
   * Runs a task when its turn comes; rejects with the signal's reason if that comes first.
   * @param goesOn it goes before the owner's others, since it was begun before them
   */
  async add<T>(
    owner: string,
    task: () => Promise<T>,
    { signal, goesOn }: { readonly signal: AbortSignal; readonly goesOn: boolean },
  ): Promise<T> {
    this.#open++;
    const options = { signal, priority: goesOn ? 1 : 0 };
    try {
      return (await this.#lineOf(owner).add(() => this.#enter(task, signal), options)) as T;
    } finally {
      this.#open--;
      const line = this.#lines.get(owner);
      if (line?.size === 0 && line.pending === 0) this.#lines.delete(owner);
    }
  }

  #lineOf(owner: string): PQueue {
    const known = this.#lines.get(owner);
    if (known !== undefined) return known;
    const line = new PQueue({ concurrency: this.#limits.perOwner });
    this.#lines.set(owner, line);
    return line;
  }

  async #enter<T>(task: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const run = async (): Promise<T> => {
      this.#running++;
      try {
        return await task();
      } finally {
        this.#running--;
      }
    };
    return (await this.#common.add(run, { signal })) as T;
  }
}
