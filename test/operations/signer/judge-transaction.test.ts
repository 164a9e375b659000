import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseGas } from '../../../src/base/datoshi.js';
import { gasTransfer, gatewayCalls } from '../../../src/chain/gateway-calls.js';
import { interopId } from '../../../src/chain/interop-id.js';
import { GAS_TOKEN } from '../../../src/chain/native-contracts.js';
import { assertScript, callScript, pushScript, utf8 } from '../../../src/chain/script.js';
import { SIGNABLE, type Signable } from '../../../src/config/signer-config.js';
import { judgeTransaction } from '../../../src/operations/signer/judge-transaction.js';
import {
  bytesOf,
  COLD_WALLET,
  calls,
  GATEWAY,
  node,
  other,
  POLICY,
  respond,
  STRANGER,
} from './asked-transactions.js';

const judge = (bytes: Buffer, policy = POLICY) =>
  judgeTransaction(bytes, node.hash, policy, [node.hash, other.hash]);

/** Why it is refused; null when it would be signed. */
const refusalOf = (bytes: Buffer, policy = POLICY): string | null => {
  const judged = judge(bytes, policy);
  return 'reason' in judged ? judged.reason : null;
};
const ofScript = (script: Buffer): Buffer => bytesOf({ script });
const allowing = (...allowed: Signable[]) => ({ ...POLICY, allowed });

const AMOUNT = parseGas('1');
const HALF_CALL = respond().subarray(0, -5);
const [JMP, CALL, CALLA, CALLT, ABORT, DROP, NOP, RET] = [
  0x22, 0x34, 0x36, 0x37, 0x38, 0x45, 0x21, 0x40,
];

const refund = calls.expire([1n, 2n]);
const prices = calls.submitPrices([
  { pair: 'GAS/USD', price: 5n, timestamp: 1_700_000_000_000, confidenceBps: 10 },
]);
const runs = calls.performUpkeeps([{ upkeepId: 3n, due: 9, deliver: true, lostTx: null }]);

