import assert from 'node:assert/strict';
import { messageOf, NodeError } from '../../src/base/node-error.js';

/** What the inputs hold that must be in no message. */
export const CANARY = 'canary-5f0c1e-secret';
const MAX_MESSAGE = 20_000;

/** Holds unless what was thrown is a NodeError that a user can read. */
export function assertTypedRefusal(thrown: unknown, codes: RegExp = /^[A-Z][A-Z0-9_]+$/): void {
  if (!(thrown instanceof NodeError)) {
    const stack = thrown instanceof Error ? thrown.stack : String(thrown);
    assert.fail(`no NodeError was thrown: ${stack}`);
  }
  assert.match(thrown.code, codes);
  assert.ok(thrown.message.length > 10, `"${thrown.message}" says nothing`);
  const told = messageOf(thrown);
  assert.ok(told.length <= MAX_MESSAGE, `a message of ${told.length} characters`);
  assert.ok(!told.includes(CANARY), `a secret is in "${told.slice(0, 200)}"`);
}
