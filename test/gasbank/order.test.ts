import assert from 'node:assert/strict';
import { hash160, hash160ToAddress } from '../../src/base/hash.js';
import {
  type Holdings,
  type Order,
  refusalOf,
  requireFees,
  sponsorNotes,
} from '../../src/gasbank/order.js';

const OWN = hash160(`0x${'a1'.repeat(20)}`);
const OTHER = hash160(`0x${'b2'.repeat(20)}`);
const GAS = 100_000_000n;

const HAS: Holdings = {
  ...{ height: 9, gas: 5n * GAS, credit: 3n * GAS, reserved: 0n, earned: 2n * GAS },
  ...{ nodeAccount: OWN, isPaused: false },
};
const refusal = (order: Order, has: Partial<Holdings> = {}): string | null =>
  refusalOf(OWN, order, { ...HAS, ...has })?.message ?? null;
const hint = (order: Order, has: Partial<Holdings>): string =>
  refusalOf(OWN, order, { ...HAS, ...has })?.hint ?? '';

describe('an order at the gateway', () => {
  it('takes no more than the account has, to the datoshi', () => {
    const orders: [(amount: bigint) => Order, bigint][] = [
      [(amount) => ({ kind: 'deposit', amount, creditTo: OWN }), HAS.gas],
      [(amount) => ({ kind: 'transfer', amount, to: OTHER, empties: false }), HAS.gas],
      [(amount) => ({ kind: 'withdraw', amount, to: OWN }), HAS.credit],
      [(amount) => ({ kind: 'collect', amount, to: OWN }), HAS.earned],
    ];
    for (const [order, most] of orders) {
      assert.equal(refusal(order(1n)), null);
      assert.equal(refusal(order(most)), null);
      assert.match(refusal(order(most + 1n)) ?? '', /less than \d\.00000001 GAS/);
    }
  });

  it('of all there is, is refused where there is nothing, and says whose it would be', () => {
    const collect: Order = { kind: 'collect', amount: 0n, to: OWN };
    const earned = { earned: 0n };
    assert.match(refusal(collect, earned) ?? '', /has earned nothing here/);
    assert.match(hint(collect, earned), /wait for the first/);
    assert.match(hint(collect, { ...earned, nodeAccount: null }), /it was revoked/);
    const other = hash160ToAddress(OTHER);
    assert.match(hint(collect, { ...earned, nodeAccount: OTHER }), new RegExp(other));
    assert.match(hint({ ...collect, amount: 3n * GAS }, {}), /collect less, or all of it/);
    const withdraw: Order = { kind: 'withdraw', amount: 0n, to: OWN };
    const reserved = { credit: 0n, reserved: GAS };
    assert.match(
      refusal(withdraw, reserved) ?? '',
      /has 0\.0+ GAS of credit \(1\.0+ GAS more are reserved\)$/,
    );
    assert.doesNotMatch(refusal(withdraw, { credit: 0n }) ?? '', /reserved/);
  });

  it('leaves what its fees take', () => {
    const fees = (order: Order, has: Partial<Holdings>, amount: bigint) => () =>
      requireFees(OWN, order, { ...HAS, ...has }, amount);
    const deposit: Order = { kind: 'deposit', amount: 4n * GAS, creditTo: OWN };
    fees(deposit, {}, GAS)();
    assert.throws(fees(deposit, {}, GAS + 1n), {
      message: /4\.0+ GAS and 1\.00000001 GAS of fees are needed/,
      hint: 'send it GAS, or move less',
    });
    // What comes out of the credit or the earnings is no GAS of the account.
    const withdraw: Order = { kind: 'withdraw', amount: 3n * GAS, to: OWN };
    fees(withdraw, {}, 5n * GAS)();
    assert.throws(fees(withdraw, { gas: 1n }, 2n), {
      message: /, and 0\.00000002 GAS of fees are needed/,
      hint: 'send it GAS',
    });
  });

  it('waits for the end of a pause where the gateway takes it only then', () => {
    const paused = { isPaused: true };
    const code = { codeHash: '00'.repeat(32), source: '', uri: 'https://a.example' };
    const sponsor = { kind: 'sponsor', requester: OTHER, maxFeePerRequest: 1n } as const;
    assert.match(refusal({ ...sponsor, allowance: 1n }, paused) ?? '', /is paused/);
    assert.equal(refusal({ ...sponsor, allowance: 1n }), null);
    assert.equal(refusal({ ...sponsor, allowance: 0n }, paused), null);
    assert.match(refusal({ kind: 'registerFunction', name: 'a', code }, paused) ?? '', /paused/);
    assert.equal(refusal({ kind: 'registerFunction', name: 'a', code }), null);
    assert.equal(refusal({ kind: 'pause', isOn: false }, paused), null);
  });
});

describe('a sponsorship that is ordered', () => {
  const order: Order = {
    ...{ kind: 'sponsor', requester: OTHER },
    ...{ maxFeePerRequest: GAS, allowance: 2n * GAS },
  };
  const notes = (changed: Partial<Extract<Order, { kind: 'sponsor' }>>, accepted = OWN) =>
    sponsorNotes(OWN, { ...order, ...changed }, HAS, accepted);

  it('says what is still missing for it to work', () => {
    assert.deepEqual(notes({}), []);
    assert.match(notes({}, OTHER).join(), /begins once .* calls acceptSponsor/);
    assert.deepEqual(notes({ maxFeePerRequest: 2n * GAS, allowance: 2n * GAS }), []);
    assert.match(
      notes({ maxFeePerRequest: 2n * GAS + 1n }).join(),
      /less than one request may cost/,
    );
    assert.deepEqual(notes({ allowance: HAS.credit }), []);
    assert.match(notes({ allowance: HAS.credit + 1n }).join(), /pay in with deposit/);
  });

  it('says nothing where it ends, and nothing of other orders', () => {
    assert.deepEqual(notes({ allowance: 0n }, OTHER), []);
    assert.deepEqual(sponsorNotes(OWN, { kind: 'pause', isOn: true }, HAS, null), []);
  });
});
