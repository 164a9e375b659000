import assert from 'node:assert/strict';
import { hash160 } from '../../src/base/hash.js';
import { walletOf } from '../../src/gasbank/accounts.js';
import type { BooksReader } from '../../src/gasbank/books-reader.js';
import { createUnanimousReader } from '../../src/gasbank/unanimous-reader.js';
import { silentLog } from '../../src/telemetry/log.js';

const WALLET = walletOf(hash160(`0x${'a1'.repeat(20)}`));
const WAITS = 20;

type Said = Awaited<ReturnType<BooksReader['latest']>>;
const saying = (height: number, balance: bigint): Said =>
  ({ height, balances: new Map([[WALLET, balance]]) }) as Said;
const readerOf = (said: Said | Error): BooksReader =>
  ({
    latest: async () => {
      if (said instanceof Error) throw said;
      return said;
    },
  }) as unknown as BooksReader;

describe('balances that all endpoints tell', () => {
  const warned: string[] = [];
  beforeEach(() => {
    warned.length = 0;
  });
  const log = { ...silentLog, warn: (text: string) => warned.push(text) } as typeof silentLog;
  const reading = (first: Said, ...each: (Said | Error)[]) => {
    const parts = { reader: readerOf(first), each: each.map(readerOf) };
    const { latest } = createUnanimousReader(parts, log);
    return async () => (await latest([WALLET]))?.balances.get(WALLET) ?? null;
  };

  it('are those of one, and of two that agree', async () => {
    const here = saying(9, 5n);
    assert.equal(await reading(here, here)(), 5n);
    assert.equal(await reading(here, here, saying(9, 5n))(), 5n);
    assert.equal(await reading(null, here, here)(), null);
  });

  it('are none while one of two tells others, however often it is asked', async () => {
    const read = reading(saying(9, 5n), saying(9, 5n), saying(9, 6n));
    for (let asked = 0; asked < 2 * WAITS; asked++) assert.equal(await read(), null);
    assert.match(warned.join(), /the RPC endpoints tell different opening balances/);
  });

  it('are waited for while one is some blocks apart, and then told without it', async () => {
    for (const height of [6, 8, 10, 12]) {
      const read = reading(saying(9, 5n), saying(9, 5n), saying(height, 6n));
      for (let asked = 0; asked < WAITS; asked++) assert.equal(await read(), null, `${height}`);
      assert.equal(await read(), 5n);
      assert.equal(await read(), null, 'and the next time it is waited for again');
    }
    assert.deepEqual(warned, []);
  });

  it('are told without who is further off, or does not answer', async () => {
    const [here, down] = [saying(9, 5n), new Error('down')];
    for (const other of [saying(5, 6n), saying(13, 6n), down]) {
      assert.equal(await reading(here, here, other)(), 5n);
    }
  });
});
