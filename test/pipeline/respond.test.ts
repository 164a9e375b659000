import assert from 'node:assert/strict';
import { hash160 } from '../../src/base/hash.js';
import { NodeError } from '../../src/base/node-error.js';
import type { AnswerItem } from '../../src/pipeline/answer.js';
import type { Preflight } from '../../src/pipeline/chain-port.js';
import { createRespond, type RespondLimits } from '../../src/pipeline/respond.js';
import { createSubmit } from '../../src/pipeline/submit.js';
import { createSuspects, type Suspects } from '../../src/pipeline/suspects.js';
import { inTransaction } from '../../src/storage/database.js';
import { createStages, hashOf, type Judge, type Stages } from './stage-fixture.js';

const LIMITS: RespondLimits = {
  maxBatch: 4,
  maxBatchBytes: 100,
  concurrency: 2,
  validBlocks: 10,
  holdMs: 3_000,
  holdMsPerAnswer: 0,
};

/** Every answer fits, is taken, and bears its share of the fees. */
const accepting: Judge = (items, { systemFee, networkFee }) => ({
  state: 'HALT',
  gasConsumed: 10n * BigInt(items.length),
  effects: new Map(
    items.map(({ requestId: id, deliver }, place) => {
      const fee = (systemFee + networkFee + BigInt(place)) / BigInt(items.length);
      return [id, { delivered: deliver, fee, lost: 0n, premium: 0n }];
    }),
  ),
  expired: new Set(),
  contained: true,
});

