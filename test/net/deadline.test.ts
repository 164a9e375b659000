import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { after, describe, it } from 'mocha';
import { systemClock } from '../../src/base/clock.js';
import {
  startDeadline,
  startOwnDeadline,
  untilAborted,
  watchOver,
} from '../../src/net/deadline.js';

describe('a deadline', () => {
  const watch = watchOver(systemClock);

  after(() => watch.deadlines.close());

  it('aborts when its time is over, and says that it was the time', async () => {
    const deadline = startDeadline(watch, 5);
    assert.equal(await untilAborted(new Promise(() => {}), deadline.signal), null);
    assert.equal(deadline.expired(), true);
  });

  it('aborts with its caller, before as well as during', () => {
    const caller = new AbortController();
    const deadline = startDeadline(watch, 60_000, caller.signal);
    assert.equal(deadline.signal.aborted, false);
    caller.abort();
    assert.deepEqual([deadline.signal.aborted, deadline.expired()], [true, false]);
    const late = startDeadline(watch, 60_000, caller.signal);
    assert.deepEqual([late.signal.aborted, late.expired()], [true, false]);
    assert.equal(getEventListeners(caller.signal, 'abort').length, 0);
  });

  it('tells its end to those who asked before as well as after, once', () => {
    const caller = new AbortController();
    const deadline = startDeadline(watch, 60_000, caller.signal);
    const heard: string[] = [];
    deadline.onEnd(() => heard.push('before'));
    assert.equal(deadline.ended(), false);
    caller.abort();
    deadline.onEnd(() => heard.push('after'));
    assert.deepEqual(heard, ['before', 'after']);
    assert.deepEqual([deadline.ended(), deadline.signal.aborted], [true, true]);
  });

  it('aborts nothing once stopped, by its time or by its caller', async () => {
    const caller = new AbortController();
    const deadline = startDeadline(watch, 5, caller.signal);
    deadline.stop();
    caller.abort();
    await new Promise<void>((resolve) => watch.deadlines.start(10, resolve));
    assert.deepEqual([deadline.signal.aborted, deadline.expired()], [false, false]);
  });

  it('of its own keeps no timer once stopped', async () => {
    const { signal } = new AbortController();
    let naps = 0;
    const clock = {
      ...systemClock,
      sleep: (timeoutMs: number, nap?: AbortSignal) => {
        naps += 1;
        nap?.addEventListener('abort', () => {
          naps -= 1;
        });
        return systemClock.sleep(timeoutMs, nap);
      },
    };
    const deadline = startOwnDeadline(clock, 60_000, signal);
    assert.equal(naps, 1);
    deadline.stop();
    assert.deepEqual([naps, deadline.signal.aborted], [0, false]);
  });

  it('hands on what comes in time, rejections too', async () => {
    const { signal } = new AbortController();
    assert.equal(await untilAborted(Promise.resolve(7), signal), 7);
    await assert.rejects(untilAborted(Promise.reject(new Error('trouble')), signal), /trouble/);
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });
});
