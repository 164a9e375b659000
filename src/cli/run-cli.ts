import { Command, CommanderError } from 'commander';
import { jsonText } from '../api/json-text.js';
import type { CommandContext } from './command-context.js';
import { EXIT_CODE_HELP } from './command-options.js';
import { COMMANDS, type LoadCommand } from './command-table.js';
import { ExitCode } from './exit-code.js';
import { reportError } from './report-error.js';
import { LINE_COLUMNS } from './text-table.js';

const HELP = `
When something is wrong:
  dodona status                      is it running, in step, funded? what went wrong lately?
  dodona requests list --state stuck which requests cannot be answered
  dodona explain ID                  why a request is where it is, and what happens next
  dodona config validate             is the configuration right?
  dodona doctor                      is all that the node needs in order, and how is it fixed?
Every command takes --json, and --help tells more.
${EXIT_CODE_HELP}`;

/** Runs a command line (without the program's name). Resolves with the exit code; never rejects. */
export async function runCli(words: readonly string[], context: CommandContext): Promise<number> {
  const asJson = words.includes('--json');
  let exitCode: number = ExitCode.done;
  const program = await createProgram(words, context, (code) => {
    exitCode = code;
  });
  const usageErrors: string[] = [];
  let wrong = program;
  forEachCommand(program, (command) =>
    command.exitOverride().configureOutput({
      writeOut: (text) => context.print(text.trimEnd()),
      writeErr: (text) => {
        wrong = command;
        usageErrors.push(text.trimEnd());
      },
      getOutHelpWidth: () => LINE_COLUMNS,
      getErrHelpWidth: () => LINE_COLUMNS,
    }),
  );
  try {
    await program.parseAsync(words, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) return reportError(context, error, asJson);
    if (error.exitCode === 0) return ExitCode.done;
    return reportUsage(context, usageErrors.join('\n'), wrong, asJson);
  }
}

/** The command tree, as far as the words need it; `setExitCode` is told what it ends with. */
async function createProgram(
  words: readonly string[],
  context: CommandContext,
  setExitCode: (code: number) => void,
): Promise<Command> {
  const program = new Command('dodona')
    .description('Dodona: an oracle node for Neo N3, run by one operator as one process.')
    .version(context.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .addHelpText('after', HELP)
    // What stands behind a command is that command's.
    .enablePositionalOptions();
  for (const load of neededOf(words)) program.addCommand(await load(context, setExitCode));
  return program;
}

/** The command that is named first; all of them for help, and for words that name none. */
function neededOf([first = '']: readonly string[]): LoadCommand[] {
  if (first === '-V' || first === '--version') return [];
  const named = COMMANDS.get(first);
  return named === undefined ? [...COMMANDS.values()] : [named];
}

function forEachCommand(command: Command, change: (command: Command) => void): void {
  change(command);
  for (const inner of command.commands) forEachCommand(inner, change);
}

/** What commander says of a wrong command line: its message with its suggestion, or the help. */
function reportUsage(
  context: CommandContext,
  message: string,
  command: Command,
  asJson: boolean,
): ExitCode {
  if (asJson) {
    const error = { code: 'USAGE', message, retryable: false };
    context.print(jsonText({ ok: false, exitCode: ExitCode.fixIt, error }));
  } else {
    context.complain(message);
    if (message.startsWith('error:')) context.complain(`to do: see ${wordsOf(command)} --help`);
  }
  return ExitCode.fixIt;
}

/** The words that name a command: dodona upkeeps show. */
function wordsOf(command: Command): string {
  const above = command.parent;
  return above === null ? command.name() : `${wordsOf(above)} ${command.name()}`;
}