describe('responding', () => {
  let stages: Stages;
  let height: number;
  let bug: unknown;
  let stop: AbortController;
  let suspects: Suspects;
  beforeEach(() => {
    stages = createStages();
    stages.fund(100_000n);
    height = 100;
    bug = null;
    stop = new AbortController();
    suspects = createSuspects();
  });
  afterEach(() => stages.close());

  function respond(mayStart = () => true) {
    const parts = { ...stages, chain: stages.chain.port };
    const margin = { bps: 0n, minimum: 2n };
    return createRespond({
      ...parts,
      planning: {
        chain: parts.chain,
        limits: { margin, maxSystemFee: 1_000n, maxNetworkFee: 1_000n, allowLoss: new Set() },
        plain: { last: null },
        bare: { seen: false },
        slow: new Set(),
      },
      suspects,
      submit: createSubmit({ ...parts, walletFloor: 0n, onWalletShort: () => {} }),
      limits: LIMITS,
      heightNow: () => height,
      mayStart,
      randomNonce: () => 7,
      onDuration: () => {},
      onBug: (error) => {
        bug = error;
      },
      signal: stop.signal,
    });
  }
  const answerAll = async () => {
    const stage = respond();
    stage.pump();
    await stage.idle();
    return stage;
  };
  const add = (...ids: bigint[]) => {
    for (const id of ids) stages.add(id, ['answerFound']);
  };
  const sent = () =>
    stages.transactions.inFlight().map(({ hash, validUntilBlock }) => ({
      ids: stages.requests.byTransaction(hash).map(({ id }) => id),
      validUntilBlock,
    }));

  it('sends several answers in one transaction, up to its limits', async () => {
    add(1n, 2n, 3n, 4n, 5n, 6n);
    stages.chain.judge = accepting;
    await answerAll();
    assert.deepEqual(
      sent().map(({ ids }) => ids),
      [
        [1n, 2n, 3n, 4n],
        [5n, 6n],
      ],
    );
  });

  it('lets an answer wait for company while others are prepared, but for 20 ms at most', async () => {
    let goOn = (): void => {};
    const slow = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const { preflight } = stages.chain.port;
    let looks = 0;
    stages.chain.judge = accepting;
    Object.assign(stages.chain.port, {
      preflight: async (...asked: Parameters<typeof preflight>) => {
        looks += 1;
        await slow;
        return preflight(...asked);
      },
    });
    const stage = respond();
    add(1n);
    const pumped = async () => {
      stage.pump();
      for (let turn = 0; turn < 9; turn++) await new Promise(setImmediate);
      return looks;
    };
    const first = await pumped();
    add(2n);
    stages.advance(19);
    assert.equal(await pumped(), first);
    add(3n);
    stages.advance(1);
    assert.ok((await pumped()) > first);
    goOn();
    await stage.idle();
    assert.deepEqual(
      sent().map(({ ids }) => ids),
      [[1n], [2n, 3n]],
    );
  });

  it('counts how long a transaction is valid from when it is sent, not from when it was planned', async () => {
    add(1n, 2n);
    stages.add(3n, ['answerFound'], { deadline: 163 });
    stages.chain.judge = (items, terms) => {
      // Ten blocks come while the node looks at what its callback does.
      height += 10;
      return accepting(items, terms);
    };
    await answerAll();
    const [all] = sent();
    assert.equal(sent().length, 1);
    assert.equal(all?.validUntilBlock, Math.min(height + LIMITS.validBlocks, 163));
    assert.ok((all?.validUntilBlock ?? 0) > height);
  });

  it('lets a transaction live no longer than the earliest deadline in it', async () => {
    add(1n);
    stages.add(2n, ['answerFound'], { deadline: 104 });
    stages.chain.judge = accepting;
    await answerAll();
    assert.equal(sent()[0]?.validUntilBlock, 104);
  });

  it('sends nothing before it is known what the wallet can pay', async () => {
    add(1n);
    stages.chain.judge = accepting;
    let isKnown = false;
    const stage = respond(() => isKnown);
    stage.pump();
    await stage.idle();
    assert.deepEqual(sent(), []);
    isKnown = true;
    stage.pump();
    await stage.idle();
    assert.equal(sent().length, 1);
  });

  it('lets who was in a transaction that FAULTed go alone, and the others together', async () => {
    add(1n, 2n, 3n);
    stages.add(4n, ['answerFound', 'answerSigned']);
    inTransaction(stages.db, () => {
      const change = { reason: 'FAULTed', faults: 1, tx: null };
      stages.requests.move(4n, 'transactionFaulted', change, { atMs: 1, what: 'faulted' });
    });
    stages.chain.judge = accepting;
    await answerAll();
    assert.deepEqual(
      sent()
        .map(({ ids }) => ids)
        .sort((a, b) => a.length - b.length),
      [[4n], [1n, 2n, 3n]],
    );
  });

  it('sends each answer once, though one of them brings the shared transaction down', async () => {
    add(1n, 2n, 3n, 4n);
    const guilty = (item: AnswerItem) => item.requestId === 2n && item.deliver;
    stages.chain.judge = (items, terms): Preflight => {
      if (!items.some(guilty)) return accepting(items, terms);
      return { state: 'FAULT', exception: 'ABORT', limit: null };
    };
    await answerAll();
    const groups = sent().map(({ ids }) => ids);
    assert.deepEqual(groups.flat().sort(), [1n, 2n, 3n, 4n]);
    assert.ok(
      groups.some((ids) => ids.length === 1 && ids[0] === 2n),
      'the culprit goes alone',
    );
    assert.equal(bug, null);
  });

  it('remembers who brought a transaction down: his answers go alone, one at a time', async () => {
    const hostile = hash160(`0x${'ee'.repeat(20)}`);
    const ofHostile = (...ids: bigint[]) => {
      for (const id of ids) stages.add(id, ['answerFound'], { requester: hostile });
    };
    const looks: string[] = [];
    const isHostile = ({ requestId, deliver }: AnswerItem) => requestId >= 50n && deliver;
    stages.chain.judge = (items, terms): Preflight => {
      if (items.some(({ deliver }) => deliver)) {
        looks.push(items.map(({ requestId }) => requestId).join());
      }
      if (!items.some(isHostile)) return accepting(items, terms);
      return { state: 'FAULT', exception: 'ABORT', limit: null };
    };
    const stage = respond();
    const pump = () => {
      stage.pump();
      return stage.idle();
    };
    add(1n);
    ofHostile(50n);
    await pump();
    assert.ok(looks.includes('1,50'), 'nobody knows him yet');
    assert.deepEqual(suspects.all(), [hostile]);
    looks.length = 0;
    ofHostile(51n, 52n, 53n);
    add(2n, 3n, 4n);
    await pump();
    assert.deepEqual(
      looks.filter((ids) => ids.includes(',')),
      looks.filter((ids) => !/5\d/.test(ids)),
      'what is shared is shared by others',
    );
    const alone = sent().filter(({ ids }) => ids.some((id) => id >= 50n));
    assert.deepEqual(
      alone.map(({ ids }) => ids.length),
      [1, 1, 1, 1],
    );
  });

  it('takes from each requester in turn where more waits than is prepared at once', async () => {
    const other = hash160(`0x${'dd'.repeat(20)}`);
    stages.chain.judge = accepting;
    for (let id = 1n; id <= 40n; id++) add(id);
    for (let id = 41n; id <= 44n; id++) stages.add(id, ['answerFound'], { requester: other });
    const stage = respond();
    stage.pump();
    await stage.idle();
    const groups = sent().map(({ ids }) => ids);
    assert.deepEqual(groups.slice(0, 2), [
      [1n, 2n, 41n, 42n],
      [3n, 4n, 43n, 44n],
    ]);
    assert.equal(groups.flat().length, 44);
  });

  it('passes over who goes alone for the length of one transaction only', async () => {
    const [alone, other] = [hash160(`0x${'dd'.repeat(20)}`), hash160(`0x${'ee'.repeat(20)}`)];
    stages.chain.judge = accepting;
    suspects.add(alone);
    for (let id = 1n; id <= 40n; id++) add(id);
    for (let id = 41n; id <= 80n; id++) stages.add(id, ['answerFound'], { requester: other });
    for (const id of [81n, 82n]) stages.add(id, ['answerFound'], { requester: alone });
    await answerAll();
    const groups = sent().map(({ ids }) => ids);
    const places = [81n, 82n].map((id) => groups.findIndex((ids) => ids.includes(id)));
    assert.ok(Math.max(...places) <= 5, `it was sent as number ${places.join(' and ')}`);
  });

  it('suspects nobody for what the gateway refuses to all', async () => {
    add(1n, 2n);
    stages.chain.judge = () => ({ state: 'FAULT', exception: 'no witness', limit: null });
    await answerAll();
    assert.deepEqual(suspects.all(), []);
  });

  it('holds back what the environment denies, tells why, and tries again after a pause', async () => {
    add(1n);
    stages.chain.judge = () => {
      throw new NodeError('RPC_TIMEOUT', 'the endpoint did not answer', { retryable: true });
    };
    const stage = await answerAll();
    assert.match(stages.requests.get(1n)?.reason ?? '', /the endpoint did not answer/);
    assert.deepEqual(stages.retries, ['respond']);
    stages.chain.judge = accepting;
    stage.pump();
    await stage.idle();
    assert.deepEqual([stages.stateOf(1n), bug], ['resolved', null]);
    stages.advance(LIMITS.holdMs);
    stage.pump();
    await stage.idle();
    assert.equal(stages.stateOf(1n), 'sent');
  });

  it('stops the node by a bug, and leaves the answers as they were', async () => {
    add(1n, 2n);
    stages.chain.judge = () => {
      throw new Error('bug: made by the test');
    };
    await answerAll();
    assert.match(String(bug), /bug: made by the test/);
    assert.deepEqual([stages.stateOf(1n), stages.stateOf(2n)], ['resolved', 'resolved']);
  });

  it('ends the node in order when what is held back cannot be written down', async () => {
    add(1n);
    const { db } = stages;
    stages.chain.judge = () => {
      // The endpoint fails just when the disk is full.
      db.pragma(`max_page_count = ${db.pragma('page_count', { simple: true })}`);
      throw new NodeError('RPC_TIMEOUT', 'no answer '.repeat(10_000), { retryable: true });
    };
    await answerAll();
    assert.ok(bug instanceof NodeError, String(bug));
    assert.equal(bug.code, 'DB_TROUBLE');
  });

  it('begins nothing once it was told to stop', async () => {
    add(1n);
    stop.abort();
    await answerAll();
    assert.deepEqual(sent(), []);
  });

  it('answers by the lost transaction that it may claim', async () => {
    stages.add(1n, ['answerFound', 'answerSigned']);
    inTransaction(stages.db, () => {
      const change = { reason: 'FAULTed', faults: 1, lostTx: hashOf(5), tx: null };
      stages.requests.move(1n, 'transactionFaulted', change, { atMs: 1, what: 'faulted' });
    });
    const claimed: unknown[] = [];
    stages.chain.judge = (items, terms) => {
      for (const { deliver, lostTx } of items) claimed.push([deliver, lostTx]);
      return accepting(items, terms);
    };
    await answerAll();
    assert.deepEqual(claimed, [[false, hashOf(5)]]);
  });
});
