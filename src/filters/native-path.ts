import { shorten } from '../base/bytes.js';
import { Refusal } from './filter-outcome.js';

/** A step of a native path, in the order of the text. */
export type NativeStep =
  | { readonly kind: 'children' }
  | { readonly kind: 'descendants'; readonly name: string }
  | { readonly kind: 'names'; readonly names: readonly string[] }
  | { readonly kind: 'indexes'; readonly indexes: readonly number[] }
  | { readonly kind: 'slice'; readonly start: number; readonly end: number };

type TokenKind = '$' | '.' | '[' | ']' | '*' | ',' | ':' | 'name' | 'string' | 'number' | 'end';

interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly at: number;
}

const TOKEN =
  /(?<mark>[$.[\]*,:])|(?<string>'[^']*')|(?<name>[A-Za-z_][A-Za-z0-9_]*)|(?<number>-?[0-9]*)/y;
const MAX_INT32 = 2 ** 31 - 1;
const MIN_INT32 = -(2 ** 31);

/**
 * Reads a path of the native dialect: `$` then `.name` `.*` `..name` `[*]` `[1,-1]` `['a','b']`
 * `[1:-1]` `[:]`. The grammar is that of Neo.Json's JPathToken and of neo-go's jsonpath, which
 * agree on it. `unquote` gives the text of a quoted name, as a JSON string of the node's reader.
 * Throws a Refusal `bad-path`.
 */
export function parseNativePath(path: string, unquote: (inner: string) => string): NativeStep[] {
  return new PathParser(path, unquote).steps();
}

class PathParser {
  readonly #path: string;
  readonly #unquote: (inner: string) => string;
  readonly #tokens: Token[] = [];
  #next = 0;

  constructor(path: string, unquote: (inner: string) => string) {
    this.#path = path;
    this.#unquote = unquote;
    this.#tokenise();
  }

  steps(): NativeStep[] {
    const steps: NativeStep[] = [];
    this.#expect('$');
    for (;;) {
      const token = this.#take();
      if (token.kind === 'end') return steps;
      if (token.kind === '.') steps.push(this.#dotted());
      else if (token.kind === '[') steps.push(this.#bracketed());
      else throw this.#unexpected(token, '"." or "["');
    }
  }

  #tokenise(): void {
    TOKEN.lastIndex = 0;
    for (let at = 0; at < this.#path.length; at = TOKEN.lastIndex) {
      const match = TOKEN.exec(this.#path);
      const { mark, string, name, number } = match?.groups ?? {};
      const text = match?.[0] ?? '';
      // `number` may match nothing at all: then the character has no meaning.
      if (text === '') throw this.#refusal(at, 'has a character without meaning');
      const kind = mark ?? (string ? 'string' : name ? 'name' : number ? 'number' : 'end');
      this.#tokens.push({ kind: kind as TokenKind, text, at });
    }
  }

  #dotted(): NativeStep {
    const token = this.#take();
    if (token.kind === '*') return { kind: 'children' };
    if (token.kind === 'name') return { kind: 'names', names: [token.text] };
    if (token.kind !== '.') throw this.#unexpected(token, 'a name, "*" or "."');
    const name = this.#take();
    if (name.kind !== 'name') throw this.#unexpected(name, 'a name');
    return { kind: 'descendants', name: name.text };
  }

  #bracketed(): NativeStep {
    const token = this.#take();
    switch (token.kind) {
      case '*':
        this.#expect(']');
        return { kind: 'children' };
      case ':':
        return this.#slice(0);
      case 'number': {
        if (this.#peek().kind !== ':') {
          return { kind: 'indexes', indexes: this.#union(token).map((item) => this.#int(item)) };
        }
        this.#take();
        return this.#slice(this.#int(token));
      }
      case 'string':
        return { kind: 'names', names: this.#union(token).map((item) => this.#name(item)) };
      default:
        throw this.#unexpected(token, '"*", ":", a number or a quoted name');
    }
  }

  #slice(start: number): NativeStep {
    const token = this.#take();
    if (token.kind === ']') return { kind: 'slice', start, end: 0 };
    if (token.kind !== 'number') throw this.#unexpected(token, 'a number or "]"');
    this.#expect(']');
    return { kind: 'slice', start, end: this.#int(token) };
  }

  /** The rest of a list of one kind, up to its bracket. */
  #union(first: Token): Token[] {
    const items = [first];
    for (;;) {
      const token = this.#take();
      if (token.kind === ']') return items;
      if (token.kind !== ',') throw this.#unexpected(token, '"," or "]"');
      items.push(this.#expect(first.kind));
    }
  }

  #int(token: Token): number {
    const value = token.text === '-' ? Number.NaN : Number(token.text);
    if (value >= MIN_INT32 && value <= MAX_INT32) return value;
    throw this.#refusal(token.at, 'needs a number of 32 bits');
  }

  #name(token: Token): string {
    try {
      return this.#unquote(token.text.slice(1, -1));
    } catch {
      throw this.#refusal(token.at, 'needs a quoted name that is a JSON string');
    }
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { kind: 'end', text: '', at: this.#path.length };
  }

  #take(): Token {
    const token = this.#peek();
    this.#next++;
    return token;
  }

  #expect(kind: TokenKind): Token {
    const token = this.#take();
    if (token.kind !== kind)
      throw this.#unexpected(token, kind.length > 1 ? `a ${kind}` : `"${kind}"`);
    return token;
  }

  #unexpected(token: Token, expected: string): Refusal {
    const found = token.kind === 'end' ? 'ends' : `has ${JSON.stringify(shorten(token.text))}`;
    return this.#refusal(token.at, `${found} where ${expected} is needed`);
  }

  #refusal(at: number, problem: string): Refusal {
    return new Refusal('bad-path', `the filter ${problem} at character ${at}`);
  }
}
