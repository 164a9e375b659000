import assert from 'node:assert/strict';
import type { DevnetAccount } from '../../scripts/devnet/account.js';
import type { AppliedTransaction, SendOptions } from '../../scripts/devnet/private-chain.js';
import { type Datoshi, parseGas } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';
import type { GatewayAnswer } from '../../src/chain/gateway-calls.js';
import {
  type AskEvent,
  isAskEvent,
  type KnownGatewayEvent,
} from '../../src/chain/gateway-events.js';
import { type ScriptArg, utf8 } from '../../src/chain/script.js';
import { eventsOf, type GatewayWorld, type Step } from './gateway-world.js';

/** Any world, whatever its accounts and contracts are called. */
export type AnyWorld = GatewayWorld<string, string>;

export const MAX_FEE = parseGas('1');

/** What a test asks; the defaults of `httpArgs` are enough where it does not matter. */
export interface Question {
  readonly spec?: string;
  readonly filter?: string;
  readonly callback?: string;
  readonly userData?: ScriptArg;
  readonly maxFee?: Datoshi;
}

/** Arguments of `requestHttp`, and of `request` with a url as the spec. */
export const httpArgs = (question: Question = {}): ScriptArg[] => [
  utf8(question.spec ?? '{}'),
  utf8(question.filter ?? ''),
  utf8(question.callback ?? ''),
  question.userData ?? null,
  question.maxFee ?? MAX_FEE,
];

/** What a test asks of a function. */
export interface FunctionAsked extends Pick<Question, 'callback' | 'userData' | 'maxFee'> {
  readonly functionId?: bigint;
  readonly args?: string;
}

/** Arguments of `requestFunction`. */
export const functionArgs = (question: FunctionAsked = {}): ScriptArg[] => [
  question.functionId ?? 1n,
  utf8(question.args ?? '[]'),
  utf8(question.callback ?? ''),
  question.userData ?? null,
  question.maxFee ?? MAX_FEE,
];

/** What a test asks of the node's random key. */
export interface RandomAsked extends Pick<Question, 'callback' | 'userData' | 'maxFee'> {
  readonly seed?: Uint8Array;
}

/** To verify a proof takes 4.1 GAS at Neo's default prices. */
export const MAX_RANDOM_FEE = parseGas('6');

/** Arguments of `requestRandom`. */
export const randomArgs = (question: RandomAsked = {}): ScriptArg[] => [
  question.seed ?? utf8('seed'),
  utf8(question.callback ?? ''),
  question.userData ?? null,
  question.maxFee ?? MAX_RANDOM_FEE,
];

/** An account asks for itself: it gets no callback. */
export const askedBy = (
  world: AnyWorld,
  account: DevnetAccount,
  question: Question = {},
  options?: SendOptions,
): Step => [account, world.call('requestHttp', ...httpArgs(question)), options];

/** A hostile contract asks; the answer goes to its callback `onAnswer` unless told otherwise. */
export const askedByContract = (
  world: AnyWorld,
  contract: Hash160,
  { callback = 'onAnswer', ...rest }: Question = {},
  method: 'request' | 'requestHttp' = 'requestHttp',
): Step => [world.owner, world.callBy(contract, method, ...httpArgs({ callback, ...rest }))];

/** Sends the steps, each of which asks once, and returns the ids in their order. */
export async function idsOf(world: AnyWorld, steps: readonly Step[]): Promise<bigint[]> {
  const applied = await world.runAll(steps);
  return applied.map((each) => anyRequestIn(world, each).id);
}

type WebRequest = Extract<AskEvent, { name: 'OracleRequest' | 'HttpRequest' }>;

/** The event of the one web request that a transaction made. */
export function requestIn(world: AnyWorld, applied: AppliedTransaction): WebRequest {
  const request = anyRequestIn(world, applied);
  const { name } = request;
  assert.ok(name === 'OracleRequest' || name === 'HttpRequest', `expected a web request: ${name}`);
  return request;
}

/** The event of the one request that a transaction made, of whatever kind. */
export function anyRequestIn(world: AnyWorld, applied: AppliedTransaction): AskEvent {
  const requests = eventsOf(world, applied).filter(isAskEvent);
  const [request] = requests;
  assert.ok(request && requests.length === 1, 'expected one request in the transaction');
  return request;
}

/** An answer that says Success and nothing, and is to be delivered, unless told otherwise. */
export const answer = (
  requestId: bigint,
  given: Partial<Omit<GatewayAnswer, 'requestId'>> = {},
): GatewayAnswer => ({
  requestId,
  code: 0,
  result: Buffer.alloc(0),
  deliver: true,
  lostTx: null,
  ...given,
});

/** A step in which the node account answers. */
export const answered = (
  world: AnyWorld,
  answers: readonly GatewayAnswer[],
  options?: SendOptions,
): Step => [world.node, world.calls.respond(answers), options];

export type ResponseEvent = Extract<KnownGatewayEvent, { name: 'Response' }>;

/** The `Response` events of a transaction, in order. */
export const responsesIn = (world: AnyWorld, applied: AppliedTransaction): ResponseEvent[] =>
  eventsOf(world, applied).filter((event) => event.name === 'Response');
