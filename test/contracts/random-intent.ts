import fc from 'fast-check';
import { parseGas } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';
import type { BooksModel } from './books-model.js';
import type { Operation } from './operations.js';

/** Who takes part. */
export type Cast = Readonly<Record<Role, Hash160>>;

type Role = 'owner' | 'node' | 'second' | 'user' | 'patron' | 'asker' | 'thrower';

/**
 * An operation to be, which becomes one when it is known what is pending, kept and owed: at random,
 * hardly any would find something to do.
 */
export type Intent = (cast: Cast, model: BooksModel) => Operation;

export const role = (...roles: Role[]) => fc.constantFrom(...roles);
export const gas = (...amounts: string[]) => fc.constantFrom(...amounts.map(parseGas));

/** An intent that failing tests show by what it was made of. */
export const intent = <T>(
  arbitrary: fc.Arbitrary<T>,
  make: (given: T) => Intent,
): fc.Arbitrary<Intent> =>
  arbitrary.map((given) => {
    const made = make(given);
    return Object.assign(made, { [fc.toStringMethod]: () => JSON.stringify(given, bigintsToo) });
  });

const bigintsToo = (_: string, value: unknown) =>
  typeof value === 'bigint' ? String(value) : value;
