import assert from 'node:assert/strict';
import { createRequestsUnderWay } from '../../src/pipeline/requests-under-way.js';
import type { RequestRow } from '../../src/requests/request-store.js';
import { REQUESTER } from './stage-fixture.js';

describe('requests under way', () => {
  it('are so until the last of their tasks has ended', () => {
    const underWay = createRequestsUnderWay();
    const [one, other] = [1n, 2n].map((id) => ({ id, requester: REQUESTER }) as RequestRow);
    assert.ok(one && other);
    underWay.begin([one, other]);
    underWay.begin([one]);
    underWay.end([one, other]);
    assert.deepEqual([...underWay.requesterOf], [[1n, REQUESTER]]);
    underWay.end([one]);
    assert.equal(underWay.requesterOf.size, 0);
  });
});
