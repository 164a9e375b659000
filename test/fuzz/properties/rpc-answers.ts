import assert from 'node:assert/strict';
import fc from 'fast-check';
import { systemClock } from '../../../src/base/clock.js';
import { readLatestBlockTimeMs } from '../../../src/chain/block-header.js';
import { checkChain } from '../../../src/chain/chain-check.js';
import { createBlockSource } from '../../../src/chain/choose-block-source.js';
import { createContractEventReader } from '../../../src/chain/contract-events.js';
import { readTogether } from '../../../src/chain/contract-read.js';
import { readFigures, readFiguresAt } from '../../../src/chain/figures.js';
import { readGatewayKeys } from '../../../src/chain/gateway-keys.js';
import { gatewayReads } from '../../../src/chain/gateway-reads.js';
import { readNetworkPolicy } from '../../../src/chain/policy.js';
import { createPreflight } from '../../../src/chain/preflight.js';
import { createRpcClient, type Rpc } from '../../../src/chain/rpc.js';
import { createRpcEndpoint } from '../../../src/chain/rpc-endpoint.js';
import { readTransactionStates } from '../../../src/chain/transaction-state.js';
import { ACCOUNT } from '../../pipeline/stage-fixture.js';
import { writeJson } from '../broken-text.js';
import { connectSpoiled, GATEWAY, TX } from '../chain-answers.js';
import type { FuzzProperty } from '../fuzz-property.js';
import { type Json, mutate, mutations } from '../mutate-json.js';
import { assertTypedRefusal, CANARY } from '../typed-refusal.js';

const reads = gatewayReads(GATEWAY);
const blocks = (rpc: Rpc, mode: 'auto' | 'portable') =>
  createBlockSource({ rpc, clock: systemClock, mode, gateway: GATEWAY, ownAccounts: [ACCOUNT] });
const draft = {
  script: Buffer.from([0x40]),
  signers: [{ account: ACCOUNT, scope: 'CalledByEntry' as const }],
  ...{ systemFee: 1n, networkFee: 1n, nonce: 1, validUntilBlock: 200 },
};

/** Everything that asks an endpoint for something. */
const READERS: Readonly<Record<string, (rpc: Rpc) => Promise<unknown>>> = {
  'blocks, fast': (rpc) => blocks(rpc, 'auto').read(118, 3),
  'blocks, portable': (rpc) => blocks(rpc, 'portable').read(118, 3),
  'tip, fast': (rpc) => blocks(rpc, 'auto').tip(120),
  'tip, portable': (rpc) => blocks(rpc, 'portable').tip(120),
  'hash of a block': (rpc) => blocks(rpc, 'auto').hashAt(120),
  'time of the latest block': (rpc) => readLatestBlockTimeMs(rpc),
  'events, fast': (rpc) =>
    createContractEventReader({ rpc, clock: systemClock, mode: 'auto' }).read(119, 2, [GATEWAY]),
  'events, portable': (rpc) =>
    createContractEventReader({ rpc, clock: systemClock, mode: 'portable' }).read(119, 2, [
      GATEWAY,
    ]),
  fates: (rpc) => readTransactionStates(rpc, [TX]),
  preflight: (rpc) => createPreflight({ rpc, clock: systemClock, mode: 'auto' })(draft),
  'preflight, portable': (rpc) =>
    createPreflight({ rpc, clock: systemClock, mode: 'portable' })(draft),
  policy: (rpc) => readNetworkPolicy(rpc),
  'keys of the gateway': (rpc) => readGatewayKeys(rpc, GATEWAY),
  'the chain itself': (rpc) => checkChain(rpc, { magic: 56753, gateway: GATEWAY }),
  figures: (rpc) => readFigures(rpc, [reads.creditOf(ACCOUNT)]),
  'figures of the past': (rpc) => readFiguresAt(rpc, 100, [reads.creditOf(ACCOUNT)]),
  ...Object.fromEntries(
    [
      reads.pendingCount(),
      reads.policy(),
      reads.overlap(),
      reads.requestOf(1n),
      reads.resultOf(1n),
      reads.randomKey(),
      reads.functionOf(1n),
      reads.codeOf('ab'.repeat(32)),
      reads.latestPrice('GAS/USD'),
      reads.feedSponsorshipOf('GAS/USD', ACCOUNT),
      reads.upkeepOf(1n),
      reads.proposedUpdate(),
    ].map((read, at) => [`read ${at}`, (rpc: Rpc) => readTogether(rpc, [read])]),
  ),
};

/** What breaks the text of an answer, after what is wrong with its fields. */
const texts = fc.oneof(
  { weight: 6, arbitrary: fc.constant((text: string) => text) },
  fc.nat(400).map((at) => (text: string) => text.slice(0, at)),
  fc.tuple(fc.nat(400), fc.string({ unit: 'binary', maxLength: 5 })).map(
    ([at, more]) =>
      (text: string) =>
        text.slice(0, at) + more + text.slice(at),
  ),
  fc
    .constantFrom('', 'null', '[]', '{}', '<html>', '['.repeat(100_000), '{"a":'.repeat(50_000))
    .map((other) => () => other),
);
const statuses = fc.oneof(
  { weight: 8, arbitrary: fc.constant(200) },
  fc.constantFrom(204, 400, 401, 404, 429, 500, 503),
);
const errors = fc.option(
  fc.record({
    code: fc.oneof(fc.constantFrom(-101, -103, -608, -32601, -32603, 429), fc.jsonValue()),
    message: fc.oneof(fc.string(), fc.constant('x'.repeat(300_000)), fc.constant({ toString: 1 })),
    data: fc.jsonValue({ maxDepth: 2 }),
  }),
  { freq: 8 },
);

const clientOf = (spoil: Parameters<typeof connectSpoiled>[0]) =>
  createRpcClient({
    url: `http://127.0.0.1:1/${CANARY}`,
    connect: connectSpoiled(spoil),
    clock: systemClock,
  });

export const PROPERTIES: readonly FuzzProperty[] = [
  {
    name: 'of an endpoint are read, or refused by an error of ours',
    runs: 500,
    make: () =>
      fc.asyncProperty(
        fc.constantFrom(...Object.keys(READERS)),
        ...([mutations, texts, statuses, errors] as const),
        async (reader, changes, text, status, error) => {
          const rpc = clientOf((answer) => {
            const isOne = typeof answer === 'object' && answer !== null && !Array.isArray(answer);
            const told = isOne && error !== null ? { ...answer, error } : answer;
            return { status, body: text(writeJson(mutate(told as Json, changes))) };
          });
          try {
            await READERS[reader]?.(rpc);
          } catch (thrown) {
            assertTypedRefusal(thrown);
          }
        },
      ),
  },
  {
    name: 'to a probe never make it fail: the endpoint is down instead, with a reason',
    runs: 150,
    make: () =>
      fc.asyncProperty(mutations, texts, statuses, async (changes, text, status) => {
        const endpoint = createRpcEndpoint({
          client: clientOf((answer) => ({
            status,
            body: text(writeJson(mutate(answer, changes))),
          })),
          label: 'http://127.0.0.1:1',
          clock: systemClock,
          magic: 56753,
          probeTimeoutMs: 1_000,
          backOff: { firstMs: 1, maxMs: 2 },
          maxLagBlocks: 3,
          onChange: () => {},
        });
        await endpoint.probe();
        const { state, reason } = endpoint.health();
        assert.ok(['up', 'down', 'wrongNetwork'].includes(state));
        assert.equal(reason === null, state === 'up');
        if (state === 'down') assertTypedRefusal(endpoint.trouble());
      }),
  },
];
