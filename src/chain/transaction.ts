import { sha256, shorten } from '../base/bytes.js';
import type { Datoshi } from '../base/datoshi.js';
import {
  type Hash160,
  type Hash256,
  hashFromLittleEndian,
  hashToLittleEndian,
} from '../base/hash.js';
import { varBytes, varInt } from './byte-reader.js';
import { pushScript } from './script.js';
import type { Signer } from './signer.js';
import { SIGNATURE_BYTES } from './verification-script.js';

/** Limits of Neo N3 (neo-project/neo, Transaction.cs, Witness.cs). */
export const MAX_TRANSACTION_BYTES = 102_400;
export const MAX_SCRIPT_BYTES = 65_535;
export const MAX_SIGNERS = 16;
export const MAX_SCOPE_CONTRACTS = 16;
export const MAX_WITNESS_SCRIPT_BYTES = 1024;

/**
 * Where a signer's witness counts. `None`: it only pays the fees. `CalledByEntry`: in the entry
 * script and what it calls directly. `{contracts}` (CustomContracts): in these contracts only.
 */
export type WitnessScope =
  | 'None'
  | 'CalledByEntry'
  | 'Global'
  | { readonly contracts: readonly Hash160[] };

export interface TransactionSigner {
  readonly account: Hash160;
  readonly scope: WitnessScope;
}

export interface TransactionDraft {
  readonly script: Buffer;
  /** The first one is the sender, who pays. */
  readonly signers: readonly TransactionSigner[];
  readonly systemFee: Datoshi;
  readonly networkFee: Datoshi;
  /** 0 to 2^32-1. */
  readonly nonce: number;
  readonly validUntilBlock: number;
}

export interface UnsignedTransaction extends TransactionDraft {
  readonly hash: Hash256;
  /** What the hash is taken of: all but the witnesses. */
  readonly unsigned: Buffer;
}

export interface Witness {
  readonly invocationScript: Buffer;
  readonly verificationScript: Buffer;
}

export interface SignedTransaction extends UnsignedTransaction {
  readonly witnesses: readonly Witness[];
  /** The whole transaction, for `sendrawtransaction` (as base64). */
  readonly raw: Buffer;
}

/** Computes bytes and hash of a transaction without attributes. Throws a RangeError over limits. */
export function buildTransaction(draft: TransactionDraft): UnsignedTransaction {
  checkDraft(draft);
  const head = Buffer.alloc(25);
  head.writeUInt8(0, 0);
  head.writeUInt32LE(draft.nonce, 1);
  head.writeBigInt64LE(draft.systemFee, 5);
  head.writeBigInt64LE(draft.networkFee, 13);
  head.writeUInt32LE(draft.validUntilBlock, 21);
  const unsigned = Buffer.concat([
    head,
    varInt(draft.signers.length),
    ...draft.signers.map(signerBytes),
    varInt(0),
    varBytes(draft.script),
  ]);
  return { ...draft, unsigned, hash: hashFromLittleEndian(sha256(unsigned)) };
}

/**
 * Signs for each of the transaction's signers, found by account. Throws a RangeError when one is
 * missing or the result is too large. `magic` is the network's.
 */
export async function signTransaction(
  transaction: UnsignedTransaction,
  magic: number,
  signers: readonly Signer[],
): Promise<SignedTransaction> {
  const message = signedMessage(transaction.hash, magic);
  const witnesses: Witness[] = [];
  for (const { account } of transaction.signers) {
    const signer = signers.find((candidate) => candidate.account === account);
    if (!signer) throw new RangeError(`no signer was given for the account ${account}`);
    witnesses.push({
      invocationScript: signatureInvocation(await signer.sign(message, transaction)),
      verificationScript: signer.verificationScript,
    });
  }
  return withWitnesses(transaction, witnesses);
}

/** Puts witnesses, one a signer and in their order, to a transaction. */
export function withWitnesses(
  transaction: UnsignedTransaction,
  witnesses: readonly Witness[],
): SignedTransaction {
  const raw = Buffer.concat([
    transaction.unsigned,
    varInt(witnesses.length),
    ...witnesses.flatMap((witness) => [
      varBytes(witness.invocationScript),
      varBytes(witness.verificationScript),
    ]),
  ]);
  if (raw.length > MAX_TRANSACTION_BYTES) {
    throw new RangeError(`transaction of ${raw.length} bytes; at most ${MAX_TRANSACTION_BYTES}`);
  }
  return { ...transaction, witnesses, raw };
}

/** What is signed: the network's magic and the transaction's hash. */
export function signedMessage(hash: Hash256, magic: number): Buffer {
  const message = Buffer.alloc(36);
  message.writeUInt32LE(magic, 0);
  hashToLittleEndian(hash).copy(message, 4);
  return message;
}

/** A signer as RPC calls such as `invokescript` take it. */
export function signerToRpc({ account, scope }: TransactionSigner): Record<string, unknown> {
  return typeof scope === 'string'
    ? { account, scopes: scope }
    : { account, scopes: 'CustomContracts', allowedcontracts: scope.contracts };
}

function signatureInvocation(signatures: Buffer): Buffer {
  if (signatures.length === 0 || signatures.length % SIGNATURE_BYTES !== 0) {
    throw new RangeError(
      `expected signatures of ${SIGNATURE_BYTES} bytes, got ${signatures.length}`,
    );
  }
  const pushes: Buffer[] = [];
  for (let at = 0; at < signatures.length; at += SIGNATURE_BYTES) {
    pushes.push(pushScript(signatures.subarray(at, at + SIGNATURE_BYTES)));
  }
  return Buffer.concat(pushes);
}

export const SCOPE_BYTE = { None: 0x00, CalledByEntry: 0x01, CustomContracts: 0x10, Global: 0x80 };

function signerBytes({ account, scope }: TransactionSigner): Buffer {
  const head = hashToLittleEndian(account);
  if (typeof scope === 'string') return Buffer.concat([head, Buffer.from([SCOPE_BYTE[scope]])]);
  return Buffer.concat([
    head,
    Buffer.from([SCOPE_BYTE.CustomContracts]),
    varInt(scope.contracts.length),
    ...scope.contracts.map(hashToLittleEndian),
  ]);
}

const MAX_UINT32 = 0xffff_ffff;
const MAX_INT64 = (1n << 63n) - 1n;

function checkDraft(draft: TransactionDraft): void {
  const { script, signers, systemFee, networkFee, nonce, validUntilBlock } = draft;
  within(script.length, 1, MAX_SCRIPT_BYTES, 'script bytes');
  within(signers.length, 1, MAX_SIGNERS, 'signers');
  within(nonce, 0, MAX_UINT32, 'nonce');
  within(validUntilBlock, 1, MAX_UINT32, 'validUntilBlock');
  if (new Set(signers.map(({ account }) => account)).size !== signers.length) {
    throw new RangeError('transaction: each account may sign once only');
  }
  for (const { scope } of signers) {
    if (typeof scope === 'object') {
      within(scope.contracts.length, 1, MAX_SCOPE_CONTRACTS, 'contracts of a scope');
    }
  }
  for (const [name, fee] of Object.entries({ systemFee, networkFee })) {
    if (fee < 0n || fee > MAX_INT64) {
      throw new RangeError(`transaction: ${name} must be 0 to 2^63-1, got ${shorten(String(fee))}`);
    }
  }
}

function within(value: number, min: number, max: number, what: string): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`transaction: ${what} must be ${min} to ${max}, got ${value}`);
  }
}
