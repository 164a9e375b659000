import { parseUpkeepId } from '../api/upkeep-query.js';
import { shorten } from '../base/bytes.js';
import type { Hash160 } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import type { ScriptArg } from '../chain/script.js';
import type { AskingCall } from '../pipeline/ask-trial.js';
import type { EstimatedKind } from '../pipeline/estimate-kinds.js';
import type { ChainOptions } from './chain-options.js';
import type { UpkeepAsked } from './estimate-upkeep.js';
import { readAccount } from './order-options.js';
import { parseScriptArgument, parseScriptArguments } from './script-arguments.js';

export interface EstimateOptions extends ChainOptions {
  readonly url?: string;
  readonly spec?: string;
  readonly function?: boolean;
  readonly random?: boolean;
  readonly ask?: string;
  readonly askArgs?: string;
  readonly as?: string;
  readonly filter: string;
  readonly callback?: string;
  readonly userData?: string;
  readonly id?: string;
  readonly resultBytes?: string;
  readonly fetch?: boolean;
  readonly margin: string;
  readonly upkeep?: string;
  readonly wait?: boolean;
}

/** A request as it is described by hand. */
export interface DescribedRequest {
  readonly kind: EstimatedKind;
  readonly subject: string;
  readonly filter: string;
  readonly callback: { readonly contract: Hash160; readonly method: string } | null;
  readonly userData: ScriptArg;
  readonly id: bigint;
}

/** What is to be estimated: a request that is described, or one that a contract makes on trial. */
export type EstimateSource =
  | { readonly from: 'description'; readonly request: DescribedRequest }
  | { readonly from: 'asking'; readonly call: AskingCall };

export interface ReadEstimate {
  readonly source: EstimateSource;
  /** How long the result is: fetched, as it is said, or assumed. */
  readonly result:
    | { readonly from: 'fetched' }
    | { readonly from: 'given' | 'assumed'; readonly bytes: number };
  readonly safetyBps: bigint;
}

/** Bytes of a result that nobody told the length of. */
export const ASSUMED_RESULT_BYTES = 1_024;
/** The gateway's limits (contracts/build/gateway.abi.json). */
const MAX_BYTES = { url: 256, spec: 512, filter: 128, callback: 32 };
const MAX_RESULT_BYTES = 61_440;
/** A small contract's id has as many digits after some years. */
const ASSUMED_ID = 1_000_000n;

/** What goes with a request alone. */
const OF_REQUESTS = {
  ...{ url: 'url', spec: 'spec', function: 'function', random: 'random', ask: 'ask' },
  ...{ askArgs: 'ask-args', as: 'as', callback: 'callback', userData: 'user-data', id: 'id' },
  ...{ resultBytes: 'result-bytes', fetch: 'fetch' },
} as const;

/** What was asked of an upkeep; null where it is a request. Throws a NodeError BAD_QUERY. */
export function readUpkeepEstimate(options: EstimateOptions): UpkeepAsked | null {
  const { upkeep, wait: waits = false, filter, margin } = options;
  if (upkeep === undefined) {
    if (waits) throw bad('--wait', 'goes with --upkeep', 'leave it out, or give --upkeep');
    return null;
  }
  const given = Object.entries(OF_REQUESTS).filter(
    ([name]) => options[name as keyof typeof OF_REQUESTS] !== undefined,
  );
  const names = [...given.map(([, name]) => name), ...(filter === '' ? [] : ['filter'])];
  if (names.length > 0) {
    throw bad('--upkeep', `excludes --${names.join(', --')}`, 'an upkeep alone, or a request');
  }
  return { upkeepId: parseUpkeepId(upkeep), safetyBps: readPercent(margin), waits };
}

/** Reads what `dodona estimate` was asked. Throws a NodeError BAD_QUERY. */
export function readEstimate(options: EstimateOptions): ReadEstimate {
  const given = (['url', 'spec', 'function', 'random', 'ask'] as const).filter(
    (name) => options[name] !== undefined,
  );
  if (given.length !== 1) {
    const told = given.length === 0 ? 'none of them' : given.map((name) => `--${name}`).join(', ');
    throw new NodeError(
      'BAD_QUERY',
      `expected one of --url, --spec, --function, --random, --ask and --upkeep, got ${told}`,
      {
        hint: '--url is for request, --spec for requestHttp, --ask for a contract that asks itself',
      },
    );
  }
  return {
    source: options.ask === undefined ? described(options) : asked(options, options.ask),
    result: resultOf(options),
    safetyBps: readPercent(options.margin),
  };
}

