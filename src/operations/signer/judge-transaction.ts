import { type Datoshi, formatGas } from '../../base/datoshi.js';
import { type Hash160, hash160ToAddress } from '../../base/hash.js';
import { messageOf } from '../../base/node-error.js';
import { parseUnsignedTransaction } from '../../chain/parse-transaction.js';
import { readCalls, type ScriptCall } from '../../chain/read-script.js';
import type { UnsignedTransaction } from '../../chain/transaction.js';
import type { SignerPolicy } from '../../config/signer-config.js';
import type { RefusalReason } from '../../keystore/signer-protocol.js';
import { type CallRules, judgeCall } from './judge-call.js';
import { type Refusal, Refused } from './refused.js';

/** A transaction that the policy has nothing against, and what it may cost the account. */
export interface Signable {
  readonly transaction: UnsignedTransaction;
  /** The methods that it calls. */
  readonly methods: readonly string[];
  /** Its fees, and the GAS that it moves. */
  readonly spent: Datoshi;
}

/** Calls in one script: the node makes one, the canary two. */
const MAX_CALLS = 2;

/**
 * Judges the bytes of a transaction, without its witnesses, that `account` is asked to sign. All of
 * it is read here: what cannot be read to the last byte is refused. `held` are the signer's own
 * accounts.
 */
export function judgeTransaction(
  bytes: Buffer,
  account: Hash160,
  policy: SignerPolicy,
  held: readonly Hash160[],
): Signable | Refusal {
  try {
    return judge(bytes, account, policy, held);
  } catch (error) {
    if (error instanceof Refused) return { reason: error.reason, message: error.message };
    throw error;
  }
}

function judge(
  bytes: Buffer,
  account: Hash160,
  policy: SignerPolicy,
  held: readonly Hash160[],
): Signable {
  const transaction = readable('transaction', () => parseUnsignedTransaction(bytes));
  requireSigners(transaction, account);
  const calls = readable('script', () => readCalls(transaction.script, MAX_CALLS));
  const rules: CallRules = { policy, account, held };
  const judged = calls.map((call) => judgeCall(call, rules));
  requireTogether(calls);
  const fee = transaction.systemFee + transaction.networkFee;
  if (fee > policy.maxFeeDatoshi) {
    const limit = `policy.maxFee is ${formatGas(policy.maxFeeDatoshi)} GAS`;
    throw new Refused('fee', `it pays ${formatGas(fee)} GAS of fees; ${limit}`);
  }
  const moved = judged.reduce((sum, { moves }) => sum + moves, 0n);
  return { transaction, methods: judged.map(({ name }) => name), spent: fee + moved };
}

/** What cannot be read is refused with what the reading met. */
function readable<T>(reason: RefusalReason, read: () => T): T {
  try {
    return read();
  } catch (error) {
    // A stack that overflows is a RangeError, too.
    if (error instanceof RangeError) throw new Refused(reason, messageOf(error));
    throw error;
  }
}

function requireSigners({ signers }: UnsignedTransaction, account: Hash160): void {
  const [signer] = signers;
  if (signers.length !== 1 || signer?.account !== account) {
    const listed = signers.map((each) => hash160ToAddress(each.account)).join(', ');
    const wanted = `expected ${hash160ToAddress(account)} alone`;
    throw new Refused('signers', `it is signed by ${listed || 'nobody'}; ${wanted}`);
  }
  if (signer.scope === 'CalledByEntry') return;
  const scope = typeof signer.scope === 'string' ? signer.scope : 'CustomContracts';
  throw new Refused('scope', `its witness has the scope ${scope}; expected CalledByEntry`);
}

/** Two calls in one are a canary's: the last result is taken, the next one asked for. */
function requireTogether(calls: readonly ScriptCall[]): void {
  const methods = calls.map(({ method }) => method);
  if (methods.length === 1 || methods.join() === 'takeResult,requestHttp') return;
  const shown = methods.length === 0 ? 'it calls nothing' : `it calls ${methods.join(' and ')}`;
  throw new Refused('script', `${shown}; expected one call`);
}
