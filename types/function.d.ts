/**
 * Types for authors of functions. A function is one ES module without imports, at most 64 KiB by a
 * URI or 30 KiB on the chain, whose default export is called with the request's arguments:
 *
 * ```js
 * // @ts-check
 * /** @type {import('dodona/types/function.js').OracleFunction<{ pair: string }>} *\/
 * export default async ({ pair }, ctx) => {
 *   const answer = await ctx.fetch(`https://api.example/price?pair=${pair}`);
 *   if (!answer.ok) throw new Error(`the source answered ${answer.status}`);
 *   const { price } = await answer.json();
 *   return ctx.decimal.toUnits(price, 8).toString();
 * };
 * ```
 *
 * Beside the language itself (ES2023 and what QuickJS has beyond) these globals of the web are there,
 * as far as they need no network and no clock: `URL`, `URLSearchParams`, `TextEncoder`, `TextDecoder`
 * (UTF-8 only), `atob`, `btoa`, `console` (its lines go to the log). There are no timers, no modules
 * to import, and no code made from text (`eval`, `Function`). All that is built in is frozen.
 *
 * The same inputs give the same result on every node: `Date` knows the time of the request's block
 * only, in UTC, and `Math.random` draws numbers that follow from the request. Whoever knows the
 * request knows them: for lotteries, ask for randomness instead.
 */

/** A value that JSON has. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/**
 * What a function answers: a Uint8Array as its bytes, a text in UTF-8, anything else as compact
 * JSON; at most 60 KiB. What JSON does not have (undefined, BigInt, a function) is answered with the
 * code Error, as what is thrown is.
 */
export type Result = Uint8Array | Json | { toJSON(): Json };

/** The type of the default export. */
export type OracleFunction<Args = Json> = (args: Args, ctx: Context) => Result | Promise<Result>;

/** What a function gets besides its arguments. Nothing in it can be changed. */
export interface Context {
  /** The request's number, in decimal digits. */
  readonly requestId: string;
  /** The contract that asks: 0x and 40 hex digits. */
  readonly requester: string;
  /** The block of the request. */
  readonly block: {
    readonly index: number;
    /** Milliseconds since 1970, UTC. */
    readonly timeMs: number;
  };
  readonly secrets: {
    /**
     * A secret that its owner has granted to this function and this requester. Without a grant the
     * request is answered with Forbidden, whatever the function does. At most 10 calls.
     */
    get(name: string): Promise<string>;
  };
  /**
   * Asks a source on the web, by https. At most 10 times, of 2 MiB each; one more, or a host that is
   * not allowed, ends the function. Rejects with a TypeError when no answer came.
   */
  fetch(url: string | { toString(): string }, options?: FetchOptions): Promise<FetchResponse>;
  /**
   * The price of a pair such as GAS/USD: its latest round at the gateway as of the request's block,
   * so that it is the same on every node. Counts as a fetch. Rejects with a TypeError where there is
   * none.
   */
  price(pair: string): Promise<PublishedPrice>;
  /**
   * A line that `dodona function run` prints and the node keeps with the request's evidence, without
   * secrets: texts as they are, the rest as JSON. At most 100.
   */
  log(...values: readonly unknown[]): void;
  readonly base64: Codec;
  readonly hex: Codec;
  readonly crypto: {
    sha256(data: Data): Uint8Array;
    hmacSha256(key: Data, data: Data): Uint8Array;
  };
  readonly decimal: Decimal;
}

/** Bytes, or a text in UTF-8. */
export type Data = string | ArrayBuffer | ArrayBufferView;

/** A round of a price feed. How old is too old is for the function to say. */
export interface PublishedPrice {
  readonly pair: string;
  /** With `decimals` (8) decimals. Beyond 2^53 only `text` is exact. */
  readonly price: number;
  readonly decimals: number;
  /** The price as a decimal number such as "3.0512". */
  readonly text: string;
  /** Milliseconds since 1970, of the sources. */
  readonly timestamp: number;
  /** How far apart the sources were, in hundredths of a percent. */
  readonly confidenceBps: number;
  /** Counts up from 1. */
  readonly round: number;
}

export interface FetchOptions {
  /** GET unless it says otherwise. */
  readonly method?: string;
  readonly headers?:
    | Readonly<Record<string, string>>
    | Iterable<readonly [name: string, value: string]>;
  /** At most 64 KiB. */
  readonly body?: Data | null;
}

export interface FetchResponse {
  readonly status: number;
  /** Whether the status is 200 to 299. */
  readonly ok: boolean;
  /** After redirects. */
  readonly url: string;
  readonly headers: {
    /** By name in any case; null when there is none. */
    get(name: string): string | null;
    has(name: string): boolean;
    forEach(call: (value: string, name: string) => void, self?: unknown): void;
    entries(): IterableIterator<[name: string, value: string]>;
    keys(): IterableIterator<string>;
    values(): IterableIterator<string>;
    [Symbol.iterator](): IterableIterator<[name: string, value: string]>;
  };
  /** Whether the body has been read, which can be done once. */
  readonly bodyUsed: boolean;
  text(): Promise<string>;
  // biome-ignore lint/suspicious/noExplicitAny: as the fetch of the web has it
  json(): Promise<any>;
  arrayBuffer(): Promise<ArrayBuffer>;
  bytes(): Promise<Uint8Array>;
}

export interface Codec {
  encode(data: Data): string;
  /** Throws a TypeError on anything that does not belong. */
  decode(text: string): Uint8Array;
}

/** A decimal number such as "-12.50", or a number or BigInt whose text is one. */
export type DecimalText = string | number | bigint;

/** How what has too many digits is rounded; half-even unless it says otherwise. */
export type Rounding = 'down' | 'up' | 'floor' | 'ceil' | 'half-up' | 'half-even';

/** Exact decimal arithmetic. Results are the shortest text of their value. */
export interface Decimal {
  add(left: DecimalText, right: DecimalText): string;
  sub(left: DecimalText, right: DecimalText): string;
  mul(left: DecimalText, right: DecimalText): string;
  /** With at most `scale` (18) digits after the point. */
  div(left: DecimalText, right: DecimalText, scale?: number, rounding?: Rounding): string;
  compare(left: DecimalText, right: DecimalText): -1 | 0 | 1;
  /** With exactly `scale` (0) digits after the point. */
  round(value: DecimalText, scale?: number, rounding?: Rounding): string;
  /** As a whole number of smallest units: toUnits("1.5", 8) is 150000000n. */
  toUnits(value: DecimalText, decimals: number, rounding?: Rounding): bigint;
  /** The way back: fromUnits(150000000n, 8) is "1.5". */
  fromUnits(units: bigint, decimals: number): string;
}
