import { type Finding, findLines, type SourceFile } from './source-text.js';

const STATEMENTS = [
  /SELECT\s[^;]{0,400}?\sFROM\s/,
  /INSERT\s+(?:OR\s+\w+\s+)?INTO\s/,
  /UPDATE\s+\w+\s+SET\s/,
  /DELETE\s+FROM\s/,
  /(?:CREATE|DROP|ALTER)\s+(?:TABLE|INDEX|TRIGGER|VIEW|UNIQUE)\s/,
  /PRAGMA\s/,
];
const SQL = new RegExp(`\\b(?:${STATEMENTS.map(({ source }) => source).join('|')})`);

/** SQL elsewhere than in stores and in src/storage. */
export function strayQueries(file: SourceFile): Finding[] {
  if (/^src\/storage\/|-store\.ts$/.test(file.path)) return [];
  const found = SQL.exec(file.uncommented);
  if (found === null) return [];
  const line = file.uncommented.slice(0, found.index).split('\n').length;
  return [{ file: file.path, line, problem: 'SQL belongs into a *-store.ts' }];
}

/** A limit that is a parameter and nothing else. */
const BARE_LIMIT = /\bLIMIT (?:\?|@\w+\b)(?! \+ 0)/g;

/**
 * SQLite looks into such a limit when it plans a query, and so plans it anew whenever it is run:
 * that took ten times as long as running it. An expression it leaves alone.
 */
export function bareLimits({ path, uncommented }: SourceFile): Finding[] {
  return [...uncommented.matchAll(BARE_LIMIT)].map(({ 0: limit, index }) => ({
    file: path,
    line: uncommented.slice(0, index).split('\n').length,
    problem: `${limit} has the query planned at each run; write ${limit} + 0`,
  }));
}

/** Words that name an amount of GAS. */
const AMOUNT = '(?:datoshi|fee|amount|balance|credit|reserved|earned|refund|premium|gas)';
/** What such a name may end with without being an amount. */
const NOT_AMOUNT =
  /(?:Bps|Percent|Count|Index|Id|Ms|Bytes|At|Block|Blocks|Name|Digits|Text|Rate|Kind|Attempts)$/;
const AS_FLOAT = new RegExp(`\\b(?:Number|parseFloat|parseInt)\\s*\\(\\s*[\\w.?!]*${AMOUNT}`, 'i');
const PARSE_FLOAT = /\bparseFloat\s*\(|\bNumber\.parseFloat\b/;
const TYPED_NUMBER = new RegExp(`\\b(\\w*${AMOUNT}\\w*)\\??:\\s*number\\b`, 'gi');

/** prom-client has no other numbers; graphs need no datoshi. */
const GRAPHS = /^src\/telemetry\/metrics[^/]*\.ts$/;

/** Amounts of GAS as floating-point numbers, as far as names tell. */
export function floatingAmounts(file: SourceFile): Finding[] {
  if (GRAPHS.test(file.path)) return [];
  const typed = file.code.split('\n').flatMap((line, at) =>
    [...line.matchAll(TYPED_NUMBER)]
      .filter(([, name = '']) => !NOT_AMOUNT.test(name) && isAmountName(name))
      .map(([, name]) => ({
        file: file.path,
        line: at + 1,
        problem: `${name} is a number: amounts are bigint datoshi`,
      })),
  );
  return [
    ...typed,
    ...findLines(file, file.code, AS_FLOAT, 'an amount becomes a float'),
    ...findLines(file, file.code, PARSE_FLOAT, 'parseFloat'),
  ];
}

/** True when the word stands as a word of its own in a camelCase name ("coffee" is no fee). */
const isAmountName = (name: string): boolean =>
  new RegExp(`(?:^|_)${AMOUNT}s?(?![a-z])|[a-z0-9]${capitalised}s?(?![a-z])`).test(name);
const capitalised = '(?:Datoshi|Fee|Amount|Balance|Credit|Reserved|Earned|Refund|Premium|Gas)';

const AMBIENT: readonly (readonly [RegExp, string])[] = [
  [/\bDate\.now\b|\bnew Date\(\s*\)|\bperformance\.now\b|\bprocess\.hrtime\b/, 'the clock'],
  [/\bset(?:Timeout|Interval)\b/, 'timers'],
  [/\bMath\.random\b/, 'randomness'],
  [/\bprocess\.(?:env|argv|exit|cwd)\b/, 'the process'],
  [/\bconsole\./, 'the console'],
];

/** Where a file may reach outside by itself, and for what. The reason stands in the file. */
export interface AmbientAllowance {
  readonly path: RegExp;
  readonly what: RegExp;
}

/** Clock, timers, randomness, environment and console taken from the air instead of passed in. */
export function ambientAccess(file: SourceFile, allowed: readonly AmbientAllowance[]): Finding[] {
  return AMBIENT.filter(
    ([, what]) => !allowed.some((rule) => rule.path.test(file.path) && rule.what.test(what)),
  ).flatMap(([pattern, what]) =>
    findLines(file, file.code, pattern, `${what} should be passed in`),
  );
}

const MODULE_LET = /^(?:export\s+)?(?:let|var)\s/;
const MODULE_COLLECTION =
  /^(?:export\s+)?const\s+\w+[^=]*=\s*new\s+(?:Weak)?(?:Map|Set)(?:<.*>)?\(\s*\)/;

/** State that lives as long as the module. */
export function moduleState(file: SourceFile): Finding[] {
  return [
    ...findLines(file, file.code, MODULE_LET, 'a variable of the module'),
    ...findLines(file, file.code, MODULE_COLLECTION, 'a collection of the module'),
  ];
}
