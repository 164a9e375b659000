import { isRetryable, messageOf } from '../base/node-error.js';
import type { NodeConfig } from '../config/node-config.js';
import type { CommandContext } from './command-context.js';
import type { NodeView, ViewSource } from './node-view.js';
import { findRunningNode } from './running-node-view.js';

/** Asks the running node, or, when there is none or it does not answer, its database. */
export async function withNodeView<T>(
  context: CommandContext,
  config: NodeConfig,
  ask: (view: NodeView) => Promise<T>,
): Promise<{ readonly answer: T; readonly source: ViewSource }> {
  const found = await findRunningNode(config);
  let why = found.kind === 'unreachable' ? found.why : '';
  if (found.kind === 'running') {
    try {
      return { answer: await ask(found.view), source: { from: 'node', why: null } };
    } catch (error) {
      if (!isRetryable(error)) throw error;
      why = messageOf(error);
    }
  }
  const stored = await context.openStored(config, context.version);
  try {
    return { answer: await ask(stored), source: { from: 'database', why } };
  } finally {
    stored.close();
  }
}

/** What a reader must know before the figures: that they are the database's, and why. */
export function sourceNote({ from, why }: ViewSource): string | null {
  return from === 'node' ? null : `From the database: ${why}.`;
}
