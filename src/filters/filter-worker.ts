import assert from 'node:assert/strict';
import { parentPort } from 'node:worker_threads';
import { createFilterEvaluator, type FilterReply, type FilterTask } from './evaluate-filter.js';

/** What a thread says: first that it is warm, then a reply to each task that it was handed. */
export type WorkerMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'replies'; readonly replies: readonly FilterReply[] };

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

port.on('message', (tasks: readonly FilterTask[]) => {
  const replies = tasks.map(evaluate);
  const moved = replies.flatMap((reply) => (reply.kind === 'matched' ? [reply.json.buffer] : []));
  port.postMessage({ kind: 'replies', replies } satisfies WorkerMessage, moved);
});
port.postMessage({ kind: 'ready' } satisfies WorkerMessage);
