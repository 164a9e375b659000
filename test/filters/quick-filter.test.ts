import assert from 'node:assert/strict';
import { isInstantFilter, isQuickFilter } from '../../src/filters/quick-filter.js';

const SMALL = Buffer.from('{}');

describe('a quick filter', () => {
  it('walks down to one value of a small body', () => {
    for (const path of ['$', '$.price', '$.a.b_2[0].c', `$['a b'].c`, '$["x"][12]']) {
      assert.equal(isQuickFilter(path, SMALL), true, path);
    }
    assert.equal(isQuickFilter('$.price', Buffer.alloc(16 * 1024)), true);
    assert.equal(isQuickFilter('$.price', Buffer.alloc(16 * 1024 + 1)), false);
  });

  it('selects, searches, compares and slices nothing', () => {
    const others = ['$..a', '$.*', '$[*]', '$[?@.a]', '$[0,1]', '$[0:2]', `$['a','b']`, '$[-1]'];
    for (const path of [...others, 'a', '', '$.', '$.a b', `$['\\u0041']`, '$.a\n']) {
      assert.equal(isQuickFilter(path, SMALL), false, path);
    }
  });

  it('is instant where body and path are small', () => {
    assert.equal(isInstantFilter('$.price', Buffer.alloc(4 * 1024)), true);
    assert.equal(isInstantFilter('$.price', Buffer.alloc(4 * 1024 + 1)), false);
    assert.equal(isInstantFilter(`$.${'a'.repeat(126)}`, SMALL), true);
    assert.equal(isInstantFilter(`$.${'a'.repeat(127)}`, SMALL), false);
    assert.equal(isInstantFilter('$.*', SMALL), false);
  });
});
