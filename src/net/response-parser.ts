import { type FetchedHeaders, fault } from './fetch-result.js';
import type { HttpLimits } from './http-limits.js';
import type { HttpMethod } from './request-headers.js';
import { parseFields, parseStatusLine } from './response-head.js';

/** Status and headers of the final answer. */
export interface ResponseHead {
  readonly status: number;
  readonly headers: FetchedHeaders;
}

/** What the parser tells while it takes bytes; what these throw ends the parsing. */
export interface ResponseEvents {
  onHead(head: ResponseHead): void;
  /** A part of the body as sent, without the framing of chunks. */
  onBody(bytes: Buffer): void;
}

/** `over`: the answer is complete, and bytes that belong to no answer came with it. */
export type ParseState = 'more' | 'done' | 'over';

export type ParseLimits = Pick<HttpLimits, 'maxHeaderBytes' | 'maxHeaders' | 'maxInformational'>;

type Phase = 'head' | 'length' | 'until-end' | 'size' | 'chunk' | 'chunk-end' | 'trailers' | 'done';

const LINE_END = '\r\n';
const HEAD_END = '\r\n\r\n';
const BEGINNING = Buffer.from('HTTP/1.');
const NOTHING = Buffer.alloc(0);
const CR = 0x0d;
const LF = 0x0a;
/** A size that a double holds, and an extension that nobody reads (RFC 9112, 7.1). */
const CHUNK_SIZE = /^([0-9A-Fa-f]{1,13})(?:;[\t\x20-\x7e\x80-\xff]*)?$/;
const SWITCHING_PROTOCOLS = 101;

/**
 * Reads one answer of HTTP/1.x (RFC 9112) from bytes as they come, as strictly as Node's own parser
 * does: lines end with CRLF, lengths don't contradict each other, nothing is folded. All that it
 * keeps is bounded. Its methods throw a FetchFault, after which it is of no use any more.
 */
export class ResponseParser {
  readonly #limits: ParseLimits;
  readonly #method: HttpMethod;
  readonly #events: ResponseEvents;
  #phase: Phase = 'head';
  /** The beginning of a head or a line. */
  #kept: Buffer = NOTHING;
  /** Bytes of the body, or of the chunk, that are still to come. */
  #left = 0;
  /** Of the head and the trailers; and of what chunks say beside their bytes. */
  #headBytes = 0;
  #extensionBytes = 0;
  #informational = 0;
  #keepsAlive = false;

  constructor(limits: ParseLimits, method: HttpMethod, events: ResponseEvents) {
    this.#limits = limits;
    this.#method = method;
    this.#events = events;
  }

  /** Whether the answer lets its connection serve another request. */
  get keepsAlive(): boolean {
    return this.#keepsAlive;
  }

