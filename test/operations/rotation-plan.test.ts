import assert from 'node:assert/strict';
import { createAccount } from '../../scripts/devnet/account.js';
import type { WalletEntry } from '../../src/config/wallet-file.js';
import { planRotation, type RotationFacts } from '../../src/operations/rotation-plan.js';

const [first, second] = [createAccount(), createAccount()];
const entry = ({ hash, address }: typeof first, isDefault: boolean) =>
  ({ account: hash, address, isDefault, label: '', encryptedKey: 'x' }) as WalletEntry;

describe('the plan of a rotation back to a former account', () => {
  const kinds = (more: Partial<RotationFacts>): string[] => {
    const facts: RotationFacts = {
      chain: { nodeAccount: first.hash, overlap: null, proposed: null },
      wallet: [entry(first, true), entry(second, false)],
      own: [first.hash, second.hash],
      holdings: new Map(),
      inFlight: new Map(),
      isNodeRunning: true,
      signsAs: second.hash,
      ...more,
    };
    const wants = { begins: false, next: null, fund: 0n, sweeps: false, worth: 0n };
    return planRotation(facts, wants).steps.map(({ kind }) => kind);
  };

  it('waits until the node signs as it, though it did once before', () => {
    assert.deepEqual(kinds({}), ['follow', 'retire']);
    assert.deepEqual(kinds({ signsAs: null }), ['follow', 'retire']);
    assert.deepEqual(kinds({ signsAs: first.hash }), ['retire']);
    assert.deepEqual(kinds({ isNodeRunning: false, signsAs: null }), ['retire']);
  });
});
