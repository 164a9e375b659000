import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { z } from 'zod';
import {
  account,
  byteSize,
  cidr,
  contractHash,
  duration,
  endpointUrl,
  filePath,
  flag,
  gasAmount,
  hostName,
  integer,
  oneOf,
  percentBps,
} from '../../src/config/value-kinds.js';
import { expectedBy } from '../../src/config/value-schema.js';

describe('kinds of configuration values', () => {
  type Case = { schema: z.ZodType; good: [string, unknown][]; bad: string[] };
  const CASES: Record<string, Case> = {
    duration: {
      schema: duration('10ms', '2d'),
      good: [
        ['10ms', 10],
        ['90s', 90_000],
        ['5m', 300_000],
        ['1h', 3_600_000],
        ['2d', 172_800_000],
      ],
      bad: ['', '10', '1.5s', '9ms', '3d', '-1s', '1S', '1 s', '1s1s', '1e3ms', 'ms'],
    },
    size: {
      schema: byteSize('1B', '1GiB'),
      good: [
        ['512B', 512],
        ['64KiB', 65_536],
        ['2MiB', 2_097_152],
        ['1GiB', 1_073_741_824],
      ],
      bad: ['', '5', '2MB', '2mib', '0B', '2GiB', '1.5MiB'],
    },
    integer: {
      schema: integer(1, 4_294_967_295),
      good: [
        ['1', 1],
        ['860_833_102', 860_833_102],
      ],
      bad: ['', '0', '-1', '1.0', '0x10', '1e3', '4294967296', '_1', '1__0', '９'],
    },
    percentage: {
      schema: percentBps('0%', '100%'),
      good: [
        ['0%', 0],
        ['5%', 500],
        ['0.25%', 25],
        ['0.5%', 50],
        ['100%', 10_000],
      ],
      bad: ['', '5', '5 %', '0.255%', '101%', '-1%'],
    },
    amount: {
      schema: gasAmount('0.1', '1500'),
      good: [
        ['1.5 GAS', 150_000_000n],
        ['0.10000001 GAS', 10_000_001n],
        ['1500 GAS', 150_000_000_000n],
      ],
      bad: ['', '1.5', '1.5GAS', '1,5 GAS', '0.000000001 GAS', '0.09 GAS', '1500.1 GAS', '1 gas'],
    },
    flag: {
      schema: flag(),
      good: [
        ['true', true],
        ['false', false],
      ],
      bad: ['', 'yes', 'True', '1'],
    },
    word: { schema: oneOf('auto', 'off'), good: [['off', 'off']], bad: ['', 'on', 'AUTO'] },
    hash: {
      schema: contractHash(),
      good: [[`0x${'Ab'.repeat(20)}`, `0x${'ab'.repeat(20)}`]],
      bad: ['', '0x12', 'NNLi44dJNXtDNSBkofB48aTVYtb1zZrNEs', `0x${'zz'.repeat(20)}`],
    },
    account: {
      // Address of script hash 0, by the address format of Neo N3 (version 0x35).
      schema: account(),
      good: [
        ['NKuyBkoGdZZSLyPbJEetheRhMjeznFZszf', `0x${'00'.repeat(20)}`],
        [`0x${'00'.repeat(20)}`, `0x${'00'.repeat(20)}`],
      ],
      bad: ['', 'NKuyBkoGdZZSLyPbJEetheRhMjeznFZszg', 'AKuyBkoGdZZSLyPbJEetheRhMjeznFZszf'],
    },
    path: {
      schema: filePath(),
      good: [
        ['./a b', './a b'],
        ['/x', '/x'],
      ],
      bad: ['', '~/wallet.json', 'a\0b', 'x'.repeat(2_049)],
    },
    url: {
      schema: endpointUrl('http', 'https'),
      good: [
        ['http://127.0.0.1:1', 'http://127.0.0.1:1/'],
        ['https://H.example/rpc', 'https://h.example/rpc'],
      ],
      bad: ['', 'h.example', 'ws://h', 'http://u@h', 'http://:p@h', 'http://h?x', 'http://h#x'],
    },
    host: {
      schema: hostName(),
      good: [
        ['Api.Example.org', 'api.example.org'],
        ['127.0.0.1', '127.0.0.1'],
        ['::1', '::1'],
        ['a', 'a'],
      ],
      bad: [
        '',
        'a:1',
        'http://a',
        '[::1]',
        'a b',
        '.a',
        'a..b',
        '127.1',
        '-a',
        '*.a',
        `${'a'.repeat(254)}`,
      ],
    },
    network: {
      schema: cidr(),
      good: [
        ['10.0.0.0/8', '10.0.0.0/8'],
        ['fd00::/8', 'fd00::/8'],
        ['127.0.0.1/32', '127.0.0.1/32'],
      ],
      bad: ['', '10.0.0.0', '10.0.0.1/8', 'fd00::1/8', '10.0.0.0/33', 'a/8'],
    },
  };

  for (const [name, { schema, good, bad }] of Object.entries(CASES)) {
    it(`reads a ${name} in its one form only`, () => {
      for (const [text, value] of good) assert.deepEqual(schema.parse(text), value, text);
      for (const text of bad) assert.equal(schema.safeParse(text).success, false, text);
    });

    it(`writes a ${name} so that it reads the same`, () => {
      for (const [, value] of good) assert.deepEqual(schema.parse(schema.encode(value)), value);
    });

    it(`says what a ${name} looks like`, () => {
      assert.ok(expectedBy(schema).length > 8);
    });
  }

  it('keeps every duration, size and amount through writing and reading', () => {
    const ms = duration('0ms', '365d');
    const bytes = byteSize('0B', '900000GiB');
    const gas = gasAmount('0', '999999999999');
    fc.assert(
      fc.property(
        fc.nat({ max: 31_536_000_000 }),
        fc.bigInt({ min: 0n, max: 99_999_999_999_900_000_000n }),
        (number, amount) => {
          assert.equal(ms.parse(ms.encode(number)), number);
          assert.equal(bytes.parse(bytes.encode(number)), number);
          assert.equal(gas.parse(gas.encode(amount)), amount);
        },
      ),
    );
  });
});