function described(options: EstimateOptions): EstimateSource {
  for (const name of ['askArgs', 'as'] as const) {
    if (options[name] === undefined) continue;
    throw bad('--ask-args and --as', 'go with --ask', 'leave them out, or give --ask');
  }
  const { callback, userData, id } = options;
  const isNative = options.url !== undefined;
  const web = isNative ? 'oracle' : 'http';
  const kind = options.function === true ? 'function' : options.random === true ? 'random' : web;
  const subject = limited(isNative ? 'url' : 'spec', options.url ?? options.spec ?? '');
  return {
    from: 'description',
    request: {
      kind,
      subject,
      filter: limited('filter', options.filter),
      callback: callback === undefined ? null : readMethod('callback', callback),
      userData: userData === undefined ? null : parseScriptArgument('user-data', userData),
      id: id === undefined ? ASSUMED_ID : readId(id),
    },
  };
}

function asked(options: EstimateOptions, ask: string): EstimateSource {
  for (const name of ['callback', 'userData', 'id'] as const) {
    if (options[name] === undefined) continue;
    throw bad(`--${name}`, 'comes from the contract with --ask', 'leave it out');
  }
  const { askArgs = '[]', as } = options;
  const args = parseScriptArguments('ask-args', askArgs);
  const sender = as === undefined ? null : readAccount('as', as);
  return { from: 'asking', call: { ...readMethod('ask', ask), args, sender } };
}

function resultOf({ fetch, resultBytes }: EstimateOptions): ReadEstimate['result'] {
  if (fetch === true && resultBytes !== undefined) {
    throw bad('--fetch and --result-bytes', 'exclude each other', 'give one of them');
  }
  if (fetch === true) return { from: 'fetched' };
  if (resultBytes === undefined) return { from: 'assumed', bytes: ASSUMED_RESULT_BYTES };
  const bytes = /^\d{1,6}$/.test(resultBytes) ? Number(resultBytes) : MAX_RESULT_BYTES + 1;
  if (bytes <= MAX_RESULT_BYTES) return { from: 'given', bytes };
  throw bad('result-bytes', `is ${quoted(resultBytes)}`, `a number from 0 to ${MAX_RESULT_BYTES}`);
}

/** CONTRACT.method: a contract's hash or address, a dot, the method's name. */
function readMethod(name: string, text: string) {
  const dot = text.indexOf('.');
  const method = text.slice(dot + 1);
  if (dot < 1 || method === '' || Buffer.byteLength(method) > MAX_BYTES.callback) {
    const expected = `CONTRACT.method, such as 0x1b4c….onAnswer, of at most 32 bytes`;
    throw bad(name, `is ${quoted(text)}`, expected);
  }
  return { contract: readAccount(name, text.slice(0, dot)), method };
}

function limited(name: 'url' | 'spec' | 'filter', text: string): string {
  const bytes = Buffer.byteLength(text);
  if (bytes <= MAX_BYTES[name]) return text;
  throw bad(name, `has ${bytes} bytes`, `at most ${MAX_BYTES[name]}: the gateway refuses more`);
}

function readId(text: string): bigint {
  if (/^\d{1,19}$/.test(text)) return BigInt(text);
  throw bad('id', `is ${quoted(text)}`, 'the id of a request that is pending, such as 12');
}

/** A percentage with at most two decimals, in basis points. */
function readPercent(text: string): bigint {
  const match = /^(\d{1,3})(?:\.(\d{1,2}))?%?$/.exec(text);
  if (match !== null) return BigInt(`${match[1]}${(match[2] ?? '').padEnd(2, '0')}`);
  throw bad('margin', `is ${quoted(text)}`, 'a percentage such as 10 or 12.5');
}

const quoted = (text: string): string => JSON.stringify(shorten(text, 60));

const bad = (name: string, what: string, expected: string): NodeError =>
  new NodeError('BAD_QUERY', `${name} ${what}`, { hint: `expected: ${expected}` });
