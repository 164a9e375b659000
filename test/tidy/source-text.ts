/** What a rule found wrong, where and why; `line` counts from 1. */
export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly problem: string;
}

/** A file as rules see it. `path` is relative to the checkout, with forward slashes. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
  /** The text with what is in comments and strings blanked; lines and columns stay. */
  readonly code: string;
  /** The text with comments blanked. */
  readonly uncommented: string;
}

export function sourceFile(path: string, text: string): SourceFile {
  const { code, uncommented } = blank(text);
  return { path, text, code, uncommented };
}

/** One finding for each line of the text that the pattern matches. */
export function findLines(
  file: SourceFile,
  text: string,
  pattern: RegExp,
  problem: string,
): Finding[] {
  return text
    .split('\n')
    .flatMap((line, at) =>
      pattern.test(line) ? [{ file: file.path, line: at + 1, problem }] : [],
    );
}

export const lineOf = (text: string, offset: number): number =>
  text.slice(0, offset).split('\n').length;

type Kind = 'code' | 'comment' | 'string';

/** Blanks comments; for `code` what is in strings, templates and regular expressions too. */
function blank(text: string): { code: string; uncommented: string } {
  const kinds = kindOfEach(text);
  const keep = (allowed: readonly Kind[]) =>
    [...text.split('')]
      .map((char, at) => (char === '\n' || allowed.includes(kinds[at] ?? 'code') ? char : ' '))
      .join('');
  return { code: keep(['code']), uncommented: keep(['code', 'string']) };
}

/** After these a slash begins a regular expression, else it divides. */
const BEFORE_REGEXP = /(?:^|[(,=:[!&|?{};<>+\-*%~^\n]|\b(?:return|typeof|case|in|of))\s*$/;

function kindOfEach(text: string): Kind[] {
  const kinds: Kind[] = new Array(text.length).fill('code');
  const mark = (from: number, to: number, kind: Kind) => kinds.fill(kind, from, to);
  // Depth of braces at which each open template goes on after its substitution.
  const templates: number[] = [];
  let depth = 0;
  let at = 0;
  const template = (from: number) => {
    const end = endOfTemplate(text, from);
    mark(from, end.at, 'string');
    if (end.substitution) templates.push(depth++);
    return end.substitution ? end.at + 2 : end.at + 1;
  };
  while (at < text.length) {
    const char = text[at];
    const two = text.slice(at, at + 2);
    if (two === '//' || two === '/*') {
      const end = two === '//' ? text.indexOf('\n', at) : text.indexOf('*/', at + 2) + 2;
      const to = end < at + 2 ? text.length : end;
      mark(at, to, 'comment');
      at = to;
    } else if (char === "'" || char === '"') {
      const end = endOfQuoted(text, at + 1, char);
      mark(at + 1, end, 'string');
      at = end + 1;
    } else if (char === '`') {
      at = template(at + 1);
    } else if (char === '}' && depth - 1 === templates.at(-1)) {
      templates.pop();
      depth--;
      at = template(at + 1);
    } else if (char === '/' && BEFORE_REGEXP.test(text.slice(Math.max(0, at - 20), at))) {
      const end = endOfRegExp(text, at + 1);
      mark(at + 1, end, 'string');
      at = end + 1;
    } else {
      if (char === '{') depth++;
      if (char === '}') depth--;
      at++;
    }
  }
  return kinds;
}

function endOfQuoted(text: string, from: number, quote: string): number {
  let at = from;
  while (at < text.length && text[at] !== quote && text[at] !== '\n') {
    at += text[at] === '\\' ? 2 : 1;
  }
  return at;
}

function endOfTemplate(text: string, from: number): { at: number; substitution: boolean } {
  let at = from;
  while (at < text.length && text[at] !== '`') {
    if (text.startsWith('${', at)) return { at, substitution: true };
    at += text[at] === '\\' ? 2 : 1;
  }
  return { at, substitution: false };
}

function endOfRegExp(text: string, from: number): number {
  let at = from;
  let inClass = false;
  while (at < text.length && text[at] !== '\n' && (inClass || text[at] !== '/')) {
    if (text[at] === '[') inClass = true;
    if (text[at] === ']') inClass = false;
    at += text[at] === '\\' ? 2 : 1;
  }
  return at;
}
