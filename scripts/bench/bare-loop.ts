/**
 * The bare loop of the catchup benchmark in a process of its own, as the node is: downloads what
 * its parent asks for by a message, and tells how long it took.
 */
import { type DownloadTask, download } from './bare-download.js';

process.once('message', async (task: DownloadTask) => {
  // A node has asked for something, too, before it begins to read blocks.
  await download({ ...task, bodies: task.bodies.slice(0, 1) });
  process.send?.(await download(task));
  process.disconnect();
});
