import assert from 'node:assert/strict';
import { systemClock } from '../../src/base/clock.js';
import { type Hash160, hash160 } from '../../src/base/hash.js';
import { createPreflight } from '../../src/chain/preflight.js';
import { createRpcPool, type RpcPool } from '../../src/chain/rpc-pool.js';
import { createLocalSigner } from '../../src/chain/signer.js';
import { createGatewayPort } from '../../src/pipeline/gateway-port.js';
import { silentLog } from '../../src/telemetry/log.js';
import { type LocalEndpoint, startJsonEndpoint } from '../chain/local-endpoint.js';

const MAGIC = 860_833_102;

const GATEWAY = hash160(`0x${'9a'.repeat(20)}`);

/** A Neo node, as far as this goes, whose latest block is at a height. */
const neoNodeAt = (height: number, notifications: readonly unknown[] = []) =>
  startJsonEndpoint(({ method }) => {
    if (method === 'getblockcount') return { result: height + 1 };
    if (method === 'sendrawtransaction') return { error: { code: -504, message: 'too low' } };
    if (method === 'getversion') return { result: { protocol: { network: MAGIC } } };
    const stack = [String(height), '500'].map((value) => ({ type: 'Integer', value }));
    const [state, exception] = ['HALT', null];
    return { result: { state, exception, gasconsumed: `${height}`, stack, notifications } };
  });

describe('the gateway as the pipeline sees it', () => {
  let endpoints: LocalEndpoint[];
  let pool: RpcPool;
  afterEach(async () => {
    pool.stop();
    await Promise.all(endpoints.map((endpoint) => endpoint.stop()));
  });

  const portAt = (height: number, onFeeTooLow: () => void = () => {}) => {
    pool = createRpcPool({
      urls: endpoints.map(({ url }) => url),
      magic: MAGIC,
      clock: systemClock,
      log: silentLog,
    });
    return createGatewayPort({
      rpc: pool,
      gateway: GATEWAY,
      magic: MAGIC,
      signer: createLocalSigner(Buffer.alloc(32, 7)),
      clock: systemClock,
      preflight: createPreflight({ rpc: pool, clock: systemClock, mode: 'auto' }),
      feePolicy: () => ({ feePerByte: 1_000n, execFeeFactor: 30n }),
      onFeeTooLow,
      heightNow: () => height,
      signal: new AbortController().signal,
    });
  };

  it('asks no endpoint that is behind what was taken in, though it is preferred and up', async () => {
    // The first lags by what is tolerated; blocks came from the second.
    endpoints = await Promise.all([neoNodeAt(98), neoNodeAt(100)]);
    const port = portAt(100);
    assert.deepEqual(await port.walletBalance(), { height: 100, balance: 500n });
    const terms = { systemFee: 1n, networkFee: 1n, nonce: 1, validUntilBlock: 110 };
    const ran = await port.preflight(Buffer.from([0x40]), terms, null);
    assert.equal(ran.state === 'HALT' && ran.gasConsumed, 100n);
  });

  it('tells that the network takes more than it knew, when a transaction is refused for it', async () => {
    endpoints = await Promise.all([neoNodeAt(100)]);
    let told = 0;
    const port = portAt(100, () => {
      told += 1;
    });
    const { kind } = await port.broadcast(Buffer.from([1]));
    assert.deepEqual({ kind, told }, { kind: 'refused', told: 1 });
  });

  it('reads out of a preflight what its answers, runs, refunds and rounds would come to', async () => {
    const account = { type: 'ByteString', value: Buffer.alloc(20, 1).toString('base64') };
    const numbers = (...values: number[]) =>
      values.map((value) => ({ type: 'Integer', value: `${value}` }));
    const told = (eventname: string, contract: Hash160, ...value: unknown[]) => ({
      ...{ contract, eventname, state: { type: 'Array', value } },
    });
    const taken = { type: 'Boolean', value: true };
    const pair = { type: 'ByteString', value: Buffer.from('NEO-USD').toString('base64') };
    const answer = [...numbers(1), account, account, ...numbers(0), taken, ...numbers(50, 6, 7)];
    const other = hash160(`0x${'9b'.repeat(20)}`);
    endpoints = await Promise.all([
      neoNodeAt(100, [
        told('Response', GATEWAY, ...answer),
        told('Response', other, ...numbers(2), ...answer.slice(1)),
        told(
          'UpkeepPerformed',
          GATEWAY,
          ...numbers(3),
          account,
          ...numbers(9),
          taken,
          ...numbers(51, 8, 9, 0),
        ),
        told('Expired', GATEWAY, ...numbers(4), account, ...numbers(5)),
        told('PriceUpdated', GATEWAY, pair, ...numbers(1, 2, 3, 4), account, ...numbers(11)),
        told('Earned', GATEWAY, account, ...numbers(5)),
      ]),
    ]);
    const terms = { systemFee: 1n, networkFee: 1n, nonce: 1, validUntilBlock: 110 };
    const ran = await portAt(100).preflight(Buffer.from([0x40]), terms, null);
    if (ran.state !== 'HALT') assert.fail(ran.exception);
    assert.deepEqual(
      [...ran.effects],
      [
        [1n, { delivered: true, fee: 50n, lost: 6n, premium: 7n }],
        [3n, { delivered: true, fee: 51n, lost: 8n, premium: 9n }],
      ],
    );
    assert.deepEqual([...ran.expired], [4n]);
    const payer = hash160(`0x${'01'.repeat(20)}`);
    assert.deepEqual([...(ran.priced ?? [])], [['NEO-USD', { payer, fee: 11n }]]);
  });
});
