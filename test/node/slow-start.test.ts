import assert from 'node:assert/strict';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { systemClock } from '../../src/base/clock.js';
import { NodeError } from '../../src/base/node-error.js';
import { askPatiently, START_PATIENCE_MS, START_PAUSE_MS } from '../../src/node/patient-start.js';
import { silentLog } from '../../src/telemetry/log.js';
import { type LocalEndpoint, startEndpoint } from '../chain/local-endpoint.js';
import { forward } from '../chain/lying-proxy.js';
import { type NodeFixture, nodeFixture } from './node-fixture.js';
import { makeNode } from './running-node.js';

describe('a node that starts while its only endpoint stalls', function () {
  this.timeout(60_000);
  let fixture: NodeFixture;
  let endpoint: LocalEndpoint;
  let stalls = true;
  before(async () => {
    const network = await sharedNetwork();
    fixture = await nodeFixture(network);
    endpoint = await startEndpoint(async (body, response) => {
      // What is asked while it stalls is never answered.
      if (!stalls) response.end(await forward(network.rpcUrl, body));
    });
  });
  after(async () => {
    await endpoint?.stop();
    await fixture?.stop();
  });

  it('asks again, and works once it is answered', async () => {
    const { network, ...rest } = fixture.config;
    const config = {
      ...rest,
      network: { ...network, rpcUrls: [endpoint.url], requestTimeoutMs: 200 },
    };
    const { node, logText } = makeNode(config);
    const started = node.start();
    const isSaid = () => /not there yet/.test(logText());
    while (!isSaid()) await Promise.race([systemClock.sleep(15), started]);
    stalls = false;
    await started;
    await node.stop();
  });

  describe('and its patience', () => {
    /** Asks with a clock that goes forward by what is slept. */
    async function asking(errors: readonly (() => unknown)[]) {
      let nowMs = 0;
      let asked = 0;
      const clock = {
        ...systemClock,
        monotonicMs: () => nowMs,
        sleep: async (ms: number) => {
          nowMs += ms;
        },
      };
      const ask = async (): Promise<string> => {
        const error = errors[Math.min(asked, errors.length - 1)]?.();
        asked += 1;
        if (error !== undefined) throw error;
        return 'answered';
      };
      const { signal } = new AbortController();
      const ended = await askPatiently(ask, { clock, log: silentLog }, signal).catch(
        (error: NodeError) => error.code,
      );
      return { ended, asked };
    }
    const trouble = (code: string) => () => new NodeError(code, 'trouble', { retryable: true });
    const slow = trouble('RPC_TIMEOUT');

    it('has an end', async () => {
      assert.deepEqual(await asking([slow, slow, () => undefined]), {
        ended: 'answered',
        asked: 3,
      });
      const most = START_PATIENCE_MS / START_PAUSE_MS + 1;
      assert.deepEqual(await asking([slow]), { ended: 'RPC_TIMEOUT', asked: most });
    });

    it('is for endpoints that are slow alone', async () => {
      for (const code of ['RPC_UNREACHABLE', 'CHAIN_WRONG_NETWORK']) {
        assert.deepEqual(await asking([trouble(code)]), { ended: code, asked: 1 });
      }
    });
  });
});
