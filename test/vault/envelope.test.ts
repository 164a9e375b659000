import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { NodeError } from '../../src/base/node-error.js';
import { openBox, sealBox } from '../../src/base/sealed-box.js';
import { type EnvelopeLabel, openValue, rewrap, sealValue } from '../../src/vault/envelope.js';
import { ALICE, BOB } from './vault-fixture.js';

const VALUE = Buffer.from('sk-live-0123456789');
const label: EnvelopeLabel = { owner: ALICE, name: 'KEY', version: 3, mayBeResult: false };
const kek = { id: 'k1', key: Buffer.alloc(32, 1) };
const next = { id: 'k2', key: Buffer.alloc(32, 2) };
const others: EnvelopeLabel[] = [
  { ...label, owner: BOB },
  { ...label, name: 'YEK' },
  { ...label, version: 4 },
];

const keyBound = ({ owner, name, version }: EnvelopeLabel, keyId: string) =>
  ['dodona data key 1', owner, name, version, keyId] as const;

describe('an envelope', () => {
  const envelope = sealValue(VALUE, label, kek, randomBytes);
  const damaged = (work: () => unknown): void =>
    assert.throws(work, (error) => error instanceof NodeError && error.code === 'VAULT_DAMAGED');

  it('has a data key of its own each time, and opens with label and key', () => {
    const again = sealValue(VALUE, label, kek, randomBytes);
    const dataKeys = [envelope, again].map(({ wrappedKey }) =>
      openBox(kek.key, wrappedKey, keyBound(label, kek.id))?.toString('hex'),
    );
    assert.equal(new Set(dataKeys).size, 2);
    assert.equal(dataKeys[0]?.length, 64);
    assert.deepEqual(openValue(envelope, label, kek), VALUE);
    damaged(() => openValue(envelope, label, next));
    damaged(() => openValue(envelope, label, { ...kek, id: 'k2' }));
  });

  it('binds the data key to owner, name and version', () => {
    for (const other of others) damaged(() => rewrap(envelope, other, kek, next, randomBytes));
  });

  it('binds the value to owner, name, version and use, whatever becomes of its data key', () => {
    for (const other of [...others, { ...label, mayBeResult: true }]) {
      const dataKey = openBox(kek.key, envelope.wrappedKey, keyBound(label, kek.id));
      assert.ok(dataKey !== null);
      const wrappedKey = sealBox(kek.key, dataKey, keyBound(other, kek.id), randomBytes);
      damaged(() => openValue({ ...envelope, wrappedKey }, other, kek));
    }
  });

  it('moves under another key-encryption key with its value untouched', () => {
    const moved = rewrap(envelope, label, kek, next, randomBytes);
    assert.deepEqual(moved.sealedValue, envelope.sealedValue);
    assert.deepEqual(openValue(moved, label, next), VALUE);
    damaged(() => openValue(moved, label, kek));
  });
});
