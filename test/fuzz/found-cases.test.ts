import assert from 'node:assert/strict';
import { systemClock } from '../../src/base/clock.js';
import { NodeError } from '../../src/base/node-error.js';
import { parseNotifications } from '../../src/chain/gateway-notification.js';
import { readNetworkPolicy } from '../../src/chain/policy.js';
import { createRpcClient } from '../../src/chain/rpc.js';
import { rpcText } from '../../src/chain/rpc-fields.js';
import { loadConfig } from '../../src/config/load-config.js';
import { readBundleFile } from '../../src/evidence/bundle-file.js';
import { createIntake } from '../../src/pipeline/intake.js';
import { inTransaction } from '../../src/storage/database.js';
import { apiFixture } from '../api/api-fixture.js';
import { type EventFields, type GatewayEventName, gatewayEvent } from '../chain/gateway-event.js';
import { scratchDirectory } from '../config/config-file.js';
import { ACCOUNT, createStages, hashOf, REQUESTER } from '../pipeline/stage-fixture.js';
import { connectSpoiled, GATEWAY, TX } from './chain-answers.js';
import type { Json } from './mutate-json.js';

const spoiledClient = (spoil: (answer: Json) => Json) =>
  createRpcClient({
    url: 'http://127.0.0.1:1',
    connect: connectSpoiled((answer) => ({ status: 200, body: JSON.stringify(spoil(answer)) })),
    clock: systemClock,
  });

/** What fuzzing found, shrunk: each ended as an error of V8 or SQLite, or as a bug of the node. */
describe('what a lying endpoint once broke the node with', () => {
  it('is refused where a trial run leaves fewer items than were read', async () => {
    const rpc = spoiledClient((answers) =>
      (answers as { result: object }[]).map((one) => ({
        ...one,
        result: { ...one.result, stack: [] },
      })),
    );
    await assert.rejects(readNetworkPolicy(rpc), { code: 'RPC_MALFORMED', retryable: true });
  });

  it('is shown where the text of an error is none and cannot become one', async () => {
    const rpc = spoiledClient(() => ({
      jsonrpc: '2.0',
      id: 1,
      error: { code: -1, message: { toString: 1, valueOf: 1 } },
    }));
    await assert.rejects(rpc.call('getversion'), /error -1: \{"toString":1,"valueOf":1\}/);
  });

  it('is refused where it is nested deeper than a message could show', () => {
    const deep: unknown = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`);
    assert.throws(() => rpcText(deep, 'a name'), /expected a text, got something that is nested/);
  });

  it('is not repeated at length where the name of an event is a novel', () => {
    const entry = { contract: GATEWAY, eventname: 'a'.repeat(100_000), state: { type: 'X' } };
    assert.throws(
      () => parseNotifications([entry], GATEWAY, TX, 0),
      (error: Error) => error.message.length < 500,
    );
  });

  const who = { requester: REQUESTER, payer: REQUESTER };
  const asked = { id: 5n, ...who, url: 'https://a.example', filter: '', maxFee: 1n, deadline: 99 };
  const answer = { id: 5n, ...who, code: 0, delivered: false, fee: 0n, lost: 0n, premium: 0n };
  const round = { pair: 'GAS/USD', price: 1n, timestamp: 1, confidenceBps: 1, round: 1n };
  const CASES: readonly [string, readonly [GatewayEventName, EventFields][], RegExp][] = [
    [
      'an amount does not fit the books',
      [['Response', { ...answer, lost: 1n << 63n }]],
      /lost: expected an Integer of 0 to 2\^61-1, got 9223372036854775808/,
    ],
    ['an amount is below 0', [['Response', { ...answer, fee: -1n }]], /fee: expected .*, got -1/],
    [
      'a request begins twice',
      [
        ['OracleRequest', { ...asked, maxFee: 0n }],
        ['OracleRequest', { ...asked, maxFee: 0n }],
      ],
      /events in block 10 contradict themselves/,
    ],
    [
      'a price is paid for, and nobody earned it',
      [['PriceUpdated', { ...round, payer: REQUESTER, fee: 1n }]],
      /PriceUpdated of transaction 0x0+1: no Earned follows it/,
    ],
  ];
  for (const [what, events, told] of CASES) {
    it(`stops at its block with a reason where ${what}`, () => {
      const stages = createStages();
      try {
        inTransaction(stages.db, () => stages.cursor.begin(1, ACCOUNT, 10));
        const own = [{ account: ACCOUNT, sinceBlock: 10, openedBlock: null }];
        const takeIn = createIntake(stages, stages.clock, { gateway: GATEWAY, own });
        const notifications = events.map(([name, fields]) => gatewayEvent(name, fields, hashOf(1)));
        const block = { index: 10, hash: hashOf(10), timeMs: 1, notifications, ownGas: [] };
        assert.throws(() => takeIn([block]), { code: 'GATEWAY_EVENT_MALFORMED', message: told });
        assert.equal(stages.cursor.read()?.height, 9);
      } finally {
        stages.close();
      }
    });
  }
});

describe('what files once broke the node with', () => {
  const scratch = scratchDirectory();
  after(() => scratch.remove());
  const refused = (text: string) => {
    let told: unknown;
    assert.throws(
      () => loadConfig(scratch.write('node.yaml', text)),
      (error) => {
        told = error;
        return true;
      },
    );
    assert.ok(told instanceof NodeError, String(told));
    assert.equal(told.code, 'CONFIG_INVALID');
    return told;
  };

  it('is refused where a configuration is a list, or one word', () => {
    for (const text of ['[[[]]]', '- a', 'a'])
      assert.match(refused(text).message, /node\.yaml:1:1/);
  });

  it('is told in part where a file is wrong on each of its lines', () => {
    const { message, details } = refused(
      Array.from({ length: 400 }, (_, at) => `k${at}: 1`).join('\n'),
    );
    assert.ok(message.length < 20_000, `${message.length} characters`);
    assert.match(message, /\nand \d+ more: correct these first, then check again$/);
    assert.ok((details.problems as unknown[]).length >= 400);
  });

  it('is not repeated at length where a key or a line is a novel', () => {
    const novel = 'x'.repeat(30_000);
    for (const text of [`${novel}: 1`, `a: 1\n${novel}`, `a: 1\n${novel}: 1`]) {
      const { message } = refused(text);
      assert.ok(message.length < 20_000, `${message.length} characters`);
    }
  });

  it('is no bundle of evidence where its format cannot become a text', () => {
    const odd = '{"dodonaEvidence":{"toString":1,"valueOf":1}}';
    assert.throws(() => readBundleFile(odd), { code: 'EVIDENCE_FILE', message: /is no number, 1/ });
  });
});

describe('what a stranger once made the API fail with', () => {
  const fixture = apiFixture();
  after(() => fixture.close());

  it('is refused where a part of the path is longer than any that is meant', async () => {
    const { ask } = await fixture.serve();
    for (const path of ['/v1/requests/', '/v1/upkeeps/', '/v1/prices/GAS/']) {
      const { status, body } = await ask(path + '1'.repeat(129), { token: null });
      assert.deepEqual([status, body.code], [414, 'TOO_LONG']);
      assert.match(body.detail, /a part of the path has more than 128 characters/);
    }
    assert.deepEqual(fixture.errors, []);
  });
});
