import assert from 'node:assert/strict';
import { systemClock } from '../../src/base/clock.js';
import { hash160 } from '../../src/base/hash.js';
import { createPreflight } from '../../src/chain/preflight.js';
import { createRpcClient } from '../../src/chain/rpc.js';
import { type LocalEndpoint, startJsonEndpoint } from './local-endpoint.js';

const STRANGER = hash160(`0x${'ee'.repeat(20)}`);
const GATEWAY = hash160(`0x${'aa'.repeat(20)}`);
/** An event may be nested some 500 deep: a level takes two bytes of its 1,024. */
const DEEP = 500;

describe('a preflight', () => {
  let endpoint: LocalEndpoint;
  afterEach(() => endpoint.stop());

  it("is read whatever a stranger's callback told of itself", async () => {
    let deep: object = { type: 'Array', value: [] };
    for (let depth = 0; depth < DEEP; depth++) deep = { type: 'Array', value: [deep] };
    const ours = { type: 'Array', value: [{ type: 'Integer', value: '7' }] };
    endpoint = await startJsonEndpoint(() => ({
      result: {
        state: 'HALT',
        gasconsumed: '1000',
        exception: null,
        stack: [],
        notifications: [
          { contract: STRANGER, eventname: 'Deep', state: { type: 'Array', value: [deep] } },
          { contract: GATEWAY, eventname: 'Response', state: ours },
        ],
      },
    }));
    const rpc = createRpcClient({ url: endpoint.url, clock: systemClock });
    const preflight = createPreflight({ rpc, clock: systemClock, mode: 'auto' });
    const ran = await preflight({
      script: Buffer.from([0x40]),
      signers: [{ account: GATEWAY, scope: 'CalledByEntry' }],
      systemFee: 1n,
      networkFee: 1n,
      nonce: 1,
      validUntilBlock: 10,
    });
    rpc.close();
    assert.equal(ran.state, 'HALT');
    const told = ran.state === 'HALT' ? ran.notifications[1]?.state() : null;
    assert.deepEqual(told, [{ type: 'Integer', value: 7n }]);
  });
});
