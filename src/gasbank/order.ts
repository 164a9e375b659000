import { type Datoshi, formatGas } from '../base/datoshi.js';
import { type Hash160, hash160ToAddress } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import { publicKeyId } from '../base/sealed-box.js';
import { type FunctionCode, gasTransfer, gatewayCalls } from '../chain/gateway-calls.js';
import { gatewayOwnerCalls, type PolicyTerms } from '../chain/gateway-owner-calls.js';

/** What somebody orders to be done at the gateway. Amounts in datoshi. */
export type Order =
  | { readonly kind: 'deposit'; readonly amount: Datoshi; readonly creditTo: Hash160 }
  | { readonly kind: 'withdraw'; readonly amount: Datoshi; readonly to: Hash160 }
  | { readonly kind: 'collect'; readonly amount: Datoshi; readonly to: Hash160 }
  | {
      readonly kind: 'sponsor';
      readonly requester: Hash160;
      readonly maxFeePerRequest: Datoshi;
      readonly allowance: Datoshi;
    }
  | { readonly kind: 'registerFunction'; readonly name: string; readonly code: FunctionCode }
  | { readonly kind: 'updateFunction'; readonly functionId: bigint; readonly code: FunctionCode }
  | {
      readonly kind: 'proposeRandomKey';
      /** A compressed point of G2, and the proof that its secret is known. */
      readonly publicKey: Buffer;
      readonly possessionProof: Buffer;
    }
  | { readonly kind: 'proposeNodeAccount'; readonly next: Hash160 }
  | { readonly kind: 'acceptNodeAccount'; readonly overlapBlocks: number }
  | { readonly kind: 'revokeNodeAccount' }
  | { readonly kind: 'setPolicy'; readonly terms: PolicyTerms }
  | { readonly kind: 'transferOwnership'; readonly next: Hash160 }
  | { readonly kind: 'acceptOwnership' }
  | { readonly kind: 'pause'; readonly isOn: boolean }
  | { readonly kind: 'expire'; readonly ids: readonly bigint[] }
  | {
      readonly kind: 'transfer';
      readonly amount: Datoshi;
      readonly to: Hash160;
      /** Whether it may take what the wallet's floor keeps: of an account that is given up. */
      readonly empties: boolean;
    };

export type OrderKind = Order['kind'];

/** What an account has, on the chain and at the gateway, at one height. */
export interface Holdings {
  readonly height: number;
  /** GAS of the account itself. */
  readonly gas: Datoshi;
  readonly credit: Datoshi;
  readonly reserved: Datoshi;
  readonly earned: Datoshi;
  /** The gateway's node account, null when revoked. */
  readonly nodeAccount: Hash160 | null;
  readonly isPaused: boolean;
}

/** The script of an order, as the account's own. */
export function orderScript(gateway: Hash160, account: Hash160, order: Order): Buffer {
  const calls = gatewayCalls(gateway);
  const owned = gatewayOwnerCalls(gateway);
  switch (order.kind) {
    case 'deposit': {
      const creditTo = order.creditTo === account ? null : order.creditTo;
      return calls.deposit(account, order.amount, creditTo);
    }
    case 'withdraw':
      return calls.withdraw(account, order.to, order.amount);
    case 'collect':
      return calls.collect(account, order.to, order.amount);
    case 'sponsor':
      return calls.sponsor(order.requester, order.maxFeePerRequest, order.allowance);
    case 'registerFunction':
      return calls.registerFunction(order.name, order.code);
    case 'updateFunction':
      return calls.updateFunction(order.functionId, order.code);
    case 'proposeRandomKey':
      return calls.proposeRandomKey(order.publicKey, order.possessionProof);
    case 'proposeNodeAccount':
      return calls.proposeNodeAccount(order.next);
    case 'acceptNodeAccount':
      return calls.acceptNodeAccount(order.overlapBlocks);
    case 'revokeNodeAccount':
      return calls.revokeNodeAccount();
    case 'setPolicy':
      return owned.setPolicy(order.terms);
    case 'transferOwnership':
      return owned.transferOwnership(order.next);
    case 'acceptOwnership':
      return owned.acceptOwnership();
    case 'pause':
      return calls.pause(order.isOn);
    case 'expire':
      return calls.expire(order.ids);
    case 'transfer':
      return gasTransfer(account, order.to, order.amount);
  }
}

/** An order in one line, for people. */
export function describeOrder(account: Hash160, order: Order): string {
  const own = hash160ToAddress(account);
  const target = (other: Hash160): string =>
    other === account ? 'itself' : hash160ToAddress(other);
  switch (order.kind) {
    case 'deposit':
      return `${own} deposits ${gas(order.amount)} as credit of ${target(order.creditTo)}`;
    case 'withdraw':
      return `${own} withdraws ${gas(order.amount)} of its credit to ${target(order.to)}`;
    case 'collect':
      return `${own} collects ${gas(order.amount)} of its earnings to ${target(order.to)}`;
    case 'sponsor': {
      const requester = hash160ToAddress(order.requester);
      if (order.allowance === 0n) return `${own} ends its sponsorship of ${requester}`;
      const limit = `at most ${gas(order.maxFeePerRequest)} a request`;
      return `${own} sponsors ${requester}: ${limit}, ${gas(order.allowance)} in all`;
    }
    case 'registerFunction':
      return `${own} registers the function ${order.name}, ${describeCode(order.code)}`;
    case 'updateFunction':
      return `${own} updates the function ${order.functionId} to ${describeCode(order.code)}`;
    case 'proposeRandomKey':
      return `${own} makes ${publicKeyId(order.publicKey)} the random key of new requests`;
    case 'proposeNodeAccount':
      return `${own} proposes ${hash160ToAddress(order.next)} as the node account`;
    case 'acceptNodeAccount':
      return `${own} becomes the node account, with ${order.overlapBlocks} blocks of overlap`;
    case 'revokeNodeAccount':
      return `${own} revokes the node account: nothing is answered until another accepts`;
    case 'setPolicy':
      return `${own} sets the policy of the gateway`;
    case 'transferOwnership':
      return `${own} names ${hash160ToAddress(order.next)} as the gateway's next owner`;
    case 'acceptOwnership':
      return `${own} becomes the owner of the gateway`;
    case 'pause':
      return order.isOn
        ? `${own} pauses the gateway: it takes no new requests`
        : `${own} ends the pause of the gateway`;
    case 'expire':
      return `${own} has ${order.ids.length} requests refunded whose deadlines have passed`;
    case 'transfer':
      return `${own} sends ${gas(order.amount)} to ${target(order.to)}`;
  }
}

