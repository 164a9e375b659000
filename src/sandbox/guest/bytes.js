import { host } from './host.js';

const getter = (prototype, name) => Object.getOwnPropertyDescriptor(prototype, name).get;
const typedArray = Object.getPrototypeOf(Uint8Array.prototype);
const VIEWS = [typedArray, DataView.prototype].map((prototype) => ({
  buffer: getter(prototype, 'buffer'),
  offset: getter(prototype, 'byteOffset'),
  length: getter(prototype, 'byteLength'),
}));
const bufferLength = getter(ArrayBuffer.prototype, 'byteLength');
const tag = getter(typedArray, Symbol.toStringTag);

/** True for a Uint8Array and its subclasses, whatever properties were put on it. */
export const isUint8Array = (value) => Reflect.apply(tag, value, []) === 'Uint8Array';

/**
 * Where the bytes of an ArrayBuffer or of a view lie, without running any code of the author's.
 * Null for anything else.
 */
export function bytesOf(value) {
  if (typeof value !== 'object' || value === null) return null;
  for (const view of VIEWS) {
    try {
      return {
        buffer: Reflect.apply(view.buffer, value, []),
        offset: Reflect.apply(view.offset, value, []),
        length: Reflect.apply(view.length, value, []),
      };
    } catch {
      // Not of this kind.
    }
  }
  try {
    return { buffer: value, offset: 0, length: Reflect.apply(bufferLength, value, []) };
  } catch {
    return null;
  }
}

/** The bytes of a view or an ArrayBuffer, or a text in UTF-8. */
export function dataOf(value, what) {
  if (typeof value === 'string') {
    const buffer = host.encodeUtf8(value);
    return { buffer, offset: 0, length: buffer.byteLength };
  }
  const bytes = bytesOf(value);
  if (bytes === null) {
    throw new TypeError(`${what} must be a text, a Uint8Array or an ArrayBuffer`);
  }
  return bytes;
}

const UTF8_NAMES = ['utf-8', 'utf8', 'unicode-1-1-utf-8'];

export class TextEncoder {
  get encoding() {
    return 'utf-8';
  }

  encode(text = '') {
    return new Uint8Array(host.encodeUtf8(`${text}`));
  }
}

export class TextDecoder {
  #fatal;
  #ignoreBOM;

  constructor(label = 'utf-8', options = {}) {
    const name = `${label}`.trim().toLowerCase();
    if (!UTF8_NAMES.includes(name)) {
      throw new RangeError('TextDecoder knows utf-8 only');
    }
    this.#fatal = Boolean(options.fatal);
    this.#ignoreBOM = Boolean(options.ignoreBOM);
  }

  get encoding() {
    return 'utf-8';
  }

  get fatal() {
    return this.#fatal;
  }

  get ignoreBOM() {
    return this.#ignoreBOM;
  }

  decode(bytes = new Uint8Array(0), options = {}) {
    if (options.stream) throw new TypeError('TextDecoder does not decode streams');
    const data = bytesOf(bytes);
    if (data === null) throw new TypeError('decode takes a Uint8Array or an ArrayBuffer');
    const { buffer, offset, length } = data;
    const text = host.decodeUtf8(buffer, offset, length, this.#fatal, this.#ignoreBOM);
    if (text === undefined) throw new TypeError('the bytes are not valid UTF-8');
    return text;
  }
}

/** Bytes as text and back, of what the program around knows by a name. */
const codec = (name, problem) => ({
  encode(data) {
    const { buffer, offset, length } = dataOf(data, 'what is encoded');
    return host.encodeText(name, buffer, offset, length);
  },
  decode(text) {
    const buffer = host.decodeText(name, `${text}`);
    if (buffer === undefined) throw new TypeError(problem);
    return new Uint8Array(buffer);
  },
});

export const base64 = codec('base64', 'not base64');
export const hex = codec('hex', 'not hexadecimal');

export const cryptography = {
  sha256(data) {
    const { buffer, offset, length } = dataOf(data, 'what is hashed');
    return new Uint8Array(host.sha256(buffer, offset, length));
  },
  hmacSha256(key, data) {
    const secret = dataOf(key, 'the key');
    const message = dataOf(data, 'what is hashed');
    return new Uint8Array(
      host.hmacSha256(
        secret.buffer,
        secret.offset,
        secret.length,
        message.buffer,
        message.offset,
        message.length,
      ),
    );
  },
};

/** The two of the web, which take each character for a byte. */
export const { atob, btoa } = {
  atob(text) {
    const buffer = host.decodeText('base64', `${text}`);
    if (buffer === undefined) throw new TypeError('not base64');
    const bytes = new Uint8Array(buffer);
    let binary = '';
    for (let at = 0; at < bytes.length; at++) binary += String.fromCharCode(bytes[at]);
    return binary;
  },
  btoa(binary) {
    const text = `${binary}`;
    const bytes = new Uint8Array(text.length);
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code > 255) throw new TypeError('btoa takes characters up to U+00FF only');
      bytes[at] = code;
    }
    return host.encodeText('base64', bytes.buffer, 0, bytes.length);
  },
};
