import type { KeyObject } from 'node:crypto';
import type { Datoshi } from '../../../src/base/datoshi.js';
import { type Hash160, scriptHash } from '../../../src/base/hash.js';
import { networkFeeOf } from '../../../src/chain/network-fee.js';
import { RpcCode } from '../../../src/chain/rpc-error.js';
import {
  MAX_TRANSACTION_BYTES,
  type SignedTransaction,
  signedMessage,
} from '../../../src/chain/transaction.js';
import { readVerificationScript } from '../../../src/chain/verification-script.js';
import {
  areSigned,
  isSignatureOf,
  publicKeyObject,
  type SignatureCheck,
  signaturesIn,
} from '../../../src/chain/witness-signatures.js';
import { type ChainCore, type KnownTransaction, tipOf } from './chain-core.js';
import { gasOf } from './natives.js';
import type { RpcReply } from './simulated-chain.js';

/* What a node says of a transaction that is sent to it (neo-go, verifyAndPoolTX). */

const refused = (code: number, message: string, data: string): RpcReply => ({
  error: { code, message, data },
});

/** Why a transaction is not taken in, but for its witnesses; null where it is. */
export function refusalOf(core: ChainCore, given: KnownTransaction): RpcReply | null {
  const { policy, waiting } = core;
  const height = tipOf(core).index;
  if (core.ended.has(given.hash)) {
    return refused(RpcCode.AlreadyExists, 'Inventory already exists', given.hash);
  }
  if (waiting.has(given.hash)) {
    return refused(RpcCode.AlreadyInPool, 'Transaction already exists in mempool', given.hash);
  }
  const last = height + policy.maxValidUntilBlockIncrement;
  if (given.validUntilBlock <= height || given.validUntilBlock > last) {
    const data = `ValidUntilBlock = ${given.validUntilBlock}, current height = ${height}`;
    return refused(RpcCode.ExpiredTransaction, 'Expired transaction', data);
  }
  if (given.systemFee > policy.maxBlockSystemFee) {
    return refused(RpcCode.PolicyFailed, 'Policy failed', 'too big system fee');
  }
  if (given.bytes > MAX_TRANSACTION_BYTES) {
    return refused(RpcCode.InvalidSize, 'Invalid size', `${given.bytes} bytes`);
  }
  const spare = gasOf(core.state, given.sender) - feesWaiting(core, given.sender);
  if (spare < given.systemFee + given.networkFee) {
    return refused(RpcCode.InsufficientFunds, 'Insufficient funds', `${spare} datoshi are left`);
  }
  if (waiting.size >= policy.mempoolTransactions) {
    return refused(RpcCode.MempoolCapReached, 'Mempool capacity reached', `${waiting.size}`);
  }
  return null;
}

/** What waiting transactions of a sender will cost. */
function feesWaiting({ waiting }: ChainCore, sender: Hash160): Datoshi {
  let sum = 0n;
  for (const { transaction } of waiting.values()) {
    if (transaction.sender === sender) sum += transaction.systemFee + transaction.networkFee;
  }
  return sum;
}

/** Why a signed transaction's witnesses or network fee do not do; null where they do. */
export function witnessRefusal(
  core: ChainCore,
  given: SignedTransaction,
  isSignature: SignatureCheck,
): RpcReply | null {
  const message = signedMessage(given.hash, core.magic);
  for (const [at, { account }] of given.signers.entries()) {
    const witness = given.witnesses[at];
    const script = witness?.verificationScript ?? Buffer.alloc(0);
    const asked = readVerificationScript(script);
    const signatures = signaturesIn(witness?.invocationScript ?? Buffer.alloc(0));
    if (scriptHash(script) !== account) {
      const data = `witness #${at}: witness hash mismatch`;
      return refused(RpcCode.VerificationFailed, 'Unclassified inventory verification error', data);
    }
    const isWhole =
      asked !== null &&
      signatures?.length === asked.threshold &&
      areSigned(signatures, asked.publicKeys, message, isSignature);
    if (!isWhole) {
      return refused(RpcCode.InvalidSignature, 'Invalid signature', `witness of ${account}`);
    }
  }
  const scripts = given.witnesses.map(({ verificationScript }) => verificationScript);
  const least = networkFeeOf(given, scripts, core.policy);
  if (given.networkFee >= least) return null;
  return refused(RpcCode.InsufficientNetworkFee, 'Insufficient network fee', `least: ${least}`);
}

/** ECDSA over secp256r1 of the message's SHA-256; keys are decoded once. */
export function verifiedSignatures(): SignatureCheck {
  const known = new Map<string, KeyObject>();
  return (publicKey, message, signature) => {
    try {
      const name = publicKey.toString('hex');
      const key = known.get(name) ?? publicKeyObject(publicKey);
      known.set(name, key);
      return isSignatureOf(key, message, signature);
    } catch {
      // Not every 33 bytes are a point of the curve.
      return false;
    }
  };
}

export const trustedSignatures: SignatureCheck = () => true;
