import assert from 'node:assert/strict';
import { firstDifference } from '../../src/gasbank/first-difference.js';

describe('the block in which a difference began', () => {
  const began = 137;
  const agreesAt = async (height: number) => height < began;

  it('is found by halving what is known, in few looks', async () => {
    let looks = 0;
    const counted = (height: number) => {
      looks += 1;
      assert.ok(height > 100 && height < 1_100, `${height} is known`);
      return agreesAt(height);
    };
    const span = await firstDifference({ agreedBlock: 100, firstBlock: 1_100 }, 0, counted);
    assert.deepEqual(span, { agreedBlock: began - 1, firstBlock: began });
    assert.ok(looks <= 10, `${looks} looks at 1,000 blocks`);
  });

  it('is looked for from the first block of the books, where they never agreed', async () => {
    const known = { agreedBlock: null, firstBlock: 500 };
    const span = await firstDifference(known, 20, agreesAt);
    assert.deepEqual(span, { agreedBlock: began - 1, firstBlock: began });
    const never = await firstDifference(known, 200, agreesAt);
    assert.deepEqual(never, { agreedBlock: null, firstBlock: 200 });
  });

  it('needs no look where it is known', async () => {
    const span = { agreedBlock: began - 1, firstBlock: began };
    const nobody = async () => assert.fail('nothing is to be looked at');
    assert.deepEqual(await firstDifference(span, 0, nobody), span);
    const first = { agreedBlock: null, firstBlock: 20 };
    assert.deepEqual(await firstDifference(first, 20, nobody), first);
  });

  it('stays as wide as it is where nobody can look back, or no further', async () => {
    const known = { agreedBlock: 100, firstBlock: 200 };
    assert.deepEqual(await firstDifference(known, 0, async () => null), known);
    const young = async (height: number) => (height < 145 ? null : agreesAt(height));
    assert.deepEqual(await firstDifference(known, 0, young), { agreedBlock: 100, firstBlock: 150 });
    const unknown = { agreedBlock: null, firstBlock: 200 };
    assert.deepEqual(await firstDifference(unknown, 50, async () => null), unknown);
  });
});
