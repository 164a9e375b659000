import { shorten } from '../base/bytes.js';
import { Refusal } from './filter-outcome.js';

/** Makes values of what a reader finds; each dialect keeps other things of a document. */
export interface JsonShape<V> {
  /** The value of null, true and false. */
  literal(value: null | boolean): V;
  text(value: string): V;
  /** An integer of at most 15 digits, which is most numbers and exact. */
  integer(value: number): V;
  /** Any other number, as it was written, checked against JSON's grammar. */
  number(literal: string): V;
  array(items: V[]): V;
  /** Names and values in the document's order, of equal length. */
  object(names: string[], values: V[]): V;
}

/** Where readers of JSON differ. */
export interface JsonRules {
  /** What is read, for the reasons of a refusal; "the body" unless given. */
  readonly subject?: string;
  /** Levels of arrays and objects. */
  readonly maxDepth: number;
  /** Whether comments are skipped where System.Text.Json skips them. */
  readonly comments: boolean;
  /** What follows the document's value. */
  readonly trailing: 'refuse' | 'ignore';
  /** Two members of one name in one object. */
  readonly duplicates: 'refuse' | 'keep';
  /** An escaped half of a surrogate pair: no Unicode text. */
  readonly surrogates: 'refuse' | 'keep' | 'replace';
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const LONE_SURROGATE = /\p{Surrogate}/u;
/** Up to this many digits an integer is read digit by digit, without rounding. */
const SHORT_INTEGER_DIGITS = 15;
/** From this many members on, names are looked up in a set. */
const SET_FROM = 8;

/**
 * Reads one JSON value (RFC 8259) from text. Throws a Refusal `not-json` that names the place, in
 * characters from 0, and what was expected there.
 */
export function readJson<V>(text: string, rules: JsonRules, shape: JsonShape<V>): V {
  return new JsonReader(text, rules, shape).document();
}

/** UTF-16 code units of JSON's grammar. */
const Code = {
  tab: 0x09,
  lineFeed: 0x0a,
  return: 0x0d,
  space: 0x20,
  quote: 0x22,
  comma: 0x2c,
  minus: 0x2d,
  dot: 0x2e,
  zero: 0x30,
  colon: 0x3a,
  E: 0x45,
  openBracket: 0x5b,
  backslash: 0x5c,
  closeBracket: 0x5d,
  e: 0x65,
  f: 0x66,
  n: 0x6e,
  t: 0x74,
  openBrace: 0x7b,
  closeBrace: 0x7d,
} as const;
type Code = (typeof Code)[keyof typeof Code];

class JsonReader<V> {
  readonly #text: string;
  readonly #rules: JsonRules;
  readonly #shape: JsonShape<V>;
  #at = 0;
  #depth = 0;

  constructor(text: string, rules: JsonRules, shape: JsonShape<V>) {
    this.#text = text;
    this.#rules = rules;
    this.#shape = shape;
  }

  document(): V {
    this.#skip();
    const value = this.#value();
    if (this.#rules.trailing === 'ignore') return value;
    this.#skip();
    if (this.#at < this.#text.length) throw this.#unexpected('the end of the document');
    return value;
  }

  #value(): V {
    switch (this.#text.charCodeAt(this.#at)) {
      case Code.openBrace:
        this.#enter();
        return this.#object();
      case Code.openBracket:
        this.#enter();
        return this.#array();
      case Code.quote:
        return this.#shape.text(this.#string());
      case Code.n:
        return this.#literal('null', null);
      case Code.t:
        return this.#literal('true', true);
      case Code.f:
        return this.#literal('false', false);
      default:
        return this.#number();
    }
  }

  #enter(): void {
    if (++this.#depth > this.#rules.maxDepth) {
      throw this.#refusal(`is nested deeper than ${this.#rules.maxDepth} levels`);
    }
    this.#at++;
  }

