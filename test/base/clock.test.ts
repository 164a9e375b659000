import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { systemClock } from '../../src/base/clock.js';

describe('the system clock', () => {
  it('sleeps for the time', async () => {
    const startMs = systemClock.monotonicMs();
    await systemClock.sleep(20);
    assert.ok(systemClock.monotonicMs() - startMs >= 19);
  });

  it("ends a sleep by the signal, with the signal's reason", async () => {
    const stop = new AbortController();
    const reason = new Error('the node stops');
    const sleeping = systemClock.sleep(60_000, stop.signal);
    stop.abort(reason);
    await assert.rejects(sleeping, (error) => error === reason);
  });

  it('does not begin to sleep once the signal has come', async () => {
    const reason = new Error('the node stops');
    const sleeping = systemClock.sleep(60_000, AbortSignal.abort(reason));
    await assert.rejects(sleeping, (error) => error === reason);
  });

  it('lets go of the signal when it wakes up by itself', async () => {
    const stop = new AbortController();
    await systemClock.sleep(1, stop.signal);
    assert.equal(getEventListeners(stop.signal, 'abort').length, 0);
  });
});
