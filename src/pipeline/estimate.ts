import type { Datoshi } from '../base/datoshi.js';
import { formatGas } from '../base/datoshi.js';
import type { Hash160 } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import { ResponseCode } from '../base/outcome.js';
import { readTogether } from '../chain/contract-read.js';
import { gatewayCalls } from '../chain/gateway-calls.js';
import { type GatewayPolicy, gatewayReads } from '../chain/gateway-reads.js';
import { invokeCall, parseInvocation } from '../chain/invocation.js';
import { networkFeeOf } from '../chain/network-fee.js';
import type { NetworkPolicy } from '../chain/policy.js';
import type { Rpc } from '../chain/rpc.js';
import type { ScriptArg } from '../chain/script.js';
import { buildTransaction, type TransactionSigner } from '../chain/transaction.js';
import { PROOF_BYTES } from '../vrf/proof.js';
import { isSuccessOnly } from './answer.js';
import { type FeeMargin, systemFeeFor } from './answer-fees.js';
import { gasOfCallback } from './callback-trial.js';
import { ESTIMATE_KINDS, type EstimatedKind, termsOf } from './estimate-kinds.js';
import { costOfDelivering, costOfKeeping, costOfProof, costOfSponsor } from './gateway-costs.js';

export interface EstimateParts {
  readonly rpc: Rpc;
  readonly gateway: Hash160;
  readonly prices: NetworkPolicy;
  /** Who answers, and what verifies its witness. */
  readonly nodeAccount: Hash160;
  readonly verificationScript: Buffer;
  /** What the node adds to the system fee that it measures. */
  readonly nodeMargin: FeeMargin;
  /** Of one transaction. */
  readonly maxSystemFee: Datoshi;
}

/** The request to be estimated, and its answer. */
export interface EstimateQuestion {
  readonly kind: EstimatedKind;
  /** The url of `request`, the spec of `requestHttp`. */
  readonly subject: string;
  readonly requester: Hash160;
  /** Empty: the result is kept. */
  readonly callback: string;
  readonly userData: ScriptArg;
  readonly id: bigint;
  readonly code: number;
  /** What the callback gets; of a random request the number. */
  readonly result: Buffer;
  /** What is to happen before the callback is tried, such as the request itself. */
  readonly before: Buffer;
  /** Whose witnesses that needs, in order. */
  readonly beforeSigners: readonly TransactionSigner[];
  /** Added to what is needed, in basis points. */
  readonly safetyBps: bigint;
}

/** A part of the estimate, and where its figure comes from. */
export interface EstimateItem {
  readonly what: string;
  readonly datoshi: Datoshi;
}

export interface Estimate {
  /** What to send. */
  readonly maxFeeDatoshi: Datoshi;
  /** The same without the safety margin. */
  readonly neededDatoshi: Datoshi;
  readonly items: readonly EstimateItem[];
  /** What the answer is expected to be charged; the rest of maxFee comes back. */
  readonly chargeDatoshi: Datoshi;
  /** What would be needed to have this result kept instead of delivered, without margin. */
  readonly keptDatoshi: Datoshi;
  readonly minimumDatoshi: Datoshi;
  /** Of the callback with its call, null without one. */
  readonly callbackDatoshi: Datoshi | null;
  /** Index of the latest block when it was estimated. */
  readonly height: number;
}

/**
 * What maxFee a request needs so that its answer is delivered, by the rule by which the node
 * decides: the fees of the answer alone in a transaction, and of a plain answer after it. Asks the
 * chain by trial runs only. Throws a NodeError: CALLBACK_FAILS, ESTIMATE_TOO_DEAR.
 */
