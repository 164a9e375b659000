import { fromHex } from '../base/bytes.js';
import type { Datoshi } from '../base/datoshi.js';
import type { Hash160, Hash256 } from '../base/hash.js';
import { GAS_TOKEN } from './native-contracts.js';
import { assertScript, callScript, type ScriptArg, utf8 } from './script.js';

/** One element of `respond`: `[id, code, result, deliver, lostTx]`. */
export interface GatewayAnswer {
  readonly requestId: bigint;
  readonly code: number;
  /** For a random request its proof, whose number the gateway delivers. */
  readonly result: Uint8Array;
  readonly deliver: boolean;
  /** An earlier transaction that faulted in this request's callback. */
  readonly lostTx: Hash256 | null;
}

/** One element of `performUpkeeps`: `[id, due, deliver, lostTx]`. */
export interface UpkeepRun {
  readonly upkeepId: bigint;
  /** Milliseconds for cron, else a block: the occurrence, after the last one and not to come. */
  readonly due: number;
  readonly deliver: boolean;
  /** An earlier transaction that faulted in this upkeep's target, since its last run. */
  readonly lostTx: Hash256 | null;
}

/** One element of `submitPrices`: `[pair, price, timestamp, confidenceBps]`. */
export interface PriceRound {
  readonly pair: string;
  /** With 8 decimals. */
  readonly price: bigint;
  /** Milliseconds, of the sources; after the feed's last round and not after the block's time. */
  readonly timestamp: number;
  readonly confidenceBps: number;
}

/** What `registerUpkeep` takes. */
export interface UpkeepTerms {
  readonly target: Hash160;
  readonly method: string;
  readonly args: readonly ScriptArg[];
  readonly trigger: string;
  readonly maxFee: Datoshi;
}

/** What `request` asks: as Neo's native oracle. */
export interface OracleQuestion {
  readonly url: string;
  readonly filter: string;
  readonly callback: string;
  readonly userData: ScriptArg;
  readonly gasForResponse: Datoshi;
}

/** What `requestHttp` asks. */
export interface HttpQuestion {
  /** JSON text. */
  readonly spec: string;
  readonly filter: string;
  readonly callback: string;
  readonly userData: ScriptArg;
  readonly maxFee: Datoshi;
}

/** What `requestFunction` asks. */
export interface FunctionQuestion {
  readonly functionId: bigint;
  /** JSON text. */
  readonly args: string;
  readonly callback: string;
  readonly userData: ScriptArg;
  readonly maxFee: Datoshi;
}

/** What `requestRandom` asks. */
export interface RandomQuestion {
  /** At most 64 bytes of the requester's own. */
  readonly seed: Uint8Array;
  readonly callback: string;
  readonly userData: ScriptArg;
  readonly maxFee: Datoshi;
}

/** Of a source that the gateway keeps (contracts/build/gateway.abi.json). */
export const MAX_SOURCE_ON_CHAIN_BYTES = 30 * 1024;

/** The code of a function, to be registered. */
export interface FunctionCode {
  /** SHA-256 of the source or of what the uri leads to, 64 hex digits. */
  readonly codeHash: string;
  /** Empty when only the uri leads to it. */
  readonly source: string;
  readonly uri: string;
}

/** Moves GAS from one account to another; faults when it is not moved. */
export const gasTransfer = (from: Hash160, to: Hash160, amount: Datoshi): Buffer =>
  assertScript(callScript(GAS_TOKEN, 'transfer', [from, to, amount, null]));

