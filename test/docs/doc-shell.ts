import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureNeoGo } from '../../scripts/ensure/neo-go.mjs';
import { cacheFolder, projectRoot } from '../../scripts/ensure/paths.mjs';
import type { FencedBlock } from './fenced-blocks.js';

/** How a command of the documents is run here, where that is not as it stands. */
export interface CommandRule {
  readonly when: RegExp;
  /**
   * `background`: goes on for the rest of the page; what follows waits until it said the text.
   * `skip`: not run, for the reason given. `retry`: a reader is slower than a script, so it is
   * tried again for some seconds until it succeeds and says the text.
   */
  readonly how:
    | { readonly kind: 'background'; readonly until: string }
    | { readonly kind: 'skip'; readonly reason: string }
    | { readonly kind: 'retry'; readonly until: string }
    | { readonly kind: 'run' };
  /** What is run instead. */
  readonly as?: (command: string) => string;
}

export interface ShellRun {
  readonly exitCode: number | null;
  /** Standard output and standard error of everything that ran in the foreground, with commands. */
  readonly transcript: string;
  /** What the last command said that begins with the text; throws where none does. */
  outputOf(command: string): string;
}

/**
 * Runs the blocks of a page one after the other in one shell, in the checkout and with a home of
 * their own, as a reader would who has several terminals. Stops at the first command that fails.
 * `words` are replaced in all of them, such as a port that may be taken.
 */
export async function runBlocks(
  blocks: readonly FencedBlock[],
  rules: readonly CommandRule[],
  words: Readonly<Record<string, string>> = {},
): Promise<ShellRun> {
  const home = mkdtempSync(join(tmpdir(), 'dodona-docs-'));
  try {
    const script = join(home, 'page.sh');
    const body = blocks.map((block) => scriptOf(block, rules)).join('\n');
    const fitting = Object.entries(words).reduce((text, [word, by]) => {
      return text.replaceAll(word, by);
    }, body);
    writeFileSync(script, `${PRELUDE}\n${fitting}\n`);
    const child = spawn('bash', [script], {
      cwd: projectRoot,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        NEO_GO: await ensureNeoGo(),
        HOME: home,
        DODONA_CACHE: cacheFolder(),
        PATH: `${join(import.meta.dirname, 'shims')}:${process.env.PATH}`,
      },
    });
    let transcript = '';
    const take = (part: Buffer): void => {
      transcript += part.toString('utf8');
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    const [exitCode] = (await once(child, 'close')) as [number | null];
    return { exitCode, transcript, outputOf: (command) => outputOf(transcript, command) };
  } finally {
    rmSync(home, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Stands before each command in the transcript. */
const MARK = '>>> ';

const PRELUDE = readFileSync(join(import.meta.dirname, 'doc-shell-prelude.sh'), 'utf8');

/** The commands of a block: lines, joined where they go on; heredocs and functions are whole. */
export function commandsOf({ text }: FencedBlock): string[] {
  const commands: string[] = [];
  let open: string[] = [];
  let heredoc: string | null = null;
  for (const line of text.split('\n')) {
    if (open.length === 0 && /^\s*(?:#|$)/.test(line)) continue;
    open.push(line);
    if (heredoc !== null) {
      if (line.trim() !== heredoc) continue;
      heredoc = null;
    } else {
      heredoc = /<<'?(\w+)'?\s*$/.exec(line)?.[1] ?? null;
      const isFunction = /^\w+\(\) \{/.test(open[0] ?? '') && line !== '}';
      const isQuoted = open.join('\n').split("'").length % 2 === 0;
      if (heredoc !== null || isFunction || isQuoted || line.endsWith('\\')) continue;
    }
    commands.push(open.join('\n'));
    open = [];
  }
  if (open.length > 0) throw new Error(`a command does not end: ${open.join('\n')}`);
  return commands;
}

function scriptOf(block: FencedBlock, rules: readonly CommandRule[]): string {
  return commandsOf(block)
    .map((command) => {
      const place = `echo ${quoted(`${MARK}${block.page}:${block.line}: ${command}`)}`;
      const rule = rules.find(({ when }) => when.test(command));
      const run = rule?.as === undefined ? command : rule.as(command);
      switch (rule?.how.kind) {
        case 'skip':
          return '';
        case 'background':
          return `${place}\nbackground ${quoted(rule.how.until)} ${quoted(run)}`;
        case 'retry':
          return `${place}\nretry ${quoted(rule.how.until)} ${quoted(run)}`;
        default:
          return `${place}\n${run}`;
      }
    })
    .join('\n');
}

function outputOf(transcript: string, command: string): string {
  const part = transcript
    .split(MARK)
    .findLast((text) => text.slice(text.indexOf(': ') + 2).startsWith(command));
  if (part === undefined) throw new Error(`nothing was run that begins with: ${command}`);
  return part;
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
