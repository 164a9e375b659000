import assert from 'node:assert/strict';
import { deployContracts, readContract } from '../../scripts/devnet/contracts.js';
import type { PrivateNetwork } from '../../scripts/devnet/private-network.js';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { sha256 } from '../../src/base/bytes.js';
import { parseGas } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';
import { callScript, type ScriptArg } from '../../src/chain/script.js';
import { asBytes, asInteger, asItems } from '../../src/chain/stack-item-values.js';
import { below, picked, pickedBy } from './drawing.js';
import { refuses } from './refusals.js';

/** A number that a gateway might deliver. */
const NUMBER = sha256('a result');

describe('the library of draws', function () {
  this.timeout(30_000);
  let network: PrivateNetwork;
  let drawing: Hash160;
  before(async () => {
    network = await sharedNetwork();
    const owner = await network.newAccount(parseGas('50'));
    const [hash] = await deployContracts(network, owner, [
      { contract: await readContract('drawing') },
    ]);
    assert.ok(hash);
    drawing = hash;
  });
  after(() => network.disconnect());

  const read = (method: string, ...args: ScriptArg[]) => network.read(drawing, method, args);
  const numbers = async (method: string, ...args: ScriptArg[]) =>
    asItems(await read(method, ...args), method).map((item) => Number(asInteger(item, method)));
  const refused = async (refusal: string, method: string, ...args: ScriptArg[]) => {
    const account = await network.newAccount(0n);
    await refuses(network, account, callScript(drawing, method, args), refusal);
  };

  it('leads as many values to each number as to any other, and gives up the fewest', async () => {
    // Every value of a space of 256, for each n: this is what makes the draw exactly fair.
    for (const n of [1, 2, 3, 6, 7, 10, 85, 100, 127, 128, 129, 200, 255, 256]) {
      const counts = await numbers('counts', n, 256);
      const rejected = counts.pop();
      assert.deepEqual(counts, Array(n).fill(Math.floor(256 / n)), `n is ${n}`);
      assert.equal(rejected, 256 % n);
    }
  });

  it('draws below n out of all of the number, and again where a value is rejected', async () => {
    const sizes = [1n, 2n, 6n, 52n, 1_000_000_007n, 1n << 64n, (1n << 128n) + 1n, 1n << 248n];
    // Just above half of the space, every other value is rejected.
    const most = (1n << 247n) + 1n;
    let rejected = 0;
    for (const [index, n] of [...sizes, most, most, most, most, most, most].entries()) {
      const expected = below(NUMBER, index, n);
      rejected = Math.max(rejected, expected.rejected);
      assert.equal(asInteger(await read('below', NUMBER, index, n), 'number'), expected.value);
    }
    assert.ok(rejected >= 2, 'values were rejected, one after the other');
  });

  it('gives up after the attempts that it may make, and not before', async () => {
    const most = (1n << 247n) + 1n;
    const indexes = [...Array(16).keys()];
    const index = indexes.find((each) => below(NUMBER, each, most).rejected > 0) ?? -1;
    const { value, rejected } = below(NUMBER, index, most);
    const found = await read('belowWithin', NUMBER, index, most, rejected + 1);
    assert.equal(asInteger(found, 'number'), value);
    const refusal = 'no number was found in the attempts that may be made';
    await refused(refusal, 'belowWithin', NUMBER, index, most, rejected);
  });

  it('draws between two numbers, both of them and negative ones included', async () => {
    const seen = new Set<bigint>();
    for (let index = 0; index < 40; index++) {
      const value = asInteger(await read('between', NUMBER, index, -1, 2), 'number');
      assert.equal(value, below(NUMBER, index, 4n).value - 1n);
      seen.add(value);
    }
    assert.deepEqual([...seen].sort(), [-1n, 0n, 1n, 2n].sort());
    assert.equal(asInteger(await read('between', NUMBER, 0, 5, 5), 'number'), 5n);
  });

  it('puts items in order, and picks some of them, none twice', async () => {
    for (const n of [0, 1, 2, 52, 256]) {
      const order = await numbers('shuffled', NUMBER, n);
      assert.deepEqual(order, picked(NUMBER, n, n));
      assert.deepEqual(
        [...order].sort((a, b) => a - b),
        [...Array(n).keys()],
      );
    }
    for (const [count, n] of [
      [0, 5],
      [1, 5],
      [3, 200],
    ] as const) {
      assert.deepEqual(await numbers('picked', NUMBER, count, n), picked(NUMBER, count, n));
    }
  });

  it('gives every order by one row of choices, so that all are as likely as these', () => {
    // The choices are fair, each by itself: 4 * 3 * 2 * 1 rows of them are equally likely.
    const orders: string[] = [];
    for (let row = 0; row < 24; row++) {
      const choices = [row % 4, (row >> 2) % 3, row >= 12 ? 1 : 0, 0];
      orders.push(pickedBy((draw) => choices[draw] ?? 0, 4, 4).join());
    }
    assert.equal(new Set(orders).size, 24);
  });

  it('makes other numbers of one for other purposes', async () => {
    const cards = asBytes(await read('for', NUMBER, Buffer.from('cards')), 'number');
    assert.deepEqual(cards, sha256(NUMBER, 'cards'));
  });

  it('refuses what it cannot draw, and says the limits', async () => {
    for (const n of [0n, -1n, (1n << 248n) + 1n]) {
      await refused('n is not from 1 to 2^248', 'below', NUMBER, 0, n);
    }
    await refused('lowest is above highest', 'between', NUMBER, 0, 2, 1);
    for (const n of [-1, 257]) await refused('n is not from 0 to 256', 'shuffled', NUMBER, n);
    for (const count of [-1, 6])
      await refused('count is not from 0 to n', 'picked', NUMBER, count, 5);
  });
});
