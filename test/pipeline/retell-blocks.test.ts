import assert from 'node:assert/strict';
import { NodeError } from '../../src/base/node-error.js';
import type { BlockTeller } from '../../src/chain/agreed-blocks.js';
import type { TailedBlock } from '../../src/chain/block-source.js';
import { createIntake } from '../../src/pipeline/intake.js';
import { createRetell, UNHEARD_LIMIT_MS } from '../../src/pipeline/retell-blocks.js';
import { inTransaction } from '../../src/storage/database.js';
import type { Log } from '../../src/telemetry/log.js';
import { gatewayEvent } from '../chain/gateway-event.js';
import { GATEWAY } from '../fuzz/chain-answers.js';
import { ACCOUNT, createStages, hashOf, REQUESTER, type Stages } from './stage-fixture.js';

const BLOCK = 10;
const ASKED = gatewayEvent(
  'OracleRequest',
  {
    ...{ id: 5n, requester: REQUESTER, payer: REQUESTER, url: 'https://a.example', filter: '' },
    ...{ maxFee: 0n, deadline: 99 },
  },
  hashOf(1),
);
const blockOf = (notifications: TailedBlock['notifications'], hash = BLOCK): TailedBlock[] => [
  { index: BLOCK, hash: hashOf(hash), timeMs: 1, notifications, ownGas: [] },
];
const TRUE = blockOf([ASKED]);
const TWICE = blockOf([ASKED, ASKED]);
const SHORT = blockOf([{ ...ASKED, state: ASKED.state.slice(1) }]);
const UNREACHABLE = new NodeError('RPC_UNREACHABLE', 'nobody is there', { retryable: true });

type Telling = TailedBlock[] | Error;

describe('blocks of which an endpoint tells what cannot be', () => {
  let stages: Stages;
  let lines: string[];
  let nowMs: number;
  let contradictions: number;
  beforeEach(() => {
    stages = createStages();
    lines = [];
    nowMs = 0;
    contradictions = 0;
    inTransaction(stages.db, () => stages.cursor.begin(1, ACCOUNT, BLOCK));
  });
  afterEach(() => stages.close());

  /** Takes in what the first endpoint tells; each tells the next of its tellings when asked. */
  async function take(first: TailedBlock[], ...endpoints: readonly (readonly Telling[])[]) {
    const own = [{ account: ACCOUNT, sinceBlock: BLOCK, openedBlock: null }];
    const takeIn = createIntake(stages, stages.clock, { gateway: GATEWAY, own });
    const tellers = endpoints.map((tellings, at): BlockTeller => {
      const left = [...tellings];
      const read = async (from: number, count: number) => {
        assert.deepEqual([from, count], [BLOCK, 1]);
        const told = left.length > 1 ? left.shift() : left[0];
        if (told === undefined || told instanceof Error) throw told;
        return { blocks: told, previousHash: hashOf(BLOCK - 1) };
      };
      return { endpoint: `endpoint ${at}`, source: { read } };
    });
    const sleep = async (ms: number): Promise<void> => {
      nowMs += ms;
    };
    const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs, sleep };
    const warn = (what: string, facts: object): void =>
      void lines.push(`${what} ${JSON.stringify(facts)}`);
    const log = { ...stages.log, warn } as Log;
    const { signal } = new AbortController();
    const onContradiction = () => void contradictions++;
    const retell = createRetell({ tellers, takeIn, clock, log, onContradiction, signal });
    const failure = failureOf(() => takeIn(first));
    const retold = await retell(first, failure);
    return { ...retold, height: stages.cursor.read()?.height };
  }

  for (const [what, lie] of [
    ['a request that begins twice', TWICE],
    ['an event with a parameter less', SHORT],
  ] as const) {
    it(`are taken from an honest one: ${what}`, async () => {
      const { run, result, height } = await take(lie, [lie], [TRUE]);
      assert.deepEqual(run, TRUE);
      assert.deepEqual(result.received, [5n]);
      assert.equal(height, BLOCK);
      assert.equal(contradictions, 1);
      assert.match(lines[0] ?? '', /events that cannot be .*"endpoint 0","from":10,"to":10/);
      assert.match(lines[1] ?? '', /blocks taken from this endpoint.*"endpoint 1"/);
    });
  }

  it('stop the node where all tell the same, or there is no other', async () => {
    await assert.rejects(take(TWICE, [TWICE], [TWICE]), { code: 'GATEWAY_EVENT_MALFORMED' });
    await assert.rejects(take(TWICE, [TWICE]), { code: 'GATEWAY_EVENT_MALFORMED' });
    assert.equal(stages.cursor.read()?.height, BLOCK - 1);
  });

  it('wait for an honest one that is not to be reached now', async () => {
    const { height } = await take(SHORT, [SHORT], [UNREACHABLE, UNREACHABLE, TRUE]);
    assert.equal(height, BLOCK);
    assert.ok(nowMs > 0);
  });

  it('wait no longer than the limit for it', async () => {
    await assert.rejects(take(SHORT, [SHORT], [UNREACHABLE]), { code: 'GATEWAY_EVENT_MALFORMED' });
    assert.ok(nowMs >= UNHEARD_LIMIT_MS, `${nowMs} ms`);
  });

  it('are not taken from an endpoint of another chain', async () => {
    const other = blockOf([ASKED], 77);
    await assert.rejects(take(TWICE, [TWICE], [other]), { code: 'GATEWAY_EVENT_MALFORMED' });
    assert.equal(stages.cursor.read()?.height, BLOCK - 1);
  });
});

function failureOf(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}