  take(bytes: Buffer): ParseState {
    let rest: Buffer = this.#kept.length === 0 ? bytes : Buffer.concat([this.#kept, bytes]);
    this.#kept = NOTHING;
    while (rest.length > 0 && this.#phase !== 'done') {
      const used = this.#step(rest);
      if (used === null) {
        this.#kept = rest;
        return 'more';
      }
      rest = used === rest.length ? NOTHING : rest.subarray(used);
    }
    if (this.#phase !== 'done') return 'more';
    return rest.length === 0 ? 'done' : 'over';
  }

  /** The connection's other end sends no more. */
  end(): void {
    if (this.#phase === 'until-end') this.#phase = 'done';
    if (this.#phase === 'done') return;
    throw fault('interrupted', 'the connection ended within the answer');
  }

  /** How many bytes were used; null: more are needed. */
  #step(rest: Buffer): number | null {
    switch (this.#phase) {
      case 'head':
        return this.#takeHead(rest);
      case 'size':
        return this.#takeSize(rest);
      case 'chunk-end':
        return this.#takeChunkEnd(rest);
      case 'trailers':
        return this.#takeTrailer(rest);
      case 'until-end':
        this.#events.onBody(rest);
        return rest.length;
      default:
        return this.#takeBody(rest);
    }
  }

  #takeHead(rest: Buffer): number | null {
    const seen = Math.min(rest.length, BEGINNING.length);
    if (BEGINNING.compare(rest, 0, seen, 0, seen) !== 0) throw improper('no HTTP/1.x');
    const end = rest.indexOf(HEAD_END, 0, 'latin1');
    const size = end < 0 ? rest.length : end + HEAD_END.length;
    if (size > this.#limits.maxHeaderBytes) throw headersTooLarge();
    if (end < 0) return null;
    const lines = rest.toString('latin1', 0, end).split(LINE_END);
    const { minor, status } = parseStatusLine(lines[0] ?? '');
    const headers = parseFields(lines, this.#limits.maxHeaders);
    if (status < 200) this.#passOver(status);
    else {
      this.#headBytes = size;
      this.#phase = this.#framing(status, headers, minor);
      this.#events.onHead({ status, headers });
    }
    return size;
  }

  #passOver(status: number): void {
    if (status === SWITCHING_PROTOCOLS) {
      throw fault('protocol', 'the answer switches to a protocol nobody asked for');
    }
    this.#informational += 1;
    const { maxInformational } = this.#limits;
    if (this.#informational > maxInformational) {
      throw fault('protocol', `more than ${maxInformational} 1xx answers`);
    }
  }

  /** How the body's end is told (RFC 9112, 6.3). */
  #framing(status: number, headers: FetchedHeaders, minor: number): Phase {
    const tokens = (headers.connection ?? '').toLowerCase().split(/[\t ]*,[\t ]*/);
    this.#keepsAlive = minor === 1 ? !tokens.includes('close') : tokens.includes('keep-alive');
    const coding = headers['transfer-encoding'];
    const length = headers['content-length'];
    if (length !== undefined && !/^\d{1,15}$/.test(length)) throw improper('its length');
    if (coding !== undefined && length !== undefined) throw improper('two lengths');
    if (this.#method === 'HEAD' || status === 204 || status === 304) return 'done';
    if (coding !== undefined) {
      if (coding.toLowerCase() === 'chunked') return 'size';
      throw improper('a transfer coding that nobody asked for');
    }
    if (length === undefined) {
      this.#keepsAlive = false;
      return 'until-end';
    }
    this.#left = Number(length);
    return this.#left === 0 ? 'done' : 'length';
  }

  #takeBody(rest: Buffer): number {
    const size = Math.min(this.#left, rest.length);
    this.#left -= size;
    if (this.#left === 0) this.#phase = this.#phase === 'length' ? 'done' : 'chunk-end';
    this.#events.onBody(size === rest.length ? rest : rest.subarray(0, size));
    return size;
  }

  #takeSize(rest: Buffer): number | null {
    const end = rest.indexOf(LINE_END, 0, 'latin1');
    const bytes = this.#extensionBytes + (end < 0 ? rest.length : end);
    if (bytes > this.#limits.maxHeaderBytes) throw improper('the lines between its chunks');
    if (end < 0) return null;
    const size = CHUNK_SIZE.exec(rest.toString('latin1', 0, end))?.[1];
    if (size === undefined) throw improper('the size of a chunk');
    // The size itself is no extension: honest answers have chunks without number.
    this.#extensionBytes += end - size.length;
    this.#left = Number.parseInt(size, 16);
    this.#phase = this.#left === 0 ? 'trailers' : 'chunk';
    return end + LINE_END.length;
  }

  #takeChunkEnd(rest: Buffer): number | null {
    if (rest[0] !== CR || (rest.length > 1 && rest[1] !== LF)) throw improper('the end of a chunk');
    if (rest.length < LINE_END.length) return null;
    this.#phase = 'size';
    return LINE_END.length;
  }

  /** Trailers are held to what headers are, and forgotten. */
  #takeTrailer(rest: Buffer): number | null {
    const end = rest.indexOf(LINE_END, 0, 'latin1');
    const size = end < 0 ? rest.length : end + LINE_END.length;
    if (this.#headBytes + size > this.#limits.maxHeaderBytes) throw headersTooLarge();
    if (end < 0) return null;
    this.#headBytes += size;
    if (end === 0) this.#phase = 'done';
    else parseFields(['', rest.toString('latin1', 0, end)], this.#limits.maxHeaders);
    return size;
  }
}

const improper = (what: string) => fault('protocol', `the answer is not proper HTTP (${what})`);

const headersTooLarge = () => fault('headers-too-large', 'the headers of the answer are too large');
