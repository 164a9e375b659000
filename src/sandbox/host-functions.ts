import { createHmac } from 'node:crypto';
import { sha256 } from '../base/bytes.js';
import type { ExecutionEnd } from './execution.js';
import type { HostArguments, HostFunction } from './host-arguments.js';
import type { Question } from './thread-messages.js';

export interface KnownToFunction {
  readonly requestId: string;
  readonly requester: string;
  readonly block: { readonly index: number; readonly timeMs: number };
  /** Four words of 32 bits that Math.random begins with. */
  readonly seed: readonly number[];
}

/** The execution that the functions belong to at the moment. */
export interface HostSide {
  log(line: string): void;
  /** Why the question is refused, or null when it has been put. */
  ask(id: number, question: Question): string | null;
  /** Ends the execution, unless it has ended already. */
  end(end: ExecutionEnd): void;
  /** The body of an answer, once. */
  takeBody(id: number): Uint8Array;
  failed(how: 'thrown' | 'notJson', told: ToldError, isInternal: boolean): void;
  /** What the function may know of the request. */
  readonly known: KnownToFunction;
  readonly maxResultBytes: number;
  readonly maxFetchRequestBytes: number;
}

/** What the guest tells of a thrown value. */
export interface ToldError {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
}

/** Texts that only pass through; what they become is bounded by the heap. */
const MAX_CHARS = 64 * 1024 * 1024;
/** As guest/url.js has them, which tells authors. */
const MAX_QUERY_CHARS = 256 * 1024;
const MAX_PAIRS_CHARS = 4 * MAX_QUERY_CHARS;
const MAX_URL_CHARS = 8 * 1024;
const MAX_QUESTION_CHARS = 64 * 1024;
const MAX_TOLD_CHARS = 64 * 1024;
const URL_PARTS = [
  'href',
  'origin',
  'protocol',
  'username',
  'password',
  'host',
  'hostname',
  'port',
  'pathname',
  'search',
  'hash',
] as const;

/**
 * The functions that guest/*.js calls. They get primitive values only, of which texts and bytes
 * are measured before they are copied, and throw for bugs only.
 */
export function hostFunctions(side: () => HostSide): Record<string, HostFunction> {
  return { ...executionFunctions(side), ...dataFunctions(), ...urlFunctions() };
}

function executionFunctions(side: () => HostSide): Record<string, HostFunction> {
  const tooLarge = (what: string): void => {
    const reason = `the result has ${what}, more than ${side().maxResultBytes} bytes`;
    side().end({ kind: 'tooLarge', reason });
  };
  const returned = (bytes: Uint8Array, how: 'bytes' | 'text' | 'json'): void => {
    if (bytes.length > side().maxResultBytes) tooLarge(`${bytes.length} bytes`);
    else side().end({ kind: 'returned', bytes, how });
  };
  const returnedText = (args: HostArguments, how: 'text' | 'json'): undefined => {
    const text = args.text(0, side().maxResultBytes);
    if (text === null) tooLarge('too many characters');
    else returned(Buffer.from(text), how);
  };
  return {
    requestId: ({ vm }) => vm.newText(side().known.requestId),
    requester: ({ vm }) => vm.newText(side().known.requester),
    blockIndex: ({ vm }) => vm.newNumber(side().known.block.index),
    blockTimeMs: ({ vm }) => vm.newNumber(side().known.block.timeMs),
    seedWord: (args) => args.vm.newNumber(side().known.seed[args.number(0)] ?? 0),
    log: (args) => {
      side().log(args.text(0, MAX_CHARS) ?? '');
      return undefined;
    },
    ask: (args) => {
      const refusal = putQuestion(args, side());
      return refusal === null ? undefined : args.vm.newText(refusal);
    },
    bodyText: (args) => args.vm.newText(new TextDecoder().decode(side().takeBody(args.number(0)))),
    bodyBytes: (args) => args.vm.newBuffer(side().takeBody(args.number(0))),
    returnText: (args) => returnedText(args, 'text'),
    returnJson: (args) => returnedText(args, 'json'),
    returnBytes: (args) => {
      if (args.number(2) > side().maxResultBytes) tooLarge(`${args.number(2)} bytes`);
      else returned(args.bytes(0, args.number(1), args.number(2)), 'bytes');
      return undefined;
    },
    failed: (args) => {
      const how = args.text(0, 10) === 'notJson' ? 'notJson' : 'thrown';
      const told = args.text(1, MAX_TOLD_CHARS);
      const tooLong = { name: '', message: 'what was thrown is too long to be shown', stack: '' };
      const error = told === null ? tooLong : JSON.parse(told);
      side().failed(how, error, args.boolean(2));
      return undefined;
    },
  };
}

