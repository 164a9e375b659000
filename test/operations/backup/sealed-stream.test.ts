import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import {
  createOpener,
  createSealer,
  PART_BYTES,
} from '../../../src/operations/backup/sealed-stream.js';

const SEALED_BYTES = PART_BYTES + 16;

function sealed(plain: Buffer, key: Buffer, pieceBytes = 50_000): Buffer {
  const out: Buffer[] = [];
  const sealer = createSealer(key, (part) => out.push(part));
  for (let at = 0; at < plain.length; at += pieceBytes) {
    sealer.write(plain.subarray(at, at + pieceBytes));
  }
  sealer.end();
  return Buffer.concat(out);
}

/** What was given out, and at which part it was found damaged. */
function opened(stream: Buffer, key: Buffer) {
  let at = 0;
  const fill = (buffer: Buffer): number => {
    const copied = stream.copy(buffer, 0, at, at + buffer.length);
    at += copied;
    return copied;
  };
  const opener = createOpener(key, fill, (part) => new Error(`damaged: ${part}`));
  const out: Buffer[] = [];
  try {
    for (let part = opener.next(); part !== null; part = opener.next()) out.push(part);
    return { plain: Buffer.concat(out), damage: null };
  } catch (error) {
    return { plain: Buffer.concat(out), damage: (error as Error).message };
  }
}

describe('a sealed stream', () => {
  const key = randomBytes(32);

  it('opens to what was written, whatever its length and however it was cut into pieces', () => {
    const around = [0, 1, PART_BYTES].flatMap((size) => [size, 2 * PART_BYTES + size]);
    const near = around.flatMap((size) => [Math.max(0, size - 1), size, size + 1]);
    fc.assert(
      fc.property(fc.constantFrom(...near), fc.integer({ min: 1, max: 200_000 }), (size, piece) => {
        const plain = randomBytes(size);
        const { plain: found, damage } = opened(sealed(plain, key, piece), key);
        assert.equal(damage, null);
        assert.ok(found.equals(plain));
      }),
      { numRuns: 60 },
    );
  });

  it('takes no changed bit, wherever it is, and gives nothing out of that part', () => {
    const plain = randomBytes(3 * PART_BYTES + 100);
    const stream = sealed(plain, key);
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: stream.length - 1 }),
        fc.integer({ min: 0, max: 7 }),
        (place, bit) => {
          const changed = Buffer.from(stream);
          changed[place] = (changed[place] ?? 0) ^ (1 << bit);
          const part = Math.floor(place / SEALED_BYTES);
          const { plain: found, damage } = opened(changed, key);
          assert.equal(damage, `damaged: ${part + 1}`);
          assert.ok(found.equals(plain.subarray(0, part * PART_BYTES)));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('takes no stream that was cut off, also at the end of a part', () => {
    for (const size of [3 * PART_BYTES, 3 * PART_BYTES + 100]) {
      const stream = sealed(randomBytes(size), key);
      const whole = Math.floor(stream.length / SEALED_BYTES);
      const ends = Array.from({ length: whole }, (_, part) => part * SEALED_BYTES);
      for (const end of [...ends, ...ends.map((each) => each + 20), stream.length - 1]) {
        assert.notEqual(opened(stream.subarray(0, end), key).damage, null, `cut at ${end}`);
      }
    }
  });

  it('takes no parts that were swapped, repeated, left out, added, or are of another stream', () => {
    const stream = sealed(randomBytes(4 * PART_BYTES + 10), key);
    const other = sealed(randomBytes(4 * PART_BYTES + 10), randomBytes(32));
    const part = (from: Buffer, number: number): Buffer =>
      from.subarray(number * SEALED_BYTES, (number + 1) * SEALED_BYTES);
    const orders = {
      swapped: [0, 2, 1, 3, 4],
      repeated: [0, 1, 1, 2, 3, 4],
      'left out': [0, 2, 3, 4],
      'without its first': [1, 2, 3, 4],
      'ended twice': [0, 1, 2, 3, 4, 4],
    };
    for (const [what, order] of Object.entries(orders)) {
      const found = opened(Buffer.concat(order.map((number) => part(stream, number))), key);
      assert.notEqual(found.damage, null, what);
    }
    assert.notEqual(opened(Buffer.concat([stream, Buffer.from('x')]), key).damage, null);
    const mixed = [part(stream, 0), part(other, 1), ...[2, 3, 4].map((at) => part(stream, at))];
    assert.equal(opened(Buffer.concat(mixed), key).damage, 'damaged: 2');
  });
});
