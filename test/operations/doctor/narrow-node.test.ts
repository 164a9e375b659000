import assert from 'node:assert/strict';
import {
  type OwnPrivateNetwork,
  startPrivateNetwork,
} from '../../../scripts/devnet/private-network.js';
import { type NodeFixture, nodeFixture, setTerms } from '../../node/node-fixture.js';
import { examine } from './doctor-run.js';
import { assertFails, assertWarns } from './findings.js';

/** Enough to deploy a gateway, and less than the dearest answer on a devnet. */
const MAX_GAS_INVOKE = 60;

describe('the doctor on a neo-go that is configured too narrowly', function () {
  this.timeout(180_000);
  let network: OwnPrivateNetwork;
  let fixture: NodeFixture;
  before(async () => {
    network = await startPrivateNetwork({
      blockMs: 1_000,
      limits: {
        maxInvoke: MAX_GAS_INVOKE,
        maxTraceableBlocks: 90_000,
        maxTransactionsPerBlock: 5,
      },
    });
    fixture = await nodeFixture(network, { blockMs: 1_000, requestLifetime: 3_600 });
  });
  after(async () => {
    await fixture?.stop();
    await network?.stop();
  });

  const look = () =>
    examine(fixture.config.file, {
      change: (config) => ({ ...config, gateway: fixture.config.gateway }),
    });

  it('finds out what trial runs may use, and says it', async () => {
    const run = await look();
    assertFails(run.of('rpc.trial-gas'), {
      expected: /^MaxGasInvoke of 198\.\d+ GAS or more/,
      found: `some ${MAX_GAS_INVOKE} GAS`,
      fix: /Raise MaxGasInvoke .* pipeline\.maxSystemFee/,
    });
    const within = await examine(fixture.config.file, {
      change: (config) => ({
        ...config,
        pipeline: { ...config.pipeline, maxSystemFeeDatoshi: 6_000_000_000n },
      }),
    });
    assert.equal(within.of('rpc.trial-gas').status, 'ok');
  });

  it('holds what contracts can look back against lifetime and overlap', async () => {
    // 3,600 blocks of lifetime and a day of blocks of 1 s, 86,400, are just what it keeps.
    assert.equal((await look()).of('rpc.traceable-blocks').status, 'ok');
    await setTerms(fixture, { lifetime: 3_601 });
    assertFails((await look()).of('rpc.traceable-blocks'), {
      expected: "MaxTraceableBlocks of 90001: 3601 of lifetime, a day's 86400",
      found: '90000',
      fix: /lower requestLifetime/,
    });
  });

  it('warns of blocks that have no room for what is sent at once', async () => {
    assertWarns((await look()).of('rpc.block-transactions'), { found: '5', fix: /later blocks/ });
  });
});
