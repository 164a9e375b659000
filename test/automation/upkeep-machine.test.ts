import assert from 'node:assert/strict';
import {
  nextUpkeepState,
  UPKEEP_EVENTS,
  UPKEEP_STATES,
  type UpkeepEvent,
  type UpkeepState,
} from '../../src/automation/upkeep-machine.js';

/** The table as people read it, written a second time: any other pair is impossible. */
const POSSIBLE = `
waiting     runSigned           sent
waiting     runFailed           waiting
waiting     gaveUp              paused
waiting     performedOnChain    waiting
waiting     ranDryOnChain       unfunded
waiting     endingOnChain       ending
waiting     cancelledOnChain    cancelled
sent        transactionFaulted  waiting
sent        transactionDead     waiting
sent        transactionSkipped  waiting
sent        performedOnChain    waiting
sent        ranDryOnChain       unfunded
sent        endingOnChain       ending
sent        cancelledOnChain    cancelled
unfunded    fundedOnChain       waiting
unfunded    endingOnChain       ending
unfunded    cancelledOnChain    cancelled
paused      resumed             waiting
paused      performedOnChain    waiting
paused      ranDryOnChain       unfunded
paused      endingOnChain       ending
paused      cancelledOnChain    cancelled
unreadable  performedOnChain    unreadable
unreadable  ranDryOnChain       unreadable
unreadable  endingOnChain       ending
unreadable  cancelledOnChain    cancelled
ending      runSigned           ending
ending      runFailed           ending
ending      transactionFaulted  ending
ending      transactionDead     ending
ending      transactionSkipped  ending
ending      ranDryOnChain       ending
ending      cancelledOnChain    cancelled
`
  .trim()
  .split('\n')
  .map((line) => line.split(/\s+/) as [UpkeepState, UpkeepEvent, UpkeepState]);

describe('the life of an upkeep', () => {
  for (const state of UPKEEP_STATES) {
    for (const event of UPKEEP_EVENTS) {
      const row = POSSIBLE.find(([from, by]) => from === state && by === event);
      it(`${state}: ${event} leads to ${row?.[2] ?? 'nothing, for it cannot happen'}`, () => {
        assert.equal(nextUpkeepState(state, event), row?.[2] ?? null);
      });
    }
  }

  it('has no second run under way beside one that is not known to be dead', () => {
    assert.equal(nextUpkeepState('sent', 'runSigned'), null);
  });
});