export async function estimateMaxFee(
  parts: EstimateParts,
  question: EstimateQuestion,
): Promise<Estimate> {
  const state = await readState(parts, question);
  const { premium, minimum } = termsOf(state.policy, question.kind);
  const kept = await keptAnswer(parts, question, state);
  const delivered = question.callback === '' ? null : await deliveredAnswer(parts, question, state);
  const way = delivered ?? kept;
  if (way.systemFee > parts.maxSystemFee) throw tooDear(way.systemFee, parts.maxSystemFee);
  const charge = way.systemFee + way.networkFee + premium;
  const items = [...way.items];
  const add = (what: string, datoshi: Datoshi): void => {
    if (datoshi !== 0n) items.push({ what, datoshi });
  };
  add('premium of the policy', premium);
  if (delivered !== null) {
    // Of a random request nothing is plainer than its proof, kept.
    const isDraw = isSuccessOnly(question.kind);
    const plain = isDraw ? kept : await plainAnswer(parts, question, state);
    const what = isDraw ? 'keeping the number' : 'a plain answer';
    add(`${what}, held back in case the callback fails`, plain.fees + premium);
  }
  const sum = items.reduce((total, { datoshi }) => total + datoshi, 0n);
  const needed = sum > minimum ? sum : minimum;
  add("up to the policy's minimum", needed - sum);
  const safety = (needed * question.safetyBps + 9_999n) / 10_000n;
  add(`safety margin of ${bpsText(question.safetyBps)}`, safety);
  return {
    maxFeeDatoshi: needed + safety,
    neededDatoshi: needed,
    items,
    chargeDatoshi: charge,
    keptDatoshi: kept.fees + premium,
    minimumDatoshi: minimum,
    callbackDatoshi: delivered?.callback ?? null,
    height: state.height,
  };
}

interface ChainState {
  readonly height: number;
  readonly policy: GatewayPolicy;
  /** True where a sponsor would pay, as far as can be told now. */
  readonly isSponsored: boolean;
}

async function readState(
  { rpc, gateway }: EstimateParts,
  { requester, kind, before }: EstimateQuestion,
): Promise<ChainState> {
  const reads = gatewayReads(gateway);
  const { height, values } = await readTogether(rpc, [
    reads.policy(),
    reads.creditOf(requester),
    reads.sponsorOf(requester),
  ]);
  const [policy, credit, sponsor] = values;
  const own = credit >= termsOf(policy, kind).minimum || before.length > 0;
  return { height, policy, isSponsored: sponsor !== null && !own };
}

interface PricedAnswer {
  readonly items: readonly EstimateItem[];
  readonly systemFee: Datoshi;
  readonly networkFee: Datoshi;
  /** Both. */
  readonly fees: Datoshi;
}

async function deliveredAnswer(
  parts: EstimateParts,
  question: EstimateQuestion,
  state: ChainState,
): Promise<PricedAnswer & { readonly callback: Datoshi }> {
  const { subject, id, userData, code, result, requester, callback, before } = question;
  const first = ESTIMATE_KINDS[question.kind].firstArgument(subject, id);
  const used = await gasOfCallback(parts.rpc, parts.gateway, {
    requester,
    callback,
    args: [first, userData, code, result],
    before,
    signers: withNode(question.beforeSigners, parts.nodeAccount),
  });
  const own = costOfDelivering(parts.prices) + proofIn(question, parts);
  const told = [{ what: `callback ${callback}, rehearsed`, datoshi: used }];
  const sent = { code, result: sentFor(question), deliver: true };
  const priced = await price(parts, sent, own, told, state);
  return { ...priced, callback: used };
}

const proofIn = ({ kind }: EstimateQuestion, { prices }: EstimateParts): Datoshi =>
  isSuccessOnly(kind) ? costOfProof(prices) : 0n;

/** What the node sends: the result itself, or the proof that gives a number. */
const sentFor = ({ kind, result }: EstimateQuestion): Buffer =>
  isSuccessOnly(kind) ? Buffer.alloc(PROOF_BYTES, 1) : result;

function keptAnswer(
  parts: EstimateParts,
  question: EstimateQuestion,
  state: ChainState,
): Promise<PricedAnswer> {
  const { code, result } = question;
  const own = keeping(parts, question, state, code, result.length) + proofIn(question, parts);
  return price(parts, { code, result: sentFor(question), deliver: false }, own, [], state);
}

