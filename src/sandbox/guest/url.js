import { host } from './host.js';

/** Parts of a URL that have a setter of the same name. */
const PARTS = [
  'href',
  'protocol',
  'username',
  'password',
  'host',
  'hostname',
  'port',
  'pathname',
  'search',
  'hash',
];

/** Many small pairs take a hundred times their text where they are taken apart. */
const MAX_QUERY_CHARS = 256 * 1024;
const MAX_PAIRS_CHARS = 4 * MAX_QUERY_CHARS;

function pairsOf(text) {
  const query = text.startsWith('?') ? text.slice(1) : text;
  if (query.length > MAX_QUERY_CHARS) {
    throw new RangeError(`a query has at most ${MAX_QUERY_CHARS} characters`);
  }
  return JSON.parse(host.parseQuery(query));
}

function queryOf(pairs) {
  const text = JSON.stringify(pairs);
  if (text.length > MAX_PAIRS_CHARS) {
    throw new RangeError(`the pairs of a query have at most ${MAX_PAIRS_CHARS} characters as JSON`);
  }
  return host.formatQuery(text);
}

/** The query of a URL, as https://url.spec.whatwg.org/#interface-urlsearchparams has it. */
export class URLSearchParams {
  #pairs = [];
  #changed = null;

  constructor(init = '') {
    if (typeof init === 'string') {
      this.#pairs = pairsOf(init);
    } else if (typeof init === 'object' && init !== null) {
      const pairs = typeof init[Symbol.iterator] === 'function' ? init : Object.entries(init);
      for (const [name, value] of pairs) this.#pairs.push([`${name}`, `${value}`]);
    } else throw new TypeError('URLSearchParams takes a text, pairs or an object');
  }

  /** For the URL that the query belongs to. */
  static watchQuery(params, changed) {
    params.#changed = changed;
  }

  static resetQuery(params, text) {
    params.#pairs = pairsOf(text);
  }

  #update() {
    this.#changed?.(this.toString());
  }

  get size() {
    return this.#pairs.length;
  }

  append(name, value) {
    this.#pairs.push([`${name}`, `${value}`]);
    this.#update();
  }

  delete(name) {
    const wanted = `${name}`;
    this.#pairs = this.#pairs.filter(([key]) => key !== wanted);
    this.#update();
  }

  get(name) {
    const wanted = `${name}`;
    return this.#pairs.find(([key]) => key === wanted)?.[1] ?? null;
  }

  getAll(name) {
    const wanted = `${name}`;
    return this.#pairs.filter(([key]) => key === wanted).map(([, value]) => value);
  }

  has(name) {
    return this.get(name) !== null;
  }

  set(name, value) {
    const wanted = `${name}`;
    const at = this.#pairs.findIndex(([key]) => key === wanted);
    if (at < 0) this.#pairs.push([wanted, `${value}`]);
    else {
      this.#pairs = this.#pairs.filter(([key], index) => key !== wanted || index === at);
      this.#pairs[at] = [wanted, `${value}`];
    }
    this.#update();
  }

  sort() {
    this.#pairs.sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
    this.#update();
  }

  forEach(call, self) {
    for (const [name, value] of this) Reflect.apply(call, self, [value, name, this]);
  }

  *entries() {
    for (let at = 0; at < this.#pairs.length; at++) yield [...this.#pairs[at]];
  }

  *keys() {
    for (const [name] of this.entries()) yield name;
  }

  *values() {
    for (const [, value] of this.entries()) yield value;
  }

  [Symbol.iterator]() {
    return this.entries();
  }

  toString() {
    return queryOf(this.#pairs);
  }
}

const { watchQuery, resetQuery } = URLSearchParams;
for (const name of ['watchQuery', 'resetQuery']) delete URLSearchParams[name];

/** https://url.spec.whatwg.org/#url-class, parsed by the program around the VM. */
export class URL {
  #parts;
  #params;

  constructor(text, base) {
    const parsed = host.parseUrl(`${text}`, base === undefined ? undefined : `${base}`);
    if (parsed === undefined) throw new TypeError('not a valid URL');
    this.#parts = JSON.parse(parsed);
    this.#params = new URLSearchParams(this.#parts.search);
    watchQuery(this.#params, (query) => {
      this.#parts = JSON.parse(host.changeUrl(this.#parts.href, 'search', query));
    });
  }

  static canParse(text, base) {
    return host.parseUrl(`${text}`, base === undefined ? undefined : `${base}`) !== undefined;
  }

  /** For accessors, which are the same for every part. */
  static partOf(url, name) {
    return url.#parts[name];
  }

  static changePart(url, name, value) {
    const changed = host.changeUrl(url.#parts.href, name, value);
    if (changed === undefined) throw new TypeError('not a valid URL');
    url.#parts = JSON.parse(changed);
    resetQuery(url.#params, url.#parts.search);
  }

  get origin() {
    return this.#parts.origin;
  }

  get searchParams() {
    return this.#params;
  }

  toString() {
    return this.#parts.href;
  }

  toJSON() {
    return this.#parts.href;
  }
}

const { partOf, changePart } = URL;
for (const name of PARTS) {
  Object.defineProperty(URL.prototype, name, {
    get() {
      return partOf(this, name);
    },
    set(value) {
      changePart(this, name, `${value}`);
    },
    enumerable: true,
    configurable: true,
  });
}
for (const name of ['partOf', 'changePart']) delete URL[name];

export const isUrl = (value) => {
  try {
    partOf(value, 'href');
    return true;
  } catch {
    return false;
  }
};
