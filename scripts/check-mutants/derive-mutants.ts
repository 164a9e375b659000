import { type Piece, piecesOf } from './source-pieces.js';

/** A source with one thing in it changed. */
export interface Mutant {
  readonly file: string;
  readonly line: number;
  /** The line as it is, without the spaces around it. */
  readonly code: string;
  /** What was changed, e.g. "> becomes >=". Together with the others it names the mutant. */
  readonly change: string;
  readonly source: string;
}

export const describeMutant = ({ file, line, code, change }: Mutant): string =>
  `${file}:${line}: ${change}\n    ${code}`;

/** The part of a source that is changed: from one text to before another. */
export interface Within {
  readonly from: string;
  readonly to: string;
}

interface Change {
  readonly from: number;
  readonly to: number;
  readonly text: string;
  readonly change: string;
}

/** Each operator with what is put in its place. */
type Swaps = Readonly<Record<string, readonly string[]>>;

const COMPARISONS: Swaps = {
  '===': ['!=='],
  '!==': ['==='],
  '>=': ['>', '<'],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '<': ['<=', '>='],
};
const TYPESCRIPT: Swaps = {
  ...COMPARISONS,
  '+': ['-'],
  '-': ['+'],
  '&&': ['||'],
  '||': ['&&'],
  '?': ['? false &&'],
};
const SQL: Swaps = {
  '=': ['<>'],
  '<>': ['='],
  '>=': ['>', '<'],
  '<=': ['<', '>'],
  '>': ['>='],
  '<': ['<='],
  '+': ['-'],
  '-': ['+'],
  AND: ['OR'],
  OR: ['AND'],
  DESC: ['ASC'],
};

/**
 * Every mutant of a source that can be made by rule: a sign turned, a comparison moved by one or
 * turned round, a constant changed, a condition negated, the two sides of a transfer exchanged, a
 * statement or a posting left out. Strings are left alone, but for SQL.
 */
export function deriveMutants(file: string, source: string, within?: Within): Mutant[] {
  const pieces = piecesOf(source);
  const code = blanked(source, pieces, 'code');
  const sql = pieces.filter(({ kind, from, to }) => kind === 'template' && isSql(source, from, to));
  const changes = [
    ...operatorChanges(code, source, TYPESCRIPT),
    ...constantChanges(code),
    ...sideChanges(code, source),
    ...dropped(code, source),
    ...sql.flatMap((piece) => sqlChanges(source, piece)),
  ];
  const [first, last] =
    within === undefined
      ? [0, source.length]
      : [source.indexOf(within.from), source.indexOf(within.to)];
  if (first < 0 || last < first) throw new Error(`${file}: no ${within?.from} to ${within?.to}`);
  const wanted = changes.filter(({ from }) => from >= first && from < last);
  return wanted.map(({ from, to, text, change }) => {
    const before = source.slice(0, from);
    const line = before.split('\n').length;
    const start = before.lastIndexOf('\n') + 1;
    const end = source.indexOf('\n', from);
    return {
      file,
      line,
      code: source.slice(start, end < 0 ? source.length : end).trim(),
      change,
      source: before + text + source.slice(to),
    };
  });
}

const isSql = (source: string, from: number, to: number): boolean =>
  /\b(SELECT|INSERT INTO|UPDATE|CREATE TABLE)\b/.test(source.slice(from, to));

/** The source with everything but one kind of its pieces made blank: places stay what they are. */
function blanked(source: string, pieces: readonly Piece[], kept: Piece['kind']): string {
  return pieces
    .map(({ from, to, kind }) => {
      const text = source.slice(from, to);
      return kind === kept ? text : text.replace(/[^\n]/g, ' ');
    })
    .join('');
}

const found = (text: string, pattern: RegExp): RegExpExecArray[] => [...text.matchAll(pattern)];

/** Operators stand between spaces, as the formatter writes them; types and arrows have none. */
function operatorChanges(code: string, source: string, swaps: Swaps, offset = 0): Change[] {
  return found(code, /(?<=\s)(===|!==|>=|<=|<>|&&|\|\||[><=+?-]|AND|OR|DESC)(?=\s)/g).flatMap(
    (match) => {
      const [operator] = match;
      const lineStart = code.lastIndexOf('\n', match.index) + 1;
      if (/^\s*(type|interface|import|export type)\b/.test(code.slice(lineStart))) return [];
      // Texts that are put together.
      const [before, after] = [
        source[offset + match.index - 2],
        around(source, offset + match.index),
      ];
      if (operator === '+' && (isQuote(before) || isQuote(after))) return [];
      const from = offset + match.index;
      return (swaps[operator] ?? []).map((text) => ({
        from,
        to: from + operator.length,
        text,
        change: `${operator} becomes ${text}`,
      }));
    },
  );
}

const isQuote = (char: string | undefined): boolean => char === '`' || char === "'";
const around = (source: string, at: number): string | undefined => source.slice(at + 1).trim()[0];

