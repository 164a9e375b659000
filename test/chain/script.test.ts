import assert from 'node:assert/strict';
import { sc } from '@cityofzion/neon-js';
import fc from 'fast-check';
import { hash160 } from '../../src/base/hash.js';
import { callScript, pushScript, utf8 } from '../../src/chain/script.js';
import { holds } from './holds.js';

const CONTRACT = hash160('0xfe924b7cfe89ddd271abaf7210a80a7e11178758');

const neonInteger = (value: bigint): string =>
  new sc.ScriptBuilder().emitNumber(value.toString()).build();

describe('script', () => {
  it('pushes integers as neon-js does, at every width and bound', () => {
    const bounds = [1n, 7n, 8n, 15n, 16n, 31n, 32n, 63n, 64n, 127n, 128n, 255n]
      .flatMap((bits) => [(1n << bits) - 1n, -(1n << bits), 1n << bits, -(1n << bits) - 1n])
      .filter((value) => value >= -(1n << 255n) && value < 1n << 255n);
    for (const value of [-2n, -1n, 0n, 1n, 16n, 17n, ...bounds]) {
      assert.equal(pushScript(value).toString('hex'), neonInteger(value), String(value));
    }
  });

  it('pushes any integer as neon-js does', () => {
    const any = fc.bigInt({ min: -(1n << 255n), max: (1n << 255n) - 1n });
    fc.assert(
      fc.property(any, (value) => pushScript(value).toString('hex') === neonInteger(value)),
    );
  });

  it('pushes bytes of every length class as neon-js does', () => {
    for (const length of [0, 1, 255, 256, 65_535, 65_536]) {
      const bytes = Buffer.alloc(length, 7);
      const theirs = new sc.ScriptBuilder().emitHexString(bytes.toString('hex')).build();
      holds(pushScript(bytes).toString('hex') === theirs, `${length} bytes`);
    }
  });

  it('calls a method as neon-js does', () => {
    const ours = callScript(CONTRACT, 'request', [
      utf8('https://example.org'),
      null,
      true,
      false,
      [1n, utf8('x')],
      CONTRACT,
    ]);
    const theirs = sc.createScript({
      scriptHash: CONTRACT.slice(2),
      operation: 'request',
      args: [
        sc.ContractParam.string('https://example.org'),
        sc.ContractParam.any(null),
        sc.ContractParam.boolean(true),
        sc.ContractParam.boolean(false),
        sc.ContractParam.array(sc.ContractParam.integer(1), sc.ContractParam.string('x')),
        sc.ContractParam.hash160(CONTRACT.slice(2)),
      ],
    });
    assert.equal(ours.toString('hex'), theirs);
  });

  it('pushes an empty array by its own opcode, and a map entry by entry', () => {
    assert.equal(pushScript([]).toString('hex'), 'c2');
    assert.equal(pushScript(new Map([[1n, null]])).toString('hex'), 'c84a110bd0');
  });

  it('refuses what the machine cannot hold, and text that looks like a hash', () => {
    assert.throws(() => pushScript(1n << 255n), /at most 256 bits/);
    assert.throws(() => pushScript(0.5), /expected a whole number/);
    assert.throws(() => pushScript('0xabc'), /wrap text in utf8\(\)/);
  });
});