function describeCode({ codeHash, source, uri }: FunctionCode): string {
  const where = source === '' ? `at ${uri}` : `${Buffer.byteLength(source)} bytes at the gateway`;
  return `code ${codeHash} (${where})`;
}

/** GAS that an order takes out of the account besides the fees. */
export const gasTakenBy = (order: Order): Datoshi =>
  order.kind === 'deposit' || order.kind === 'transfer' ? order.amount : 0n;

/**
 * Why an order cannot be done, as far as what the account has tells: a NodeError FUNDS_SHORT or
 * GATEWAY_PAUSED; null when nothing is in its way.
 */
export function refusalOf(account: Hash160, order: Order, has: Holdings): NodeError | null {
  const own = hash160ToAddress(account);
  switch (order.kind) {
    case 'deposit':
    case 'transfer':
      if (order.amount <= has.gas) return null;
      return short(`${own} has ${gas(has.gas)}, less than ${gas(order.amount)}`, 'send it GAS');
    case 'withdraw': {
      if (order.amount > 0n && order.amount <= has.credit) return null;
      const reserved = has.reserved === 0n ? '' : ` (${gas(has.reserved)} more are reserved)`;
      const lacks = `${own} has ${gas(has.credit)} of credit${reserved}`;
      const hint = 'withdraw less; what is reserved comes back as requests end';
      const asked = order.amount === 0n ? '' : `, less than ${gas(order.amount)}`;
      return short(lacks + asked, hint);
    }
    case 'collect': {
      if (order.amount > 0n && order.amount <= has.earned) return null;
      if (has.earned === 0n) return short(`${own} has earned nothing here`, notTheNode(own, has));
      const lacks = `${own} has earned ${gas(has.earned)}, less than ${gas(order.amount)}`;
      return short(lacks, 'collect less, or all of it: dodona gasbank collect all');
    }
    case 'sponsor':
      if (!has.isPaused || order.allowance === 0n) return null;
      return paused('it takes no sponsorship', 'an allowance of 0 is taken always');
    case 'registerFunction':
    case 'updateFunction':
      return has.isPaused ? paused('it takes no functions') : null;
    case 'proposeRandomKey':
    case 'proposeNodeAccount':
    case 'acceptNodeAccount':
    case 'revokeNodeAccount':
    case 'setPolicy':
    case 'transferOwnership':
    case 'acceptOwnership':
    case 'pause':
    case 'expire':
      return null;
  }
}

/** Throws a NodeError FUNDS_SHORT when the account cannot pay the fees besides the order. */
export function requireFees(account: Hash160, order: Order, has: Holdings, fees: Datoshi): void {
  const taken = gasTakenBy(order);
  if (taken + fees <= has.gas) return;
  const needed = taken === 0n ? gas(fees) : `${gas(taken)} and ${gas(fees)}`;
  const own = hash160ToAddress(account);
  const lacks = `${own} has ${gas(has.gas)}, and ${needed} of fees are needed`;
  throw short(lacks, taken === 0n ? 'send it GAS' : 'send it GAS, or move less');
}

/** What to know of a sponsorship that works only once others have done their part; else nothing. */
export function sponsorNotes(
  account: Hash160,
  order: Order,
  has: Holdings,
  accepted: Hash160 | null,
): string[] {
  if (order.kind !== 'sponsor' || order.allowance === 0n) return [];
  const notes: string[] = [];
  const requester = hash160ToAddress(order.requester);
  if (accepted !== account) {
    notes.push(`it begins once ${requester} calls acceptSponsor(${hash160ToAddress(account)})`);
  }
  if (order.maxFeePerRequest > order.allowance) {
    notes.push('the allowance is less than one request may cost');
  }
  if (has.credit < order.allowance) {
    notes.push(`the credit of ${gas(has.credit)} is less than the allowance: pay in with deposit`);
  }
  return notes;
}

function notTheNode(own: string, { nodeAccount }: Holdings): string {
  if (nodeAccount === null) return 'the gateway has no node account now: it was revoked';
  const node = hash160ToAddress(nodeAccount);
  return node === own
    ? 'answers that it sends earn what they cost; wait for the first'
    : `the gateway's node account is ${node}: collect with its wallet`;
}

const gas = (amount: Datoshi): string => `${formatGas(amount)} GAS`;

const paused = (what: string, but = ''): NodeError =>
  new NodeError('GATEWAY_PAUSED', `the gateway is paused: ${what}`, {
    retryable: true,
    hint: `try again when its owner ended the pause${but === '' ? '' : `; ${but}`}`,
  });

const short = (message: string, hint: string): NodeError =>
  new NodeError('FUNDS_SHORT', message, { hint });
