import { Worker, type WorkerOptions } from 'node:worker_threads';

/**
 * Starts a worker from dist/*.js as it is, and from src/*.ts through tsx. That has to be registered
 * inside the thread: Node 20 doesn't apply a parent's loaders to the file that a thread starts.
 */
export function startWorker(file: URL, options: WorkerOptions): Worker {
  if (!file.pathname.endsWith('.ts')) return new Worker(file, options);
  const start = `import('tsx/esm/api').then((tsx) => {
    tsx.register();
    return import(${JSON.stringify(file.href)});
  });`;
  return new Worker(start, { ...options, eval: true });
}
