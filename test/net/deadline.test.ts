import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, it } from 'mocha';
import { systemClock } from '../../src/base/clock.js';
import { startDeadline, untilAborted } from '../../src/net/deadline.js';

describe('a deadline', () => {
  it('aborts when its time is over, and says that it was the time', async () => {
    const deadline = startDeadline(systemClock, 5);
    assert.equal(await untilAborted(new Promise(() => {}), deadline.signal), null);
    assert.equal(deadline.expired(), true);
  });

  it('aborts with its caller, before as well as during', () => {
    const caller = new AbortController();
    const deadline = startDeadline(systemClock, 60_000, caller.signal);
    assert.equal(deadline.signal.aborted, false);
    caller.abort();
    assert.deepEqual([deadline.signal.aborted, deadline.expired()], [true, false]);
    const late = startDeadline(systemClock, 60_000, caller.signal);
    assert.deepEqual([late.signal.aborted, late.expired()], [true, false]);
    assert.equal(getEventListeners(caller.signal, 'abort').length, 0);
  });

  it('aborts nothing once stopped, and keeps neither timer nor caller', async () => {
    const caller = new AbortController();
    let timer: AbortSignal | undefined;
    const clock = {
      ...systemClock,
      sleep: (timeoutMs: number, signal?: AbortSignal) => {
        timer = signal;
        return systemClock.sleep(timeoutMs, signal);
      },
    };
    const deadline = startDeadline(clock, 5, caller.signal);
    deadline.stop();
    assert.equal(timer?.aborted, true);
    caller.abort();
    await systemClock.sleep(10);
    assert.deepEqual([deadline.signal.aborted, deadline.expired()], [false, false]);
  });

  it('hands on what comes in time, rejections too', async () => {
    const { signal } = new AbortController();
    assert.equal(await untilAborted(Promise.resolve(7), signal), 7);
    await assert.rejects(untilAborted(Promise.reject(new Error('trouble')), signal), /trouble/);
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });
});
