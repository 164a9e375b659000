import assert from 'node:assert/strict';
import { parentPort } from 'node:worker_threads';
import { createFilterEvaluator, type FilterReply, type FilterTask } from './evaluate-filter.js';

/** What a thread says: first that it is warm, then one reply for each task, in order. */
export type WorkerMessage = { readonly kind: 'ready' } | FilterReply;

assert(parentPort, 'filter-worker runs in a worker thread only');
const port = parentPort;
const evaluate = createFilterEvaluator();

// The first evaluations are slow, since nothing is compiled yet: make them on nobody's time.
for (const [dialect, path] of [
  ['native', '$.a[0]'],
  ['rfc9535', '$.a[?@ < 2 && match("a", "b")]'],
] as const) {
  const body = Buffer.from('{"a":[1,"b",{"c":1.5}]}');
  evaluate({ dialect, profile: 'csharp', path, body, maxResultBytes: 100 });
}

port.on('message', (task: FilterTask) => {
  const reply: WorkerMessage = evaluate(task);
  port.postMessage(reply, reply.kind === 'matched' ? [reply.json.buffer] : []);
});
port.postMessage({ kind: 'ready' } satisfies WorkerMessage);