/** What is always left to answer with: no result, no delivery. */
function plainAnswer(
  parts: EstimateParts,
  question: EstimateQuestion,
  state: ChainState,
): Promise<PricedAnswer> {
  const code = ResponseCode.InsufficientFunds;
  const own = keeping(parts, question, state, code, 0);
  return price(parts, { code, result: Buffer.alloc(0), deliver: false }, own, [], state);
}

function keeping(
  { prices }: EstimateParts,
  { id }: EstimateQuestion,
  { height, policy }: ChainState,
  code: number,
  resultBytes: number,
): Datoshi {
  const answered = height + 1;
  const keptUntil = answered + policy.resultLifetime;
  return costOfKeeping({ id, code, resultBytes, answered, keptUntil }, prices);
}

/** Of no request: what `respond` costs is measured by skipping it. */
const NO_REQUEST = 1n << 62n;

/** Measures what is around the answer on the node, and adds what is of the answer itself. */
async function price(
  parts: EstimateParts,
  answer: { readonly code: number; readonly result: Buffer; readonly deliver: boolean },
  own: Datoshi,
  told: readonly EstimateItem[],
  { isSponsored }: ChainState,
): Promise<PricedAnswer> {
  const { rpc, gateway, prices, nodeAccount, nodeMargin } = parts;
  const signers: TransactionSigner[] = [{ account: nodeAccount, scope: 'CalledByEntry' }];
  const item = { requestId: NO_REQUEST, ...answer, lostTx: null };
  const script = gatewayCalls(gateway).respond([item]);
  const { method, params } = invokeCall(script, signers);
  const around = parseInvocation(await rpc.call(method, params), 'a trial of respond');
  if (around.state === 'FAULT') {
    throw new NodeError('ESTIMATE_REFUSED', `no answer is possible now: ${around.exception}`, {
      hint: "look at the gateway's nodeAccount and its version",
    });
  }
  const sponsor = isSponsored ? costOfSponsor(prices) : 0n;
  const gas = told.reduce((sum, { datoshi }) => sum + datoshi, around.gasConsumed + own + sponsor);
  const systemFee = systemFeeFor(gas, nodeMargin);
  const free = { systemFee, networkFee: 0n, nonce: 0, validUntilBlock: 1, script, signers };
  const networkFee = networkFeeOf(buildTransaction(free), [parts.verificationScript], prices);
  const items = [
    ...told,
    { what: "the gateway's transaction, tried on the node", datoshi: around.gasConsumed },
    { what: "the gateway's part for this answer", datoshi: own },
    ...(sponsor === 0n ? [] : [{ what: "the sponsor's allowance", datoshi: sponsor }]),
    { what: "the node's margin on the system fee", datoshi: systemFee - gas },
    { what: 'network fee', datoshi: networkFee },
  ];
  return { items, systemFee, networkFee, fees: systemFee + networkFee };
}

/** The node signs the transaction of an answer, so its witness is there in a trial, too. */
function withNode(
  signers: readonly TransactionSigner[],
  nodeAccount: Hash160,
): readonly TransactionSigner[] {
  if (signers.some(({ account }) => account === nodeAccount)) return signers;
  return [...signers, { account: nodeAccount, scope: 'CalledByEntry' }];
}

/** A percentage with as many decimals as it has. */
export const bpsText = (bps: bigint): string =>
  `${bps / 100n}${bps % 100n === 0n ? '' : `.${String(bps % 100n).padStart(2, '0')}`} %`;

function tooDear(needed: Datoshi, limit: Datoshi): NodeError {
  const message =
    `the answer needs ${formatGas(needed)} GAS of system fee, ` +
    `the limit of one transaction is ${formatGas(limit)} GAS`;
  return new NodeError('ESTIMATE_TOO_DEAR', message, {
    hint: 'select less with a filter, or do less in the callback: it is answered ResponseTooLarge',
  });
}
