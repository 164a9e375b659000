import assert from 'node:assert/strict';
import { createCallbackFaults } from '../../src/gasbank/callback-fault-store.js';
import { createOwnAccountStore } from '../../src/gasbank/own-account-store.js';
import { createPredictionStore } from '../../src/gasbank/prediction-store.js';
import { createProofStore } from '../../src/gasbank/proof-store.js';
import { createRoundPredictionStore } from '../../src/gasbank/round-prediction-store.js';
import { createSpendStore } from '../../src/gasbank/spend-store.js';
import { createStages, type Stages } from './stage-fixture.js';

/** What they write, by store. */
const WRITES = {
  cursor: ['begin', 'advance'],
  requests: ['add', 'move', 'hold', 'note'],
  transactions: ['add', 'end'],
  upkeeps: ['add', 'move', 'note', 'addRun'],
  owners: ['paid', 'lost'],
  watches: ['note', 'drop'],
  faults: ['add', 'claim'],
  ledger: ['holdFloor'],
  proofs: ['see', 'narrow', 'prove'],
  accounts: ['remember', 'opened'],
  spends: ['add'],
  predictions: ['add'],
  rounds: ['add'],
  callbackFaults: ['note'],
} as const;

describe('a store of what a block changes', () => {
  let stages: Stages;
  beforeEach(() => {
    stages = createStages();
  });
  afterEach(() => stages.close());

  it('writes nothing but within a transaction: with all else of the block, or not at all', () => {
    const { db } = stages;
    const stores = {
      ...stages,
      proofs: createProofStore(db),
      accounts: createOwnAccountStore(db),
      spends: createSpendStore(db),
      predictions: createPredictionStore(db),
      rounds: createRoundPredictionStore(db),
      callbackFaults: createCallbackFaults(db, { faults: 1, durationMs: 1 }),
    };
    const places = Object.entries(WRITES).flatMap(([store, methods]) =>
      methods.map((method) => ({ store, method })),
    );
    for (const { store, method } of places) {
      const owner = stores[store as keyof typeof WRITES] as unknown as Record<string, () => void>;
      const message = 'bug: a store wrote outside of a transaction';
      assert.throws(() => owner[method]?.(), { message }, `${store}.${method}`);
    }
  });
});
