import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { createAbortListeners } from '../../src/base/abort-listeners.js';

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

  it('add one listener to a signal, however many they are, and none for none', () => {
    const listeners = createAbortListeners();
    const { signal } = new AbortController();
    const count = (): number => getEventListeners(signal, 'abort').length;
    const added = Array.from({ length: 100 }, () => listeners.add(signal, () => {}));
    assert.equal(count(), 1);
    for (const { cancel } of added) cancel();
    assert.equal(count(), 0);
    listeners.add(signal, () => {});
    assert.equal(count(), 1);
  });
});
