import assert from 'node:assert/strict';
import { NodeError } from '../../src/base/node-error.js';
import type { NodeConfig } from '../../src/config/node-config.js';
import { makeNode } from './running-node.js';

/** The NodeError by which a node does not start; fails when it does. */
export async function refusalOf(config: NodeConfig): Promise<NodeError> {
  const { node } = makeNode(config);
  const error = await node.start().then(
    () => node.stop().then(() => null),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof NodeError, `started, or failed by ${String(error)}`);
  await node.ended;
  return error;
}
