import assert from 'node:assert/strict';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { systemClock } from '../../src/base/clock.js';
import { parseGas } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';
import { createPreflight } from '../../src/chain/preflight.js';
import { createRpcPool, type RpcPool } from '../../src/chain/rpc-pool.js';
import { callScript, utf8 } from '../../src/chain/script.js';
import { createLocalSigner } from '../../src/chain/signer.js';
import { createGatewayPort } from '../../src/pipeline/gateway-port.js';
import { createUpkeepPort, type UpkeepPort } from '../../src/pipeline/upkeep-port.js';
import { silentLog } from '../../src/telemetry/log.js';
import { deployHostiles } from '../node/hostile.js';
import { mustHalt, type NodeFixture, nodeFixture } from '../node/node-fixture.js';
import { deployMetronomes } from '../node/upkeeps.js';

const MAX_GAS = parseGas('0.1');
/** No block comes so late. */
const NEVER_BLOCKS = 1_000_000;

describe('conditions of upkeeps on a real node', function () {
  this.timeout(60_000);
  let fixture: NodeFixture;
  let pool: RpcPool;
  let port: UpkeepPort;
  let [due, notDue, hostile]: (Hash160 | undefined)[] = [];

  before(async () => {
    const network = await sharedNetwork();
    fixture = await nodeFixture(network, { nodeGas: 0n });
    [due, notDue] = await deployMetronomes(fixture, [0, NEVER_BLOCKS]);
    hostile = (await deployHostiles(fixture, 1))[0]?.hash;
    const { magic, rpcUrl } = network;
    const [clock, signal] = [systemClock, new AbortController().signal];
    pool = createRpcPool({ urls: [rpcUrl], magic, clock, log: silentLog });
    const parts = { rpc: pool, gateway: fixture.gateway, signal, heightNow: () => 0 };
    const preflight = createPreflight({ rpc: pool, clock, mode: 'auto' });
    const feePolicy = () => ({ feePerByte: 1_000n, execFeeFactor: 30n });
    const signer = createLocalSigner(Buffer.alloc(32, 7));
    const gatewayPort = createGatewayPort({ ...parts, magic, signer, clock, preflight, feePolicy });
    port = createUpkeepPort(parts, gatewayPort);
  });
  after(async () => {
    pool?.stop();
    await fixture?.stop();
    fixture?.network.disconnect();
  });

  const dueOf = (target: Hash160 | undefined, method = 'due') => ({
    target: target ?? assert.fail('no contract'),
    method,
  });

  it('are what the target says, each by itself, whatever others do', async () => {
    const said = (isMet: boolean) => ({ kind: 'said', isMet }) as const;
    const told: Readonly<Record<string, ReturnType<typeof said> | RegExp>> = {
      '': said(true),
      false: said(false),
      // What is no Boolean is not true, as on the chain.
      one: said(false),
      byte: said(false),
      array: said(false),
      null: said(false),
      throw: /the condition threw/,
      abort: /ABORT/,
      // It may only read.
      write: /./,
      notify: /./,
    };
    for (const [mode, expected] of Object.entries(told)) {
      const { network, owner } = fixture;
      const set = callScript(dueOf(hostile).target, 'setCondition', [utf8(mode)]);
      await mustHalt(network.send(owner, set).then(network.applied));
      const asked = [dueOf(due), dueOf(hostile, 'isDue'), dueOf(hostile, 'gone'), dueOf(notDue)];
      const [first, here, missing, last] = await port.conditions(asked, MAX_GAS);
      assert.deepEqual([first, last], [said(true), said(false)], mode);
      assert.equal(missing?.kind, 'failed');
      if (!(expected instanceof RegExp)) assert.deepEqual(here, expected, mode);
      else assert.match(here?.kind === 'failed' ? here.reason : '', expected, mode);
    }
  });

  it('have failed where they use more than they may', async () => {
    const asked = [dueOf(due), dueOf(notDue)];
    const answers = await port.conditions(asked, parseGas('0.001'));
    for (const answer of answers) {
      assert.match(answer.kind === 'failed' ? answer.reason : '', /gas limit exceeded/i);
    }
    assert.deepEqual(
      (await port.conditions(asked, MAX_GAS)).map(({ kind }) => kind),
      ['said', 'said'],
    );
  });
});
