import assert from 'node:assert/strict';
import { createAbortListeners } from '../../src/chain/abort-listeners.js';

describe('abort listeners', () => {
  it('hear of the abortion, all of them, unless they cancelled', () => {
    const listeners = createAbortListeners();
    const stop = new AbortController();
    const other = new AbortController();
    const heard: string[] = [];
    listeners.add(stop.signal, () => heard.push('one'));
    listeners.add(stop.signal, () => heard.push('cancelled')).cancel();
    listeners.add(other.signal, () => heard.push('other'));
    listeners.add(stop.signal, () => heard.push('two'));
    stop.abort();
    assert.deepEqual(heard, ['one', 'two']);
  });

  it('add one listener to a signal, however many they are', () => {
    const listeners = createAbortListeners();
    const { signal } = new AbortController();
    let added = 0;
    const add = signal.addEventListener.bind(signal);
    signal.addEventListener = (...all: Parameters<typeof add>) => {
      added += 1;
      add(...all);
    };
    for (let at = 0; at < 100; at++) listeners.add(signal, () => {}).cancel();
    assert.equal(added, 1);
  });
});
