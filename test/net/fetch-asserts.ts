import assert from 'node:assert/strict';
import type { FetchedAnswer, FetchFailed, FetchResult } from '../../src/net/fetch-result.js';

/** The answer, or the test fails with what happened instead. */
export function answered(result: FetchResult): FetchedAnswer {
  if (result.kind !== 'response') assert.fail(`${result.failure}: ${result.reason}`);
  return result;
}

/** The failure, which must be the expected one. */
export function failed(result: FetchResult, failure: string): FetchFailed {
  if (result.kind !== 'failed') assert.fail(`answered with ${result.status}`);
  assert.equal(result.failure, failure, result.reason);
  return result;
}
