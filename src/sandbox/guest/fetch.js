import { dataOf } from './bytes.js';
import { host } from './host.js';
import { ask } from './questions.js';

/** Headers of an answer: names in lower case. */
class Headers {
  #pairs;

  constructor(pairs) {
    this.#pairs = pairs;
  }

  get(name) {
    const wanted = `${name}`.toLowerCase();
    return this.#pairs.find(([key]) => key === wanted)?.[1] ?? null;
  }

  has(name) {
    return this.get(name) !== null;
  }

  forEach(call, self) {
    for (const [name, value] of this) Reflect.apply(call, self, [value, name, this]);
  }

  *entries() {
    for (const [name, value] of this.#pairs) yield [name, value];
  }

  *keys() {
    for (const [name] of this.#pairs) yield name;
  }

  *values() {
    for (const [, value] of this.#pairs) yield value;
  }

  [Symbol.iterator]() {
    return this.entries();
  }
}

/** The answer to a fetch. Its body stays outside of the VM until it is read, once. */
class Response {
  #id;
  #used = false;

  constructor({ body, status, headers, url }) {
    this.#id = body;
    this.status = status;
    this.ok = status >= 200 && status < 300;
    this.url = url;
    this.headers = Object.freeze(new Headers(headers));
    Object.freeze(this);
  }

  get bodyUsed() {
    return this.#used;
  }

  #take(read) {
    if (this.#used) throw new TypeError('the body has been read already');
    this.#used = true;
    return read(this.#id);
  }

  async text() {
    return this.#take(host.bodyText);
  }

  async json() {
    return JSON.parse(this.#take(host.bodyText));
  }

  async arrayBuffer() {
    return this.#take(host.bodyBytes);
  }

  async bytes() {
    return new Uint8Array(this.#take(host.bodyBytes));
  }
}

function headerPairs(headers) {
  if (headers === undefined || headers === null) return [];
  const given = typeof headers[Symbol.iterator] === 'function' ? headers : Object.entries(headers);
  const pairs = [];
  for (const [name, value] of given) pairs.push([`${name}`, `${value}`]);
  return pairs;
}

/**
 * The fetch of the web, cut down: a text or URL, and method, headers and body. Rejects with a
 * TypeError when no answer came.
 */
export const { fetch } = {
  async fetch(url, options = {}) {
    const { method = 'GET', headers, body } = options;
    const details = { url: `${url}`, method: `${method}`, headers: headerPairs(headers) };
    const given = body === undefined || body === null ? null : dataOf(body, 'the body');
    return new Response(await ask('fetch', details, given));
  },
};

/**
 * The latest round of a pair that was on the chain in the request's block. Rejects with a TypeError
 * where there is none. It counts as a fetch.
 */
export const { price } = {
  async price(pair) {
    const answer = await fetch(`price:${pair}`);
    if (!answer.ok) throw new TypeError(`no price of ${pair} was published`);
    return answer.json();
  },
};

export const secrets = {
  /** The value of a secret that was granted to this function and its requester. */
  async get(name) {
    return await ask('secret', { name: `${name}` }, null);
  },
};
export { Headers, Response };
