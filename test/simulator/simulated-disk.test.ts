import assert from 'node:assert/strict';
import type { Faults } from '../../scripts/simulator/faults.js';
import { createLife, ProcessDied } from '../../scripts/simulator/life.js';
import { createSeededRandom } from '../../scripts/simulator/seeded-random.js';
import { createSimulatedDisk, emptyDatabase } from '../../scripts/simulator/simulated-disk.js';
import {
  type Database,
  inRepeatableTransaction,
  inTransaction,
} from '../../src/storage/database.js';

const empty = emptyDatabase();

function diskWith(faults: Partial<Faults> = {}) {
  const none = { strikes: () => false, isOn: () => true, end: () => {}, counts: () => ({}) };
  const random = { ...createSeededRandom('disk'), chance: () => true };
  return createSimulatedDisk({ faults: { ...none, ...faults } as Faults, random, empty });
}

const put = (db: Database, name: string): void => {
  db.prepare('INSERT INTO own_account (account, since_block) VALUES (?, 1)').run(name);
};
const names = (db: Database): unknown[] =>
  db.prepare('SELECT account FROM own_account ORDER BY account').pluck().all();

describe('the simulated disk', () => {
  it('keeps what was committed when a process ends, and nothing of a step under way', () => {
    const disk = diskWith();
    const life = createLife();
    const db = disk.open(life);
    inTransaction(db, () => put(db, 'kept'));
    life.endAfter(3, () => {});
    assert.throws(
      () =>
        inTransaction(db, () => {
          put(db, 'lost');
          put(db, 'lost too');
        }),
      ProcessDied,
    );
    assert.throws(() => names(db), ProcessDied);
    disk.close('ended');
    assert.deepEqual(names(disk.open(createLife())), ['kept']);
  });

  it('loses with the power what nobody waited for, and nothing else', () => {
    const disk = diskWith();
    const db = disk.open(createLife());
    inRepeatableTransaction(db, () => put(db, 'a, made durable by b'));
    inTransaction(db, () => put(db, 'b'));
    inRepeatableTransaction(db, () => put(db, 'c'));
    inRepeatableTransaction(db, () => put(db, 'd'));
    disk.close('power cut');
    assert.deepEqual(names(disk.open(createLife())), ['a, made durable by b', 'b']);
  });

  it('keeps what nobody waited for when only the process ends', () => {
    const disk = diskWith();
    inRepeatableTransaction(disk.open(createLife()), () => {});
    disk.close('ended');
    const db = disk.open(createLife());
    inRepeatableTransaction(db, () => put(db, 'c'));
    disk.close('ended');
    assert.deepEqual(names(disk.open(createLife())), ['c']);
  });

  it('refuses writes as a full disk does, and forgets the step', () => {
    let isFull = false;
    const disk = diskWith({ strikes: (name) => name === 'disk full' && isFull });
    const db = disk.open(createLife());
    inTransaction(db, () => put(db, 'before'));
    isFull = true;
    assert.throws(() => inTransaction(db, () => put(db, 'refused')), { code: 'DB_TROUBLE' });
    assert.deepEqual(names(db), ['before']);
  });
});
