import assert from 'node:assert/strict';
import {
  isEnded,
  nextRequestState,
  REQUEST_EVENTS,
  REQUEST_STATES,
  type RequestEvent,
  type RequestState,
} from '../../src/requests/request-machine.js';

/** The table as people read it, written a second time: any other pair is impossible. */
const POSSIBLE = `
received  retryLater          received
received  answerFound         resolved
received  giveUp              stuck
received  deadlinePassed      overdue
received  answeredOnChain     answered
received  expiredOnChain      expired
resolved  answerSigned        sent
resolved  giveUp              stuck
resolved  deadlinePassed      overdue
resolved  answeredOnChain     answered
resolved  expiredOnChain      expired
sent      transactionFaulted  resolved
sent      transactionDead     resolved
sent      transactionSkipped  resolved
sent      answeredOnChain     answered
sent      expiredOnChain      expired
stuck     deadlinePassed      overdue
stuck     answeredOnChain     answered
stuck     expiredOnChain      expired
overdue   refundSigned        expiring
overdue   answeredOnChain     answered
overdue   expiredOnChain      expired
expiring  transactionFaulted  overdue
expiring  transactionDead     overdue
expiring  transactionSkipped  overdue
expiring  answeredOnChain     answered
expiring  expiredOnChain      expired
`
  .trim()
  .split('\n')
  .map((line) => line.split(/\s+/) as [RequestState, RequestEvent, RequestState]);

describe('the life of a request', () => {
  for (const state of REQUEST_STATES) {
    for (const event of REQUEST_EVENTS) {
      const row = POSSIBLE.find(([from, by]) => from === state && by === event);
      it(`${state}: ${event} leads to ${row?.[2] ?? 'nothing, for it cannot happen'}`, () => {
        assert.equal(nextRequestState(state, event), row?.[2] ?? null);
      });
    }
  }

  it('ends, from every state, when the chain ends it, and nothing follows an end', () => {
    for (const state of REQUEST_STATES) {
      const next = nextRequestState(state, 'answeredOnChain');
      assert.equal(next, isEnded(state) ? null : 'answered');
      if (!isEnded(state)) continue;
      for (const event of REQUEST_EVENTS) assert.equal(nextRequestState(state, event), null);
    }
  });

  it('never sends a second answer while a first one may still come into a block', () => {
    assert.equal(nextRequestState('sent', 'answerSigned'), null);
    assert.equal(nextRequestState('expiring', 'refundSigned'), null);
    assert.equal(nextRequestState('sent', 'deadlinePassed'), null);
  });

  it('has a way from every state that has not ended to an end', () => {
    const endable = new Set<RequestState>(['answered', 'expired']);
    for (let round = 0; round < REQUEST_STATES.length; round++) {
      for (const [from, , to] of POSSIBLE) if (endable.has(to)) endable.add(from);
    }
    assert.deepEqual([...endable].sort(), [...REQUEST_STATES].sort());
  });
});
