import assert from 'node:assert/strict';
import { NodeError } from '../../src/base/node-error.js';
import { RpcError } from '../../src/chain/rpc-error.js';
import { mayPass } from '../../src/pipeline/trouble.js';

describe('trouble of a stage', () => {
  it('passes where an endpoint answered so, a read that FAULTs there included', () => {
    assert.ok(mayPass(new RpcError('getblock', -101, 'Unknown block', undefined)));
    assert.ok(mayPass(new NodeError('CONTRACT_READ_FAILED', 'a contract read failed: no reason')));
    assert.ok(mayPass(new NodeError('RPC_TIMEOUT', 'too slow', { retryable: true })));
  });

  it('ends the node where it is a bug, or for the operator to mend', () => {
    assert.ok(!mayPass(new Error('bug')));
    assert.ok(!mayPass(new NodeError('CHAIN_DIFFERENT', 'it is another chain')));
  });
});
