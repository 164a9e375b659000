import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { hashToLittleEndian } from '../../src/base/hash.js';
import { gatewayCalls } from '../../src/chain/gateway-calls.js';
import { readCallScript } from '../../src/chain/read-script.js';
import { callScript, type ScriptArg } from '../../src/chain/script.js';

const CONTRACT = `0x${'1a'.repeat(19)}ff` as const;

describe('reading a script that calls a contract', () => {
  it('gives back contract, method and arguments, whatever they are (property)', () => {
    const { args } = fc.letrec<{ arg: ScriptArg; args: ScriptArg[] }>((tie) => ({
      arg: fc.oneof(
        { depthSize: 'small' },
        fc.constant(null),
        fc.boolean(),
        fc.bigInt({ min: -(1n << 255n), max: (1n << 255n) - 1n }),
        fc.bigInt({ min: -2n, max: 20n }),
        fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
        tie('args'),
      ),
      args: fc.array(tie('arg'), { maxLength: 20 }),
    }));
    fc.assert(
      fc.property(args, fc.string(), (given, method) => {
        const read = readCallScript(callScript(CONTRACT, method, given));
        assert.deepEqual(read, {
          contract: CONTRACT,
          method: Buffer.from(method).toString(),
          args: given,
        });
      }),
    );
  });

  it('reads an answer with a long result', () => {
    const result = Buffer.alloc(60 * 1024, 0x61);
    const lostTx = `0x${'2b'.repeat(32)}` as const;
    const answer = { requestId: 700n, code: 0, result, deliver: true, lostTx };
    const { method, args } = readCallScript(gatewayCalls(CONTRACT).respond([answer]));
    assert.equal(method, 'respond');
    assert.deepEqual(args, [[[700n, 0n, result, true, hashToLittleEndian(lostTx)]]]);
  });

  it('refuses scripts that are anything else', () => {
    const call = callScript(CONTRACT, 'a');
    const wrong: [Buffer, RegExp][] = [
      [Buffer.concat([call, call]), /more than one call/],
      [call.subarray(0, -5), /no call/],
      [Buffer.concat([Buffer.from([0x40]), call]), /the opcode 0x40/],
      [Buffer.from([0x0c, 0x05, 0x01]), /cut short/],
      [Buffer.from([0xc0]), /an empty stack/],
      [Buffer.from([0x41, 1, 2, 3, 4]), /not a call/],
    ];
    for (const [script, problem] of wrong) {
      assert.throws(() => readCallScript(script), { name: 'RangeError', message: problem });
    }
  });
});
