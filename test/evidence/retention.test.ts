import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { bundleHash } from '../../src/evidence/bundle.js';
import { createEvidenceStore } from '../../src/evidence/evidence-store.js';
import { type RetentionLimits, retentionStep } from '../../src/evidence/retention.js';
import {
  REQUEST_STATES,
  type RequestEvent,
  type RequestState,
} from '../../src/requests/request-machine.js';
import { inTransaction } from '../../src/storage/database.js';
import { createStages, type Stages } from '../pipeline/stage-fixture.js';

/** A way into each state in which a request may have evidence; without it none is left out. */
const WAYS: Readonly<Record<RequestState, readonly RequestEvent[]>> = {
  received: [],
  resolved: ['answerFound'],
  sent: ['answerFound', 'answerSigned'],
  stuck: ['answerFound', 'giveUp'],
  overdue: ['answerFound', 'deadlinePassed'],
  expiring: ['answerFound', 'deadlinePassed', 'refundSigned'],
  answered: ['answerFound', 'answerSigned', 'answeredOnChain'],
  expired: ['deadlinePassed', 'expiredOnChain'],
};
const OF_EVIDENCE = /^evidence(?:_blob|_total)?$/;
const LONG_AGO_MS = 90 * 86_400_000;
const EVERY_BUNDLE: readonly [string, RetentionLimits][] = [
  ['for its age', { maxAgeMs: LONG_AGO_MS, maxTotalBytes: 1e9 }],
  ['for its size', { maxAgeMs: 1e12, maxTotalBytes: 0 }],
];

describe('retention', () => {
  let stages: Stages;
  beforeEach(() => {
    stages = createStages();
  });
  afterEach(() => stages.close());

  /** Every row of every table that is not evidence, as text. */
  function promises(): Record<string, string> {
    const { db } = stages;
    const names = db
      .prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`)
      .pluck()
      .all() as string[];
    const rowsOf = (name: string): unknown[] => db.prepare(`SELECT * FROM ${name}`).raw().all();
    const shown = (_: string, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value);
    const others = names.filter((name) => !OF_EVIDENCE.test(name));
    return Object.fromEntries(others.map((name) => [name, JSON.stringify(rowsOf(name), shown)]));
  }

  for (const [why, limits] of EVERY_BUNDLE) {
    it(`drops every bundle ${why} and touches nothing that a promise stands on`, async () => {
      const { db, log, clock } = stages;
      const store = createEvidenceStore(db);
      stages.fund(1_000_000n);
      const text = (id: bigint) => JSON.stringify({ id: String(id), noise: 'x'.repeat(4_000) });
      const ids = REQUEST_STATES.map((state, at) => {
        const id = BigInt(at + 1);
        stages.add(id, WAYS[state]);
        assert.equal(stages.stateOf(id), state);
        inTransaction(db, () => {
          const blobs = new Map([['ab'.repeat(32), Buffer.alloc(4_000, at)]]);
          store.add(id, { hash: bundleHash(text(id)), text: text(id), blobs }, clock.nowMs());
        });
        return id;
      });
      stages.advance(LONG_AGO_MS + 1);
      const before = promises();
      assert.match(before.ledger_transfer ?? '', /wallet funded/);
      while (await retentionStep({ db, store, clock, log, limits }));
      assert.deepEqual(store.total(), { bundles: 0, bytes: 0, oldestMs: null });
      assert.deepEqual(promises(), before);
      // What a bundle said can still be proven by whoever kept a copy.
      for (const id of ids) assert.deepEqual(store.read(id)?.hash, bundleHash(text(id)));
    });
  }
});