function putQuestion(args: HostArguments, side: HostSide): string | null {
  const what = args.text(1, 10);
  const text = args.text(2, MAX_QUESTION_CHARS);
  if (text === null) return `a ${what} takes at most ${MAX_QUESTION_CHARS} characters in all`;
  const details = JSON.parse(text);
  if (what === 'secret') return side.ask(args.number(0), { what, name: details.name });
  const hasBody = args.count > 3;
  const max = side.maxFetchRequestBytes;
  if (hasBody && args.number(5) > max) return `the body of a fetch has at most ${max} bytes`;
  const body = hasBody ? args.bytes(3, args.number(4), args.number(5)) : null;
  return side.ask(args.number(0), { what: 'fetch', request: { ...details, body } });
}

function dataFunctions(): Record<string, HostFunction> {
  const bytesAt = (args: HostArguments, first: number): Buffer =>
    args.bytes(first, args.number(first + 1), args.number(first + 2));
  return {
    encodeUtf8: (args) => args.vm.newBuffer(Buffer.from(args.text(0, MAX_CHARS) ?? '')),
    decodeUtf8: (args) => {
      const options = { fatal: args.boolean(3), ignoreBOM: args.boolean(4) };
      try {
        return args.vm.newText(new TextDecoder('utf-8', options).decode(bytesAt(args, 0)));
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
        return undefined;
      }
    },
    encodeText: (args) => args.vm.newText(bytesAt(args, 1).toString(codecOf(args.text(0, 10)))),
    decodeText: (args) => {
      const bytes = decoded(codecOf(args.text(0, 10)), args.text(1, MAX_CHARS) ?? '');
      return bytes === null ? undefined : args.vm.newBuffer(bytes);
    },
    sha256: (args) => args.vm.newBuffer(sha256(bytesAt(args, 0))),
    hmacSha256: (args) =>
      args.vm.newBuffer(createHmac('sha256', bytesAt(args, 0)).update(bytesAt(args, 3)).digest()),
  };
}

const codecOf = (name: string | null): 'base64' | 'hex' => (name === 'hex' ? 'hex' : 'base64');

/** Strict, which Buffer's own decoders are not: null where a character does not belong. */
function decoded(codec: 'base64' | 'hex', text: string): Buffer | null {
  if (codec === 'hex') {
    return text.length % 2 === 0 && /^[0-9a-fA-F]*$/.test(text) ? Buffer.from(text, 'hex') : null;
  }
  const digits = text.replace(/[\t\n\f\r ]/g, '').replace(/={1,2}$/, '');
  const isBase64 = /^(?:[A-Za-z0-9+/]*|[A-Za-z0-9_-]*)$/.test(digits) && digits.length % 4 !== 1;
  return isBase64 ? Buffer.from(digits, 'base64') : null;
}

function urlFunctions(): Record<string, HostFunction> {
  const told = (args: HostArguments, url: URL): number =>
    args.vm.newText(JSON.stringify(Object.fromEntries(URL_PARTS.map((part) => [part, url[part]]))));
  return {
    parseUrl: (args) => {
      const text = args.text(0, MAX_URL_CHARS);
      const base = args.isUndefined(1) ? undefined : args.text(1, MAX_URL_CHARS);
      if (text === null || base === null || !URL.canParse(text, base)) return undefined;
      return told(args, new URL(text, base));
    },
    changeUrl: (args) => {
      const [href, part, value] = [0, 1, 2].map((at) => args.text(at, MAX_URL_CHARS));
      const known = URL_PARTS.find((name) => name === part && name !== 'origin');
      if (typeof href !== 'string' || typeof value !== 'string' || known === undefined) {
        return undefined;
      }
      const url = new URL(href);
      if (known === 'href' && !URL.canParse(value)) return undefined;
      Object.assign(url, { [known]: value });
      return told(args, url);
    },
    parseQuery: (args) =>
      args.vm.newText(
        JSON.stringify([...new URLSearchParams(args.text(0, MAX_QUERY_CHARS) ?? '')]),
      ),
    formatQuery: (args) =>
      args.vm.newText(
        new URLSearchParams(JSON.parse(args.text(0, MAX_PAIRS_CHARS) ?? '[]')).toString(),
      ),
  };
}
