import assert from 'node:assert/strict';
import { type Hash160, hash160 } from '../../src/base/hash.js';
import { NodeError } from '../../src/base/node-error.js';
import type { ContractEvent } from '../../src/chain/contract-events.js';
import { createFollowEvents } from '../../src/pipeline/follow-events.js';
import { inTransaction } from '../../src/storage/database.js';
import { createStages, type Stages } from './stage-fixture.js';
import { addUpkeep, REGISTERED } from './upkeep-fixture.js';

const FIRST = hash160(`0x${'0c'.repeat(20)}`);
const SECOND = hash160(`0x${'0d'.repeat(20)}`);
const THIRD = hash160(`0x${'0e'.repeat(20)}`);

interface Read {
  readonly from: number;
  readonly count: number;
  readonly contracts: readonly Hash160[];
}

describe('following the events that upkeeps wait for', () => {
  let stages: Stages;
  let stop: AbortController;
  let reads: Read[];
  let events: ContractEvent[];
  let fails: unknown;
  let onRead: () => void;
  beforeEach(() => {
    stages = createStages();
    stop = new AbortController();
    [reads, events, fails] = [[], [], null];
    onRead = () => {};
  });
  afterEach(() => stages.close());

  const follow = (height: number, maxWatchedContracts = 9) =>
    createFollowEvents({
      ...stages,
      eventReader: {
        read: async (from, count, contracts) => {
          reads.push({ from, count, contracts });
          onRead();
          if (fails !== null) throw fails;
          return events.filter(
            ({ block, contract }) =>
              block >= from && block < from + count && contracts.includes(contract),
          );
        },
      },
      maxWatchedContracts,
      signal: stop.signal,
    })(height);
  const happened = (contract: Hash160, name: string, ...blocks: number[]) =>
    events.push(...blocks.map((block) => ({ block, contract, name })));
  const asked = () => reads[0]?.contracts;
  const ranges = () => reads.map(({ from, count }) => [from, from + count - 1]);

  it('reads nothing where nobody waits for an event', async () => {
    addUpkeep(stages, 1n, 'every:5');
    await follow(500);
    assert.deepEqual(reads, []);
    assert.equal(stages.watches.height(), null);
  });

  it('reads each block behind the registration once, and keeps what is waited for', async () => {
    addUpkeep(stages, 1n, `on:${FIRST}:Beat;catchup=10`);
    addUpkeep(stages, 2n, `on:${SECOND}:Beat;catchup=10`);
    happened(FIRST, 'Beat', 9, 10, 11, 11, 14);
    happened(FIRST, 'Other', 12);
    happened(SECOND, 'Beat', 13);
    happened(SECOND, 'Other', 14);
    await follow(REGISTERED.block);
    assert.deepEqual(reads, []);
    await follow(13);
    await follow(13);
    await follow(14);
    assert.deepEqual(ranges(), [
      [11, 13],
      [14, 14],
    ]);
    assert.deepEqual(asked(), [FIRST, SECOND]);
    assert.deepEqual(stages.watches.seenBy(1n), [11, 14]);
    assert.deepEqual(stages.watches.seenBy(2n), [13]);
    assert.equal(stages.watches.height(), 14);
  });

  it('reads many blocks in parts, and no more of them than can be waited for', async () => {
    addUpkeep(stages, 1n, `on:${FIRST}:Beat;catchup=10`);
    happened(FIRST, 'Beat', 60, 61, 130);
    await follow(130);
    assert.deepEqual(ranges(), [
      [11, 60],
      [61, 110],
      [111, 130],
    ]);
    assert.deepEqual(stages.watches.seenBy(1n), [60, 61, 130]);
    reads = [];
    await follow(5_000);
    assert.deepEqual([reads.length, ranges().at(-1)], [40, [2_081, 2_130]]);
    reads = [];
    await follow(5_000);
    assert.deepEqual(ranges()[0], [2_131, 2_180], 'with the next block it goes on from there');
  });

  it('reads the same blocks again after trouble that may pass', async () => {
    addUpkeep(stages, 1n, `on:${FIRST}:Beat`);
    happened(FIRST, 'Beat', 12);
    fails = new NodeError('BLOCK_MISSING', 'not there yet', { retryable: true });
    await follow(12);
    assert.deepEqual([stages.watches.height(), stages.watches.seenBy(1n)], [10, []]);
    fails = null;
    await follow(13);
    assert.deepEqual(ranges(), [
      [11, 12],
      [11, 13],
    ]);
    assert.deepEqual(stages.watches.seenBy(1n), [12]);
  });

  it('ends by trouble that trying again would not mend, unless it was stopped', async () => {
    addUpkeep(stages, 1n, `on:${FIRST}:Beat`);
    fails = new NodeError('DB_BROKEN', 'the disk is full');
    await assert.rejects(follow(12), { code: 'DB_BROKEN' });
    onRead = () => stop.abort();
    await follow(12);
    reads = [];
    await follow(12);
    assert.deepEqual(reads, []);
  });

  it('watches those contracts that were asked for first, up to the limit', async () => {
    for (const [at, contract] of [SECOND, FIRST, SECOND, THIRD].entries()) {
      addUpkeep(stages, BigInt(at + 1), `on:${contract}:Beat`);
    }
    happened(THIRD, 'Beat', 11);
    await follow(11, 2);
    assert.deepEqual(asked(), [SECOND, FIRST]);
    assert.deepEqual(stages.watches.seenBy(4n), []);
    inTransaction(stages.db, () => {
      stages.upkeeps.move(2n, 'cancelledOnChain', { reason: 'gone' });
    });
    happened(THIRD, 'Beat', 12);
    await follow(12, 2);
    assert.deepEqual(stages.watches.seenBy(4n), [12]);
  });
});
