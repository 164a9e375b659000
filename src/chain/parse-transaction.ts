import { type Hash160, hashFromLittleEndian } from '../base/hash.js';
import { type ByteReader, createByteReader } from './byte-reader.js';
import {
  buildTransaction,
  MAX_SCOPE_CONTRACTS,
  MAX_SCRIPT_BYTES,
  MAX_SIGNERS,
  MAX_TRANSACTION_BYTES,
  MAX_WITNESS_SCRIPT_BYTES,
  SCOPE_BYTE,
  type SignedTransaction,
  type TransactionSigner,
  type UnsignedTransaction,
  type Witness,
  type WitnessScope,
  withWitnesses,
} from './transaction.js';

/**
 * Reads a raw transaction of the kind that this node builds: version 0, no attributes, and scopes
 * that `WitnessScope` names. Throws a RangeError that says what it met instead.
 */
export function parseTransaction(raw: Uint8Array): SignedTransaction {
  const reader = boundedReader(raw);
  const unsigned = readUnsigned(reader);
  const witnesses = times(reader.varInt(MAX_SIGNERS, 'witnesses'), () => readWitness(reader));
  requireEnd(reader, raw);
  const { signers } = unsigned;
  if (witnesses.length !== signers.length) {
    throw new RangeError(`transaction: ${signers.length} signers, ${witnesses.length} witnesses`);
  }
  return withWitnesses(unsigned, witnesses);
}

/**
 * Reads the part of a transaction that is signed, all but the witnesses. Throws a RangeError as
 * `parseTransaction`, and for bytes that this node would have written otherwise: what is hashed is
 * what was read.
 */
export function parseUnsignedTransaction(bytes: Uint8Array): UnsignedTransaction {
  const reader = boundedReader(bytes);
  const transaction = readUnsigned(reader);
  requireEnd(reader, bytes);
  if (transaction.unsigned.equals(bytes)) return transaction;
  throw new RangeError('transaction: its numbers are not written in their shortest form');
}

function boundedReader(bytes: Uint8Array): ByteReader {
  if (bytes.length <= MAX_TRANSACTION_BYTES) return createByteReader(bytes);
  throw new RangeError(`transaction of ${bytes.length} bytes; at most ${MAX_TRANSACTION_BYTES}`);
}

function requireEnd({ offset }: ByteReader, bytes: Uint8Array): void {
  if (offset === bytes.length) return;
  throw new RangeError(`transaction: ${bytes.length - offset} bytes too many at its end`);
}

function readUnsigned(reader: ByteReader): UnsignedTransaction {
  const version = reader.uint8();
  if (version !== 0) throw new RangeError(`transaction: expected version 0, got ${version}`);
  const nonce = reader.uint32();
  const systemFee = reader.int64();
  const networkFee = reader.int64();
  const validUntilBlock = reader.uint32();
  const signers = times(reader.varInt(MAX_SIGNERS, 'signers'), () => readSigner(reader));
  const attributes = reader.varInt(MAX_SIGNERS, 'attributes');
  if (attributes !== 0) throw new RangeError(`transaction: expected no attributes`);
  const script = reader.varBytes(MAX_SCRIPT_BYTES, 'script bytes');
  return buildTransaction({ script, signers, systemFee, networkFee, nonce, validUntilBlock });
}

const times = <T>(count: number, read: () => T): T[] => Array.from({ length: count }, read);

function readSigner(reader: ByteReader): TransactionSigner {
  const account = hashFromLittleEndian(reader.take(20));
  return { account, scope: readScope(reader) };
}

function readScope(reader: ByteReader): WitnessScope {
  const scope = reader.uint8();
  if (scope === SCOPE_BYTE.None) return 'None';
  if (scope === SCOPE_BYTE.CalledByEntry) return 'CalledByEntry';
  if (scope === SCOPE_BYTE.Global) return 'Global';
  if (scope === SCOPE_BYTE.CustomContracts) {
    const count = reader.varInt(MAX_SCOPE_CONTRACTS, 'contracts of a scope');
    return { contracts: times(count, (): Hash160 => hashFromLittleEndian(reader.take(20))) };
  }
  throw new RangeError(`transaction: witness scope 0x${scope.toString(16)} is not supported here`);
}

function readWitness(reader: ByteReader): Witness {
  return {
    invocationScript: reader.varBytes(MAX_WITNESS_SCRIPT_BYTES, 'invocation script bytes'),
    verificationScript: reader.varBytes(MAX_WITNESS_SCRIPT_BYTES, 'verification script bytes'),
  };
}
