import type { Worker } from 'node:worker_threads';
import { messageOf } from '../base/node-error.js';
import { startWorker } from '../base/start-worker.js';
import type { FilterReply, FilterTask } from './evaluate-filter.js';
import type { ThreadFailure } from './filter-outcome.js';
import type { WorkerMessage } from './filter-worker.js';

const OUT_OF_MEMORY = 'ERR_WORKER_OUT_OF_MEMORY';
/** Short-lived values of one evaluation. */
const YOUNG_HEAP_MB = 32;
/** json-p3 hands whole arrays over as arguments, so the stack bounds what it can take. */
const STACK_MB = 32;
/** A body from this size on is moved to the thread: below it, one more copy costs less. */
const MOVED_BYTES = 64 * 1024;

export interface ThreadEvents {
  ready(): void;
  /** One reply for each task, in order. */
  replied(replies: readonly FilterReply[]): void;
  /** The thread is gone, whether it died or was ended. */
  exited(cause: ThreadDeath): void;
}

export interface ThreadDeath {
  readonly kind: ThreadFailure;
  readonly reason: string;
}

/** One worker thread, which evaluates some tasks, one after the other, at a time. */
export class FilterThread {
  readonly #worker: Worker;
  #error: unknown;

  constructor(file: URL, maxHeapMb: number, events: ThreadEvents) {
    this.#worker = startWorker(file, {
      resourceLimits: {
        maxOldGenerationSizeMb: maxHeapMb,
        maxYoungGenerationSizeMb: YOUNG_HEAP_MB,
        stackSizeMb: STACK_MB,
      },
      // Filters need neither; what isn't there cannot leak.
      env: {},
      execArgv: [],
    });
    this.#worker.on('message', (message: WorkerMessage) => {
      if (message.kind === 'ready') events.ready();
      else events.replied(message.replies);
    });
    this.#worker.on('error', (error) => {
      this.#error = error;
    });
    this.#worker.on('exit', () => events.exited(this.#death(maxHeapMb)));
  }

  /** Hands over copies of the tasks, so the callers' buffers stay whole. */
  run(tasks: readonly FilterTask[]): void {
    // A view into a larger buffer would take all of that along.
    const copies = tasks.map((task) => ({ ...task, body: new Uint8Array(task.body) }));
    const moved = copies.filter(({ body }) => body.length >= MOVED_BYTES);
    this.#worker.ref();
    this.#worker.postMessage(
      copies,
      moved.map(({ body }) => body.buffer),
    );
  }

  /** Lets the process end while this thread waits for work. */
  rest(): void {
    this.#worker.unref();
  }

  /** Ends the thread at once, also in the middle of an evaluation; `exited` follows. */
  end(): void {
    void this.#worker.terminate();
  }

  #death(maxHeapMb: number): ThreadDeath {
    if ((this.#error as { code?: unknown } | undefined)?.code === OUT_OF_MEMORY) {
      return { kind: 'out-of-memory', reason: `the filter needed more than ${maxHeapMb} MiB` };
    }
    const why = this.#error === undefined ? 'it exited' : messageOf(this.#error);
    return { kind: 'crashed', reason: `the thread of the filter died: ${why}` };
  }
}
