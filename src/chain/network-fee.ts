import type { Datoshi } from '../base/datoshi.js';
import { varInt } from './byte-reader.js';
import type { UnsignedTransaction } from './transaction.js';
import { readVerificationScript, SIGNATURE_BYTES } from './verification-script.js';

/** Fee policy of the network; read it at run time (policy.ts). */
export interface FeePolicy {
  /** Datoshi for each byte of a transaction. */
  readonly feePerByte: Datoshi;
  /** Datoshi for each unit of execution. */
  readonly execFeeFactor: Datoshi;
  /** The same in 1e-4 datoshi and exact, on networks that tell it (hardfork Faun). */
  readonly execPicoFeeFactor?: bigint | null;
}

const PICO = 10_000n;

/** Prices in units of execution (neo-project/neo, ApplicationEngine.OpCodePrices and CryptoLib). */
const PUSHDATA1_UNITS = 8n;
const PUSHINT_UNITS = 1n;
const CHECK_SIG_UNITS = 1n << 15n;

/**
 * The least network fee of a transaction whose witnesses are of one key or m of n, without asking a
 * node: its bytes once signed, and the run of each verification script. `verificationScripts` are
 * in the order of its signers. Throws a RangeError for any other kind of verification script.
 */
export function networkFeeOf(
  transaction: Pick<UnsignedTransaction, 'unsigned'>,
  verificationScripts: readonly Buffer[],
  policy: FeePolicy,
): Datoshi {
  let bytes = transaction.unsigned.length + varInt(verificationScripts.length).length;
  let units = 0n;
  for (const script of verificationScripts) {
    const account = readVerificationScript(script);
    if (!account)
      throw new RangeError('network fee: not a verification script of one or m of n keys');
    const invocationBytes = account.threshold * (2 + SIGNATURE_BYTES);
    bytes += varInt(invocationBytes).length + invocationBytes;
    bytes += varInt(script.length).length + script.length;
    const keys = BigInt(account.publicKeys.length);
    units += PUSHDATA1_UNITS * (BigInt(account.threshold) + keys) + CHECK_SIG_UNITS * keys;
    if (account.multisig) units += 2n * PUSHINT_UNITS;
  }
  const picoFactor = policy.execPicoFeeFactor ?? policy.execFeeFactor * PICO;
  const execution = (units * picoFactor + PICO - 1n) / PICO;
  return BigInt(bytes) * policy.feePerByte + execution;
}
