import type { Datoshi } from '../../base/datoshi.js';
import { type Hash160, hash160ToAddress, hashFromLittleEndian } from '../../base/hash.js';
import { GAS_TOKEN } from '../../chain/native-contracts.js';
import type { PushedValue, ScriptCall } from '../../chain/read-script.js';
import { SIGNABLE, type Signable, type SignerPolicy } from '../../config/signer-config.js';
import { Refused } from './refused.js';

export interface CallRules {
  readonly policy: SignerPolicy;
  /** Who signs. */
  readonly account: Hash160;
  /** The signer's accounts. */
  readonly held: readonly Hash160[];
}

/** A call that the policy allows. */
export interface JudgedCall {
  readonly name: Signable;
  /** GAS that leaves the account's wallet by it. */
  readonly moves: Datoshi;
}

/** Items of one call, above every limit of the gateway. */
const MAX_ITEMS = 64;
const HASH_BYTES = 20;
const TX_BYTES = 32;

type Shape = (value: PushedValue | undefined) => boolean;

const bytes: Shape = (value) => Buffer.isBuffer(value);
const whole: Shape = (value) => typeof value === 'bigint' && value >= 0n;
const flag: Shape = (value) => typeof value === 'boolean';
const sized =
  (length: number): Shape =>
  (value) =>
    Buffer.isBuffer(value) && value.length === length;
const orNull =
  (shape: Shape): Shape =>
  (value) =>
    value === null || shape(value);
const tuple =
  (...shapes: readonly Shape[]): Shape =>
  (value) =>
    Array.isArray(value) &&
    value.length === shapes.length &&
    shapes.every((shape, at) => shape(value[at]));
const list =
  (shape: Shape): Shape =>
  (value) =>
    Array.isArray(value) && value.length > 0 && value.length <= MAX_ITEMS && value.every(shape);

const lostTx = orNull(sized(TX_BYTES));
const hash = sized(HASH_BYTES);

/** The arguments of each method (contracts/build/gateway.abi.json), as the node pushes them. */
const SHAPES: Readonly<Record<Signable, Shape>> = {
  respond: tuple(list(tuple(whole, whole, bytes, flag, lostTx))),
  expire: tuple(list(whole)),
  submitPrices: tuple(list(tuple(bytes, whole, whole, whole))),
  performUpkeeps: tuple(list(tuple(whole, whole, flag, lostTx))),
  // No callback and no data of the caller's own: as the canary asks.
  requestHttp: tuple(bytes, bytes, sized(0), (value) => value === null, whole),
  takeResult: tuple(whole),
  collect: tuple(hash, hash, whole),
  withdraw: tuple(hash, hash, whole),
  proposeRandomKey: tuple(bytes, bytes),
  proposeNodeAccount: tuple(hash),
  acceptNodeAccount: tuple(whole),
  // Of GAS itself: transfer(from, to, amount, data).
  deposit: tuple(hash, hash, whole, orNull(hash)),
  transfer: tuple(hash, hash, whole, (value) => value === null),
};

/**
 * Judges one call by the policy. Throws a Refused with the first thing that is not as it has to be.
 */
export function judgeCall(call: ScriptCall, rules: CallRules): JudgedCall {
  const name = nameOf(call, rules.policy);
  if (!rules.policy.allowed.includes(name)) {
    const listed = rules.policy.allowed.join(', ');
    throw new Refused('method', `${name} is not in policy.allow, which has ${listed}`);
  }
  if (!SHAPES[name](call.args)) {
    throw new Refused('arguments', `the arguments of ${name} are not as the node makes them`);
  }
  requireDestinations(name, call.args, rules);
  const isTransfer = name === 'deposit' || name === 'transfer';
  if (call.isAsserted !== isTransfer) {
    throw new Refused('script', `${name} ${isTransfer ? 'without' : 'with'} an assertion`);
  }
  return { name, moves: isTransfer ? (call.args[2] as bigint) : 0n };
}

/** The method, of this gateway; of GAS nothing but a transfer. */
function nameOf({ contract, method, args }: ScriptCall, policy: SignerPolicy): Signable {
  if (contract === GAS_TOKEN && method === 'transfer') {
    return accountOf(args[1]) === policy.gateway ? 'deposit' : 'transfer';
  }
  if (contract !== policy.gateway) {
    throw new Refused('contract', `it calls ${contract}; expected the gateway ${policy.gateway}`);
  }
  const known = SIGNABLE.find((name) => name === method);
  // Of the gateway these are no methods; of GAS they were looked at above.
  if (known !== undefined && known !== 'deposit' && known !== 'transfer') return known;
  throw new Refused('method', `it calls the method ${JSON.stringify(method.slice(0, 32))}`);
}

/** Money, and the right to answer, go to accounts that the operator named or that are here. */
function requireDestinations(
  name: Signable,
  args: readonly PushedValue[],
  { policy, account, held }: CallRules,
): void {
  const own = (value: PushedValue | undefined, what: string): void => {
    if (accountOf(value) === account) return;
    throw new Refused('arguments', `${name} of ${what} that is not the signing account's`);
  };
  const payable = (value: PushedValue | undefined): void => {
    const to = accountOf(value);
    if (to === null || to === account || policy.payTo.includes(to)) return;
    throw new Refused('destination', `${name} to ${hash160ToAddress(to)}: not in policy.payTo`);
  };
  if (name === 'collect' || name === 'withdraw') {
    own(args[0], 'an account');
    payable(args[1]);
  }
  if (name === 'deposit' || name === 'transfer') {
    own(args[0], 'GAS');
    payable(name === 'deposit' ? args[3] : args[1]);
  }
  if (name !== 'proposeNodeAccount') return;
  const next = accountOf(args[0]);
  if (next !== null && held.includes(next)) return;
  throw new Refused('destination', 'the account that it proposes is not one of this signer');
}

const accountOf = (value: PushedValue | undefined): Hash160 | null =>
  Buffer.isBuffer(value) && value.length === HASH_BYTES ? hashFromLittleEndian(value) : null;
