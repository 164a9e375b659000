/**
 * Resolves with "stop" when this process is told to end: by Ctrl-C, SIGTERM or SIGHUP, or because
 * run.mjs, which started it, is gone. Further signals change nothing.
 */
export function stopSignal(): Promise<'stop'> {
  return new Promise((resolve) => {
    const stop = () => resolve('stop');
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, stop);
    process.on('disconnect', stop);
  });
}