/** Scripts that call the gateway's methods. Each leaves what its method returns. */
export function gatewayCalls(gateway: Hash160) {
  const call = (method: string, ...args: readonly ScriptArg[]): Buffer =>
    callScript(gateway, method, args);
  return {
    respond: (answers: readonly GatewayAnswer[]): Buffer =>
      call(
        'respond',
        answers.map(({ requestId, code, result, deliver, lostTx }) => {
          return [requestId, code, result, deliver, lostTx];
        }),
      ),
    expire: (ids: readonly bigint[]): Buffer => call('expire', ids),
    collect: (account: Hash160, to: Hash160, amount: Datoshi): Buffer =>
      call('collect', account, to, amount),
    withdraw: (account: Hash160, to: Hash160, amount: Datoshi): Buffer =>
      call('withdraw', account, to, amount),
    request: ({ url, filter, callback, userData, gasForResponse }: OracleQuestion): Buffer =>
      call('request', utf8(url), utf8(filter), utf8(callback), userData, gasForResponse),
    requestHttp: ({ spec, filter, callback, userData, maxFee }: HttpQuestion): Buffer =>
      call('requestHttp', utf8(spec), utf8(filter), utf8(callback), userData, maxFee),
    requestFunction: ({ functionId, args, callback, userData, maxFee }: FunctionQuestion): Buffer =>
      call('requestFunction', functionId, utf8(args), utf8(callback), userData, maxFee),
    requestRandom: ({ seed, callback, userData, maxFee }: RandomQuestion): Buffer =>
      call('requestRandom', seed, utf8(callback), userData, maxFee),
    /** A compressed point of G2 (96 bytes), and the proof that who proposes it has its secret. */
    proposeRandomKey: (publicKey: Uint8Array, possessionProof: Uint8Array): Buffer =>
      call('proposeRandomKey', publicKey, possessionProof),
    registerFunction: (name: string, { codeHash, source, uri }: FunctionCode): Buffer =>
      call('registerFunction', utf8(name), fromHex(codeHash), utf8(source), utf8(uri)),
    updateFunction: (functionId: bigint, { codeHash, source, uri }: FunctionCode): Buffer =>
      call('updateFunction', functionId, fromHex(codeHash), utf8(source), utf8(uri)),
    performUpkeeps: (runs: readonly UpkeepRun[]): Buffer =>
      call(
        'performUpkeeps',
        runs.map(({ upkeepId, due, deliver, lostTx }) => [upkeepId, due, deliver, lostTx]),
      ),
    submitPrices: (rounds: readonly PriceRound[]): Buffer =>
      call(
        'submitPrices',
        rounds.map(({ pair, price, timestamp, confidenceBps }) => {
          return [utf8(pair), price, timestamp, confidenceBps];
        }),
      ),
    sponsorFeed: (pair: string, maxFeePerRound: Datoshi, allowance: Datoshi): Buffer =>
      call('sponsorFeed', utf8(pair), maxFeePerRound, allowance),
    /** By the gateway's owner; null chooses nobody. */
    chooseFeedSponsor: (pair: string, payer: Hash160 | null): Buffer =>
      call('chooseFeedSponsor', utf8(pair), payer),
    registerUpkeep: ({ target, method, args, trigger, maxFee }: UpkeepTerms): Buffer =>
      call('registerUpkeep', target, utf8(method), args, utf8(trigger), maxFee),
    /** To be called once by the owner, and again by anyone when what is locked is free. */
    cancelUpkeep: (id: bigint): Buffer => call('cancelUpkeep', id),
    fundUpkeep: (id: bigint): Buffer => call('fundUpkeep', id),
    redeliver: (id: bigint): Buffer => call('redeliver', id),
    takeResult: (id: bigint): Buffer => call('takeResult', id),
    dropResults: (ids: readonly bigint[]): Buffer => call('dropResults', ids),
    rehearse: (requester: Hash160, callback: string, args: readonly ScriptArg[]): Buffer =>
      call('rehearse', requester, utf8(callback), args),
    sponsor: (requester: Hash160, maxFeePerRequest: Datoshi, allowance: Datoshi): Buffer =>
      call('sponsor', requester, maxFeePerRequest, allowance),
    acceptSponsor: (payer: Hash160): Buffer => call('acceptSponsor', payer),
    proposeNodeAccount: (account: Hash160): Buffer => call('proposeNodeAccount', account),
    acceptNodeAccount: (overlapBlocks: number): Buffer => call('acceptNodeAccount', overlapBlocks),
    revokeNodeAccount: (): Buffer => call('revokeNodeAccount'),
    pause: (on: boolean): Buffer => call('pause', on),
    /** GAS becomes the credit of `account`, or of its sender; faults when it is not taken. */
    deposit: (from: Hash160, amount: Datoshi, account: Hash160 | null = null): Buffer =>
      assertScript(callScript(GAS_TOKEN, 'transfer', [from, gateway, amount, account])),
  };
}