function constantChanges(code: string, offset = 0): Change[] {
  const numbers = found(code, /(?<![\w.$])(\d+)(n?)(?!\w)/g).map((match) => {
    const [all, digits = '0', suffix = ''] = match;
    const text = `${BigInt(digits) + 1n}${suffix}`;
    return { from: offset + match.index, all, text };
  });
  const words: Readonly<Record<string, string>> = { true: 'false', false: 'true' };
  const booleans = found(code, /(?<![\w.])(true|false)(?!\w)(?!;|\s*\|)/g).map((match) => {
    const [all] = match;
    return { from: offset + match.index, all, text: words[all] as string };
  });
  const signs = found(code, /(?<=[(:=?]\s?)-(?=[a-z])/g).map((match) => {
    return { from: offset + match.index, all: '-', text: '' };
  });
  return [...numbers, ...booleans, ...signs].map(({ from, all, text }) => {
    return { from, to: from + all.length, text, change: `${all} becomes ${text || 'nothing'}` };
  });
}

/** From the other side: `debit: a, credit: b` and `move(cause, debit, credit, amount)`. */
function sideChanges(code: string, source: string): Change[] {
  const names = found(code, /\b(debit|credit): /g).filter(
    (match) => !/^\s*readonly/.test(source.slice(source.lastIndexOf('\n', match.index) + 1)),
  );
  const pairs = names.flatMap((match, place) => {
    const next = names[place + 1];
    if (match[1] !== 'debit' || next?.[1] !== 'credit') return [];
    const [from, to] = [match.index, next.index + next[0].length];
    const text = `credit: ${source.slice(from + 7, next.index)}debit: `;
    return [{ from, to, text, change: 'debit and credit change places' }];
  });
  const calls = found(code, /\bmove\((?=\s)/g).flatMap((match) => {
    const open = match.index + match[0].length;
    const [cause, debit, credit] = argumentsFrom(code, open);
    if (cause === undefined || debit === undefined || credit === undefined) return [];
    const text = `${source.slice(credit.from, credit.to)},${source.slice(debit.from, debit.to)}`;
    const change = 'debit and credit change places';
    return [{ from: debit.from, to: credit.to, text, change }];
  });
  return [...pairs, ...calls];
}

function argumentsFrom(code: string, open: number): { from: number; to: number }[] {
  const list: { from: number; to: number }[] = [];
  let depth = 0;
  let from = open;
  for (let at = open; at < code.length; at++) {
    const char = code[at] as string;
    if ('([{'.includes(char)) depth += 1;
    if (')]}'.includes(char)) depth -= 1;
    if (depth < 0 || (depth === 0 && char === ',')) {
      list.push({ from, to: at });
      from = at + 1;
    }
    if (depth < 0) return list;
  }
  return list;
}

/** Starts of what is no statement to leave out, or cannot be without breaking the syntax. */
const KEPT =
  /^(const|let|type|interface|import|export|function|readonly|case|default|return|async)\b/;

/** Statements, and postings in a list of them, each of which may be some lines long. */
function dropped(code: string, source: string): Change[] {
  const lines = code.split('\n');
  const starts: number[] = [];
  lines.reduce((at, line) => {
    starts.push(at);
    return at + line.length + 1;
  }, 0);
  return lines.flatMap((line, number) => {
    const first = line.trim();
    const isPosting = /^(move\(|\{ \.\.\.move|\.\.\.\()/.test(first);
    const isStatement = /^[a-z]/.test(first) && /^(if \(.*;$|for \(.*;$|\w+[.(])/.test(first);
    const isSignature = /^\w+\(.*\): .*;$/.test(first);
    const isContinued = /(=>|[=(,?:]|&&|\|\|)$/.test(lines[number - 1]?.trimEnd() ?? '');
    if (!(isPosting || isStatement) || KEPT.test(first) || isSignature) return [];
    if (isStatement && isContinued) return [];
    const last = endOfStatement(lines, number, isPosting ? ',' : ';');
    if (last === null) return [];
    const from = (starts[number] ?? 0) + line.length - line.trimStart().length;
    const to = (starts[last] ?? 0) + (lines[last]?.length ?? 0);
    const text = source.slice(from, to).split('\n')[0]?.trim() ?? '';
    return [{ from, to, text: '', change: `left out: ${text}` }];
  });
}

/** The line in which the brackets that were opened are closed, if it ends as it must. */
function endOfStatement(lines: readonly string[], from: number, ending: string): number | null {
  let depth = 0;
  for (let number = from; number < Math.min(from + 12, lines.length); number++) {
    const line = lines[number] ?? '';
    for (const char of line) depth += '([{'.includes(char) ? 1 : ')]}'.includes(char) ? -1 : 0;
    if (depth < 0) return null;
    if (depth === 0) return line.trimEnd().endsWith(ending) ? number : null;
  }
  return null;
}

/** Operators and constants of SQL; statements of triggers, constraints and conditions left out. */
function sqlChanges(source: string, { from, to }: Piece): Change[] {
  const withTexts = source.slice(from, to);
  const sql = withTexts
    .replace(/--[^\n]*/g, (text) => ' '.repeat(text.length))
    .replace(/'[^'\n]*'/g, (text) => ' '.repeat(text.length));
  const statements = found(sql, /\n {2}(?:UPDATE|SELECT RAISE)[^;]*;/g);
  const checks = found(sql, /,\n {2}(?:CONSTRAINT \w+ )?CHECK \([^\n]*\)(?=,?\n)/g);
  const columnChecks = found(sql, / CHECK \([^\n]*?\)(?=,\n)/g);
  const leftOut = [...statements, ...checks, ...columnChecks].map((match) => {
    const text = withTexts.slice(match.index, match.index + match[0].length);
    const start = from + match.index;
    const what = text.replaceAll(/\s+/g, ' ').replace(/^,? /, '').slice(0, 70);
    return { from: start, to: start + text.length, text: '', change: `left out: ${what}` };
  });
  return [...operatorChanges(sql, source, SQL, from), ...constantChanges(sql, from), ...leftOut];
}
