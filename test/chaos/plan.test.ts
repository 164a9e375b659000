import assert from 'node:assert/strict';
import { besideOf, planOf, TROUBLES, type Trouble } from '../../scripts/chaos/plan.js';
import { createSeededRandom } from '../../scripts/simulator/seeded-random.js';

const plan = (seed: number) => planOf(createSeededRandom(String(seed)));
const CALM: readonly Trouble[] = TROUBLES.slice(TROUBLES.indexOf('freeze the node'));

describe('the plan of a chaos run', () => {
  it('has every trouble at least once, in an order of its seed', () => {
    const orders = new Set<string>();
    for (let seed = 0; seed < 20; seed++) {
      const { first, second, mustFirst, mustSecond } = plan(seed);
      const must = [...first.slice(0, mustFirst), ...second.slice(0, mustSecond)];
      assert.deepEqual(new Set(must), new Set(TROUBLES), `seed ${seed}`);
      assert.deepEqual(plan(seed), plan(seed));
      orders.add(must.join());
    }
    assert.equal(orders.size, 20);
  });

  it('lets the process of the node live through its second part', () => {
    for (let seed = 0; seed < 20; seed++) {
      assert.ok(plan(seed).second.every((trouble) => CALM.includes(trouble)));
    }
  });

  it('puts beside a trouble what does not end it', () => {
    const random = createSeededRandom('beside');
    const beside = TROUBLES.flatMap((trouble) =>
      Array.from({ length: 50 }, () => ({ trouble, beside: besideOf(random, trouble) })),
    );
    assert.ok(beside.some((each) => each.beside !== null));
    assert.ok(beside.every((each) => each.beside === null || CALM.includes(each.beside)));
    assert.ok(beside.every((each) => each.beside !== each.trouble));
  });
});
