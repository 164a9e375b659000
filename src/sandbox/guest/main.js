/** Runs once in a new VM, before the snapshot; what it exports is called for every execution. */
import {
  atob,
  base64,
  btoa,
  bytesOf,
  cryptography,
  hex,
  isUint8Array,
  TextDecoder,
  TextEncoder,
} from './bytes.js';
import { decimal } from './decimal.js';
import { fetch, Headers, price, Response, secrets } from './fetch.js';
import { host } from './host.js';
import { lockDown } from './lock-down.js';
import { log } from './log.js';
import { random } from './random.js';
import { URL, URLSearchParams } from './url.js';

export { answer } from './questions.js';

const define = (object, name, value) =>
  Object.defineProperty(object, name, { value, writable: true, configurable: true });

const console = { log, debug: log, info: log, warn: log, error: log };
const globals = { URL, URLSearchParams, TextEncoder, TextDecoder, atob, btoa, console };
for (const [name, value] of Object.entries(globals)) define(globalThis, name, value);
define(Math, 'random', random);

/** What a function gets besides its arguments: the same for all, reading what differs. */
const context = {
  get requestId() {
    return host.requestId();
  },
  get requester() {
    return host.requester();
  },
  block: {
    get index() {
      return host.blockIndex();
    },
    get timeMs() {
      return host.blockTimeMs();
    },
  },
  secrets,
  fetch,
  price,
  log,
  base64,
  hex,
  crypto: cryptography,
  decimal,
};
/** Of a thrown value's message and stack; what shows of it is less. */
const MAX_TOLD_CHARS = 4_000;

/** What a thrown value says, in plain data. Reading it may run the author's code, or throw. */
function described(thrown) {
  if (!(thrown instanceof Error)) {
    const message = typeof thrown === 'string' ? thrown : (JSON.stringify(thrown) ?? `${thrown}`);
    return { name: '', message: message.slice(0, MAX_TOLD_CHARS), stack: '' };
  }
  const [name, message, stack] = [thrown.name, thrown.message, thrown.stack ?? ''].map((value) =>
    `${value}`.slice(0, MAX_TOLD_CHARS),
  );
  return { name, message, stack };
}

/** Tells what was thrown, and if it can't be told, that. */
function tell(how, thrown) {
  try {
    host.failed(how, JSON.stringify(described(thrown)), thrown instanceof InternalError);
  } catch (error) {
    const internal = error instanceof InternalError;
    const message = internal ? error.message : 'what was thrown cannot be shown';
    host.failed(how, JSON.stringify({ name: '', message, stack: '' }), internal);
  }
}

function finish(value) {
  if (typeof value === 'string') return host.returnText(value);
  if (typeof value === 'object' && isUint8Array(value)) {
    const { buffer, offset, length } = bytesOf(value);
    return host.returnBytes(buffer, offset, length);
  }
  let text;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    return tell('notJson', error);
  }
  if (text === undefined) {
    const message = `the result is ${typeof value}, which JSON does not have`;
    return host.failed('notJson', JSON.stringify({ name: '', message, stack: '' }), false);
  }
  return host.returnJson(text);
}

/** Calls the module's function, whose outcome is then told by the host's functions. */
export async function run(namespace, argsText) {
  let value;
  try {
    const call = namespace.default;
    if (typeof call !== 'function') {
      throw new TypeError('the default export must be a function: (args, ctx) => result');
    }
    value = await call(JSON.parse(argsText), context);
  } catch (error) {
    tell('thrown', error);
    return;
  }
  finish(value);
}

/** The same for a module that awaits something itself. */
export async function runLater(module, argsText) {
  let namespace;
  try {
    namespace = await module;
  } catch (error) {
    tell('thrown', error);
    return;
  }
  await run(namespace, argsText);
}

/** Tells what the module's own code threw. */
export const threw = (thrown) => tell('thrown', thrown);

/** What an import is refused with. */
export const refuseImport = () =>
  new SyntaxError('a function is one module: it cannot import anything');

/** What the host throws when it has no room here; made while there is some. */
export const heapError = new InternalError('out of memory');

export const parse = JSON.parse;
export const stringify = JSON.stringify;

lockDown([context, Headers, Response]);
