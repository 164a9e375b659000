import assert from 'node:assert/strict';
import { type Hash160, hash160 } from '../../src/base/hash.js';
import {
  type ClosingFacts,
  type ClosingWants,
  planClosing,
} from '../../src/operations/closing-plan.js';

const account = hash160(`0x${'a1'.repeat(20)}`);
const node = { account };

const CLOSED: ClosingFacts = {
  height: 100,
  isPaused: true,
  pending: 0,
  open: [],
  isNodeRunning: false,
  inFlight: 0,
  accounts: [node],
  holdings: new Map(),
};
const WANTS: ClosingWants = {
  to: null,
  sweeps: false,
  worth: 10n,
  graceBlocks: 20,
  batch: 2,
};
const has = (gas: bigint, earned: bigint, credit: bigint): ClosingFacts['holdings'] =>
  new Map<Hash160, { gas: bigint; earned: bigint; credit: bigint; reserved: bigint }>([
    [account, { gas, earned, credit, reserved: 0n }],
  ]);
const kinds = (facts: Partial<ClosingFacts>, wants: Partial<ClosingWants> = {}): string[] =>
  planClosing({ ...CLOSED, ...facts }, { ...WANTS, ...wants }).map(({ kind }) => kind);
const open = (...deadlines: number[]) =>
  deadlines.map((deadline, at) => ({ id: BigInt(at + 1), deadline }));

describe('the plan of closing a service', () => {
  it('pauses before all else, lets requests end, has the node stopped, and takes out', () => {
    const all = kinds({
      isPaused: false,
      ...{ pending: 2, open: open(150, 160), isNodeRunning: true, inFlight: 1 },
      holdings: has(50n, 50n, 50n),
    });
    assert.deepEqual(all, ['pause', 'drain', 'stop', 'settle', 'collect', 'withdraw']);
    assert.deepEqual(kinds({}), []);
  });

  it('refunds what is past its deadline: at once without a node, after its time with one', () => {
    const late = { pending: 3, open: open(99, 100, 101) };
    const steps = planClosing({ ...CLOSED, ...late }, WANTS);
    // Of block 101 and later: deadlines are inclusive.
    assert.deepEqual(steps[0], { kind: 'expire', ids: [1n, 2n] });
    assert.deepEqual(steps[1], { kind: 'drain', pending: 3, unknown: 0, until: 101 });
    assert.deepEqual(kinds({ ...late, isNodeRunning: true }), ['drain', 'stop']);
    assert.deepEqual(kinds({ ...late, isNodeRunning: true, height: 119 }), [
      'expire',
      'drain',
      'stop',
    ]);
  });

  it('refunds no more at once than the gateway takes', () => {
    const [step] = planClosing({ ...CLOSED, pending: 3, open: open(1, 2, 3) }, WANTS);
    assert.deepEqual(step, { kind: 'expire', ids: [1n, 2n] });
  });

  it('tells of requests that the books do not know, and does not take them for ended', () => {
    const [step] = planClosing({ ...CLOSED, pending: 2, open: open(150) }, WANTS);
    assert.deepEqual(step, { kind: 'drain', pending: 2, unknown: 1, until: 150 });
  });

  it('leaves what is not worth its fee, and sweeps only to somebody else', () => {
    assert.deepEqual(kinds({ holdings: has(10n, 10n, 10n) }, { sweeps: true }), []);
    const to = hash160(`0x${'b2'.repeat(20)}`);
    assert.deepEqual(kinds({ holdings: has(50n, 0n, 0n) }, { sweeps: true, to }), ['sweep']);
    assert.deepEqual(kinds({ holdings: has(50n, 0n, 0n) }, { sweeps: true, to: account }), []);
    assert.deepEqual(kinds({ holdings: has(50n, 0n, 0n) }, { to }), []);
  });
});
