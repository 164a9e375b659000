import { type Finding, findLines, lineOf, type SourceFile } from './source-text.js';

export const MAX_LINE_COLUMNS = 100;
export const MAX_FILE_LINES = 350;
export const MAX_FUNCTION_LINES = 70;

/** Names that tell nothing of what is inside. */
export function emptyNames(path: string): Finding[] {
  const words = path.toLowerCase().split(/[/._-]/);
  const empty = words.find((word) => /^(?:utils?|helpers?|managers?|misc|commons?)$/.test(word));
  if (empty === undefined) return [];
  return [{ file: path, line: 1, problem: `"${empty}" says nothing of what is in it` }];
}

/** The sentence that a test is named by cannot be broken. */
const TEST_TITLE = /^\s*(?:it|describe)\(\s*['"`]/;

export function longLines(file: SourceFile): Finding[] {
  const isTest = file.path.endsWith('.test.ts');
  return file.text.split('\n').flatMap((line, at) => {
    const columns = [...line].length;
    if (columns <= MAX_LINE_COLUMNS || (isTest && TEST_TITLE.test(line))) return [];
    const problem = `${columns} columns, at most ${MAX_LINE_COLUMNS}`;
    return [{ file: file.path, line: at + 1, problem }];
  });
}

export function longFile(file: SourceFile): Finding[] {
  const lines = file.text.trimEnd().split('\n').length;
  if (lines <= MAX_FILE_LINES) return [];
  return [{ file: file.path, line: 1, problem: `${lines} lines, at most ${MAX_FILE_LINES}` }];
}

/** A block that follows a parameter list (a return type may stand between) or an arrow. */
const FUNCTION_HEAD = /(?:=>|\)(?:\s*:\s*[^={};]*(?:\{[^{}]*\}[^={};]*)?)?)\s*$/;
const NOT_A_FUNCTION = /\b(?:if|for|while|switch|catch|with)\s*(?:await\s*)?\([^{}]*$/;
const HEAD_CHARACTERS = 400;

/**
 * Functions that do not fit a screen. Of one that holds others, as a factory does, its own lines
 * count without those of the others, and all together must fit two screens.
 */
export function longFunctions(file: SourceFile): Finding[] {
  const { code } = file;
  const open: { start: number; nestedLines: number }[] = [];
  const found: Finding[] = [];
  for (let at = 0; at < code.length; at++) {
    if (code[at] === '{') open.push({ start: at, nestedLines: 0 });
    const block = code[at] === '}' ? open.pop() : undefined;
    if (block === undefined) continue;
    const line = lineOf(code, block.start);
    const all = lineOf(code, at) - line + 1;
    const isFunction = all > 1 && followsFunctionHead(code.slice(0, block.start));
    const outer = open.at(-1);
    if (outer) outer.nestedLines += isFunction ? all - 1 : block.nestedLines;
    if (!isFunction) continue;
    const problem = tooLong(all - block.nestedLines, all);
    if (problem !== null) found.push({ file: file.path, line, problem });
  }
  return found;
}

function tooLong(own: number, all: number): string | null {
  if (own > MAX_FUNCTION_LINES) return `a function of ${own} lines, at most ${MAX_FUNCTION_LINES}`;
  if (all <= 2 * MAX_FUNCTION_LINES) return null;
  return `a function of ${all} lines with those in it, at most ${2 * MAX_FUNCTION_LINES}`;
}

function followsFunctionHead(before: string): boolean {
  const head = before.slice(-HEAD_CHARACTERS);
  return FUNCTION_HEAD.test(head) && !NOT_A_FUNCTION.test(head);
}

// Put together, so that this file does not break its own rules.
const host = (...parts: string[]) => parts.join('.');
const path = (...parts: string[]) => `/${parts.join('/')}`;
const REGISTRIES = [
  host('registry', 'npmjs', 'org'),
  host('pypi', 'org'),
  host('files', 'pythonhosted', 'org'),
  host('proxy', 'golang', 'org'),
  host('sum', 'golang', 'org'),
  host('crates', 'io'),
  host('repo', 'maven'),
  host('deb', 'debian', 'org'),
];
const MACHINE_PATHS = [
  `${path('home')}/[a-z]`,
  `${path('Users')}/[A-Za-z]`,
  `${path('root')}(?:/|\\b)(?!/)`,
  `${path('work')}/[a-z]`,
  `${path('tmp')}/[A-Za-z]`,
  '\\b[A-Z]:\\\\\\\\?Users',
];
const HOST_PATTERN = new RegExp(
  `(?:^|[^\\w.-])(?:${REGISTRIES.map((name) => name.replaceAll('.', '\\.')).join('|')})`,
);
const PATH_PATTERN = new RegExp(`(?:^|[\\s'"\`(=:])(?:${MACHINE_PATHS.join('|')})`);

/** Places that exist on one machine only, and hosts that packages come from. */
export function machineTraces(file: SourceFile): Finding[] {
  return [
    ...findLines(file, file.text, PATH_PATTERN, 'a path of one machine'),
    ...findLines(file, file.text, HOST_PATTERN, 'the host of a package registry'),
  ];
}

/** What was left for later must be in an issue. */
export function openEnds(file: SourceFile): Finding[] {
  const marks = ['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X'].join('|');
  return findLines(file, file.text, new RegExp(`\\b(?:${marks})\\b`), 'left for later');
}