describe('a transaction that a signer is asked for', () => {
  it('is signed where the node makes it: answers, refunds, prices and runs of upkeeps', () => {
    const long = respond(Buffer.alloc(60 * 1024, 1));
    for (const script of [respond(), long, refund, prices, runs]) {
      assert.deepEqual(refusalOf(ofScript(script)), null);
    }
    const judged = judge(bytesOf());
    assert.ok(!('reason' in judged));
    assert.deepEqual([judged.methods, judged.spent], [['respond'], parseGas('1')]);
  });

  const forbidden: readonly (readonly [string, Buffer, string])[] = [
    ['sends GAS to a stranger', ofScript(gasTransfer(node.hash, STRANGER, AMOUNT)), 'method'],
    ['pays GAS in for a stranger', ofScript(calls.deposit(node.hash, AMOUNT, STRANGER)), 'method'],
    ['calls another contract', ofScript(gatewayCalls(STRANGER).respond([])), 'contract'],
    ['asks for GAS by another method', ofScript(callScript(GAS_TOKEN, 'vote', [])), 'contract'],
    ['collects', ofScript(calls.collect(node.hash, STRANGER, AMOUNT)), 'method'],
    ['withdraws', ofScript(calls.withdraw(node.hash, STRANGER, AMOUNT)), 'method'],
    ['proposes a thief', ofScript(calls.proposeNodeAccount(STRANGER)), 'method'],
    ['accepts', ofScript(calls.acceptNodeAccount(1)), 'method'],
    [
      'changes the random key',
      ofScript(calls.proposeRandomKey(Buffer.alloc(96), Buffer.alloc(48))),
      'method',
    ],
    ['revokes', ofScript(calls.revokeNodeAccount()), 'method'],
    ['pauses', ofScript(calls.pause(true)), 'method'],
    ['sponsors', ofScript(calls.sponsor(STRANGER, AMOUNT, AMOUNT)), 'method'],
    ['rehearses', ofScript(calls.rehearse(STRANGER, 'x', [])), 'method'],
    ['names a method that is none', ofScript(callScript(GATEWAY, 'transfer', [])), 'method'],
    [
      'has a second sender',
      bytesOf({
        signers: [
          { account: node.hash, scope: 'CalledByEntry' },
          { account: STRANGER, scope: 'CalledByEntry' },
        ],
      }),
      'signers',
    ],
    [
      'is of another sender',
      bytesOf({ signers: [{ account: STRANGER, scope: 'CalledByEntry' }] }),
      'signers',
    ],
    [
      'has the scope Global',
      bytesOf({ signers: [{ account: node.hash, scope: 'Global' }] }),
      'scope',
    ],
    [
      'has the scope CustomContracts',
      bytesOf({ signers: [{ account: node.hash, scope: { contracts: [GAS_TOKEN] } }] }),
      'scope',
    ],
    ['has the scope None', bytesOf({ signers: [{ account: node.hash, scope: 'None' }] }), 'scope'],
    ['pays more than the ceiling', bytesOf({ systemFee: parseGas('1.91') }), 'fee'],
    ['pays the network more than the ceiling', bytesOf({ networkFee: parseGas('1.2') }), 'fee'],
    [
      'would overflow the fees',
      bytesOf({ systemFee: (1n << 63n) - 1n, networkFee: (1n << 63n) - 1n }),
      'fee',
    ],
  ];
  for (const [what, bytes, reason] of forbidden) {
    it(`is refused where it ${what}`, () => assert.equal(refusalOf(bytes), reason));
  }

  const transfer = gasTransfer(node.hash, STRANGER, AMOUNT);
  const opcode = (...bytes: number[]): Buffer => Buffer.from(bytes);
  const hidden: readonly (readonly [string, Buffer])[] = [
    ['a transfer after the answer', Buffer.concat([respond(), transfer])],
    ['a transfer before the answer', Buffer.concat([transfer, respond()])],
    ['two answers', Buffer.concat([respond(), respond()])],
    ['a return before a call', Buffer.concat([respond(), opcode(RET), transfer])],
    [
      'a jump over the answer',
      Buffer.concat([opcode(JMP, respond().length + 2), respond(), transfer]),
    ],
    ['a jump into data', Buffer.concat([respond(), opcode(JMP, 0xf0)])],
    ['a call of its own bytes', Buffer.concat([respond(), opcode(CALL, 0x02)])],
    ['a call by pointer', Buffer.concat([respond(), opcode(0x0a, 0, 0, 0, 0, CALLA)])],
    ['a call by token', Buffer.concat([respond(), opcode(CALLT, 0, 0)])],
    ['an abort', Buffer.concat([respond(), opcode(ABORT)])],
    ['a dropped result', Buffer.concat([respond(), opcode(DROP)])],
    ['nothing but an operation', opcode(NOP)],
    ['an operation before it', Buffer.concat([opcode(NOP), respond()])],
    [
      'another system call',
      Buffer.concat([HALF_CALL, opcode(0x41), interopId('System.Runtime.CheckWitness')]),
    ],
    [
      'a load of a script',
      Buffer.concat([
        respond(),
        pushScript(transfer),
        opcode(0x41),
        interopId('System.Runtime.LoadScript'),
      ]),
    ],
    ['an unknown operation', Buffer.concat([respond(), opcode(0xff)])],
    ['a cut operand', Buffer.concat([respond(), opcode(0x0c, 9)])],
    ['a value that nobody takes', Buffer.concat([pushScript(1), respond()])],
    ['an assertion of a void answer', assertScript(respond())],
    [
      'a transfer without its assertion',
      callScript(GAS_TOKEN, 'transfer', [node.hash, STRANGER, 1n, null]),
    ],
    ['fewer rights in its call', callScript(GATEWAY, 'expire', [[1n]], 0x01)],
    ['a number in a longer form', Buffer.concat([opcode(0x00, 1), respond().subarray(1)])],
    [
      'arrays in arrays, without end',
      Buffer.concat([
        ...Array.from({ length: 20_000 }, () => opcode(0x11, 0xc0)),
        opcode(0x11, 0xc0),
      ]),
    ],
    [
      'deep arrays in a call',
      Buffer.concat([
        opcode(0x10),
        ...Array.from({ length: 30_000 }, () => opcode(0x11, 0xc0)),
        HALF_CALL.subarray(-60),
        opcode(0x41),
        interopId('System.Contract.Call'),
      ]),
    ],
  ];
  for (const [what, script] of hidden) {
    it(`is refused where its script hides ${what}`, () => {
      const reason = refusalOf(ofScript(script), allowing(...SIGNABLE));
      assert.ok(
        reason !== null && ['script', 'method', 'destination'].includes(reason),
        String(reason),
      );
    });
  }

  it('is refused where its arguments are not as a node makes them', () => {
    const odd = [
      callScript(GATEWAY, 'respond', []),
      callScript(GATEWAY, 'respond', [[]]),
      callScript(GATEWAY, 'respond', [[[7n, 0n, Buffer.alloc(0), true]]]),
      callScript(GATEWAY, 'respond', [[[7n, 0n, Buffer.alloc(0), true, Buffer.alloc(31)]]]),
      callScript(GATEWAY, 'respond', [[[-1n, 0n, Buffer.alloc(0), true, null]]]),
      callScript(GATEWAY, 'expire', [Array.from({ length: 65 }, (_, at) => BigInt(at))]),
      callScript(GATEWAY, 'expire', [[1n], [2n]]),
      callScript(GATEWAY, 'submitPrices', [[[5n, 1n, 1n, 1n]]]),
    ];
    for (const script of odd) assert.equal(refusalOf(ofScript(script)), 'arguments');
  });

  it('is refused where its bytes are not all read, or not in their shortest form', () => {
    const whole = bytesOf();
    const signers = whole.indexOf(1, 25);
    const longer = Buffer.concat([
      whole.subarray(0, signers),
      Buffer.from([0xfd, 1, 0]),
      whole.subarray(signers + 1),
    ]);
    const attribute = Buffer.from(whole);
    attribute[25 + 1 + 21] = 1;
    const version = Buffer.from(whole);
    version[0] = 1;
    const negative = Buffer.from(whole);
    negative.writeBigInt64LE(-1n, 5);
    const cut = Array.from({ length: whole.length }, (_, length) => whole.subarray(0, length));
    const long = Buffer.concat([whole, Buffer.from([0])]);
    for (const bytes of [longer, attribute, version, negative, long, ...cut]) {
      assert.equal(refusalOf(bytes), 'transaction');
    }
  });

  it('is signed with no byte of it changed, and with others never more than it says (property)', () => {
    const whole = bytesOf();
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const changed = Buffer.from(whole);
        changed[at] = (changed[at] ?? 0) ^ by;
        const judged = judge(changed);
        if ('reason' in judged) return;
        // What is let through is an answer of this account to this gateway within the ceiling.
        const { transaction, methods, spent } = judged;
        assert.deepEqual(methods, ['respond']);
        assert.deepEqual(transaction.signers, [{ account: node.hash, scope: 'CalledByEntry' }]);
        assert.ok(spent <= POLICY.maxFeeDatoshi);
        assert.ok(transaction.unsigned.equals(changed));
      }),
      { numRuns: 2_000 },
    );
  });

  it('never throws, whatever the bytes and the script are (property)', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        assert.notEqual(refusalOf(Buffer.from(bytes)), null);
        if (bytes.length > 0) {
          const reason = refusalOf(ofScript(Buffer.from(bytes)), allowing(...SIGNABLE));
          assert.notEqual(reason, null);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('what a policy allows besides', () => {
  const own = { ...allowing('collect', 'withdraw', 'deposit', 'transfer'), payTo: [COLD_WALLET] };
  const { hash } = node;

  it('moves money to the account itself, to those that it names, and to nobody else', () => {
    for (const to of [hash, COLD_WALLET]) {
      assert.equal(refusalOf(ofScript(calls.collect(hash, to, AMOUNT)), own), null);
      assert.equal(refusalOf(ofScript(calls.withdraw(hash, to, AMOUNT)), own), null);
    }
    assert.equal(refusalOf(ofScript(calls.deposit(hash, AMOUNT)), own), null);
    assert.equal(refusalOf(ofScript(calls.deposit(hash, AMOUNT, COLD_WALLET)), own), null);
    assert.equal(refusalOf(ofScript(gasTransfer(hash, COLD_WALLET, AMOUNT)), own), null);
    for (const script of [
      calls.collect(hash, STRANGER, AMOUNT),
      calls.withdraw(hash, STRANGER, AMOUNT),
      calls.deposit(hash, AMOUNT, STRANGER),
      gasTransfer(hash, STRANGER, AMOUNT),
      gasTransfer(hash, other.hash, AMOUNT),
    ]) {
      assert.equal(refusalOf(ofScript(script), own), 'destination');
    }
    assert.equal(refusalOf(ofScript(calls.collect(other.hash, hash, AMOUNT)), own), 'arguments');
    assert.equal(refusalOf(ofScript(gasTransfer(STRANGER, hash, AMOUNT)), own), 'arguments');
  });

  it('counts GAS that leaves the wallet, not what the gateway pays out', () => {
    const fees = parseGas('1');
    const spent = (script: Buffer): bigint => {
      const judged = judge(ofScript(script), own);
      assert.ok(!('reason' in judged));
      return judged.spent;
    };
    assert.equal(spent(gasTransfer(hash, COLD_WALLET, AMOUNT)), AMOUNT + fees);
    assert.equal(spent(calls.deposit(hash, AMOUNT)), AMOUNT + fees);
    assert.equal(spent(calls.collect(hash, COLD_WALLET, AMOUNT)), fees);
  });

  it('lets an account of the same wallet be proposed, and accept', () => {
    const policy = allowing('proposeNodeAccount', 'acceptNodeAccount');
    assert.equal(refusalOf(ofScript(calls.proposeNodeAccount(other.hash)), policy), null);
    assert.equal(refusalOf(ofScript(calls.proposeNodeAccount(STRANGER)), policy), 'destination');
    assert.equal(refusalOf(ofScript(calls.acceptNodeAccount(20)), policy), null);
    assert.equal(refusalOf(ofScript(respond()), policy), 'method');
  });

  it('lets the canary ask and take, in this order, with no callback', () => {
    const policy = allowing('requestHttp', 'takeResult');
    const question = { spec: '{}', filter: '', userData: null, maxFee: AMOUNT };
    const asked = calls.requestHttp({ ...question, callback: '' });
    const taken = calls.takeResult(4n);
    assert.equal(refusalOf(ofScript(asked), policy), null);
    assert.equal(refusalOf(ofScript(Buffer.concat([taken, asked])), policy), null);
    assert.equal(refusalOf(ofScript(Buffer.concat([asked, taken])), policy), 'script');
    assert.equal(refusalOf(ofScript(Buffer.concat([taken, asked, asked])), policy), 'script');
    const called = calls.requestHttp({ ...question, callback: 'steal' });
    assert.equal(refusalOf(ofScript(called), policy), 'arguments');
    const data = calls.requestHttp({ ...question, callback: '', userData: utf8('x') });
    assert.equal(refusalOf(ofScript(data), policy), 'arguments');
  });
});