  #array(): V {
    const items: V[] = [];
    this.#skip();
    if (!this.#take(Code.closeBracket)) {
      for (;;) {
        items.push(this.#value());
        this.#skip();
        if (this.#take(Code.closeBracket)) break;
        if (!this.#take(Code.comma)) throw this.#unexpected('"," or "]"');
        this.#skip();
      }
    }
    this.#depth--;
    return this.#shape.array(items);
  }

  #object(): V {
    const names: string[] = [];
    const values: V[] = [];
    let seen: Set<string> | null = null;
    this.#skip();
    if (!this.#take(Code.closeBrace)) {
      for (;;) {
        const start = this.#at;
        const name = this.#name();
        if (this.#rules.duplicates === 'refuse') {
          if (names.length === SET_FROM) seen = new Set(names);
          if (seen === null ? names.includes(name) : seen.has(name)) {
            throw this.#refusal(`has two members named ${JSON.stringify(shorten(name))}`, start);
          }
          seen?.add(name);
        }
        names.push(name);
        values.push(this.#value());
        this.#skip();
        if (this.#take(Code.closeBrace)) break;
        if (!this.#take(Code.comma)) throw this.#unexpected('"," or "}"');
        this.#skip();
      }
    }
    this.#depth--;
    return this.#shape.object(names, values);
  }

  /** A member's name and its colon. */
  #name(): string {
    if (this.#text.charCodeAt(this.#at) !== Code.quote) {
      throw this.#unexpected('the name of a member');
    }
    const name = this.#string();
    // System.Text.Json takes no comment here, so neither does this.
    this.#skipSpace();
    if (!this.#take(Code.colon)) throw this.#unexpected('":"');
    this.#skip();
    return name;
  }

  #string(): string {
    const text = this.#text;
    const start = this.#at + 1;
    let escaped = false;
    let end = start;
    for (; ; end++) {
      const unit = text.charCodeAt(end);
      if (unit === Code.quote) break;
      if (unit === Code.backslash) {
        escaped = true;
        end++;
      } else if (!(unit >= Code.space)) {
        // Also the end of the text, which is NaN.
        this.#at = Math.min(end, text.length);
        throw this.#unexpected('the rest of a string (control characters are written as \\u00XX)');
      }
    }
    const raw = text.slice(start, end);
    const value = escaped ? this.#unescaped(raw) : raw;
    this.#at = end + 1;
    return value;
  }

  #unescaped(raw: string): string {
    let text: string;
    try {
      text = JSON.parse(`"${raw}"`) as string;
    } catch {
      throw this.#refusal(`has a string with a wrong escape: ${shorten(raw)}`);
    }
    if (this.#rules.surrogates === 'keep' || !LONE_SURROGATE.test(text)) return text;
    if (this.#rules.surrogates === 'replace') return text.replace(/\p{Surrogate}/gu, '\ufffd');
    throw this.#refusal(`has a string with half a surrogate pair: ${shorten(raw)}`);
  }

  #literal(word: string, value: null | boolean): V {
    if (!this.#text.startsWith(word, this.#at)) throw this.#unexpected('a value');
    this.#at += word.length;
    return this.#shape.literal(value);
  }

  #number(): V {
    const text = this.#text;
    const start = this.#at;
    const first = text.charCodeAt(start) === Code.minus ? start + 1 : start;
    let value = 0;
    let at = first;
    let digit = text.charCodeAt(at) - Code.zero;
    for (; digit >= 0 && digit <= 9; digit = text.charCodeAt(++at) - Code.zero) {
      value = value * 10 + digit;
    }
    const digits = at - first;
    const next = text.charCodeAt(at);
    const plain = next !== Code.dot && next !== Code.e && next !== Code.E;
    const canonical = digits === 1 || text.charCodeAt(first) !== Code.zero;
    if (!plain || !canonical || digits === 0 || digits > SHORT_INTEGER_DIGITS) {
      return this.#longNumber();
    }
    this.#at = at;
    return this.#shape.integer(first > start ? -value : value);
  }

  #longNumber(): V {
    NUMBER.lastIndex = this.#at;
    const literal = NUMBER.exec(this.#text)?.[0];
    if (literal === undefined) throw this.#unexpected('a value');
    this.#at += literal.length;
    const next = this.#text[this.#at];
    const unfinished = next === '.' ? !literal.includes('.') : next === 'e' || next === 'E';
    if (unfinished && !/[eE]/.test(literal)) throw this.#refusal('has an unfinished number');
    return this.#shape.number(literal);
  }

  #take(code: Code): boolean {
    if (this.#text.charCodeAt(this.#at) !== code) return false;
    this.#at++;
    return true;
  }

  #skipSpace(): void {
    const text = this.#text;
    for (let at = this.#at; ; at++) {
      const unit = text.charCodeAt(at);
      if (
        unit !== Code.space &&
        unit !== Code.lineFeed &&
        unit !== Code.return &&
        unit !== Code.tab
      ) {
        this.#at = at;
        return;
      }
    }
  }

  #skip(): void {
    this.#skipSpace();
    if (!this.#rules.comments) return;
    while (this.#text[this.#at] === '/') {
      this.#comment();
      this.#skipSpace();
    }
  }

  /** As Utf8JsonReader skips them; it refuses U+2028 and U+2029 in a comment of one line. */
  #comment(): void {
    const start = this.#at;
    if (this.#text.startsWith('/*', start)) {
      const end = this.#text.indexOf('*/', start + 2);
      if (end < 0) throw this.#refusal('has a comment without an end');
      this.#at = end + 2;
      return;
    }
    if (!this.#text.startsWith('//', start)) throw this.#unexpected('a value');
    const line = /[^\r\n]*/y;
    line.lastIndex = start;
    const comment = line.exec(this.#text)?.[0] ?? '';
    if (/[\u2028\u2029]/.test(comment)) throw this.#refusal('has a line separator in a comment');
    this.#at = start + comment.length;
  }

  #unexpected(expected: string): Refusal {
    const found = this.#text.slice(this.#at, this.#at + 12);
    const what = found === '' ? 'nothing more' : JSON.stringify(found);
    return this.#refusal(`needs ${expected}, but has ${what}`);
  }

  #refusal(problem: string, at = this.#at): Refusal {
    const { subject = 'the body' } = this.#rules;
    return new Refusal('not-json', `${subject} ${problem} at character ${at}`);
  }
}
