import { Command, CommanderError } from 'commander';
import { jsonText } from '../api/json-text.js';
import { alertsCommand } from './alerts-command.js';
import { apiKeysCommand } from './api-keys-command.js';
import { attestCommand } from './attest-command.js';
import { auditCommand } from './audit-command.js';
import { backupCommand } from './backup-command.js';
import type { CommandContext } from './command-context.js';
import { EXIT_CODE_HELP } from './command-options.js';
import { configCommand } from './config-command.js';
import { consoleCommand } from './console-command.js';
import { doctorCommand } from './doctor-command.js';
import { drillCommand } from './drill-command.js';
import { estimateCommand } from './estimate-command.js';
import { evidenceCommand } from './evidence-command.js';
import { ExitCode } from './exit-code.js';
import { explainCommand } from './explain-command.js';
import { functionCommand } from './function-command.js';
import { gasbankCommand } from './gasbank-command.js';
import { gatewayCommand } from './gateway-command.js';
import { healthCommand } from './health-command.js';
import { keysCommand } from './keys-command.js';
import { pricesCommand } from './prices-command.js';
import { reportError } from './report-error.js';
import { requestsCommand } from './requests-command.js';
import { restoreCommand } from './restore-command.js';
import { secretsCommand } from './secrets-command.js';
import { signerCommand } from './signer-command.js';
import { startCommand } from './start-command.js';
import { statusCommand } from './status-command.js';
import { LINE_COLUMNS } from './text-table.js';
import { upkeepsCommand } from './upkeeps-command.js';
import { verifyCommand } from './verify-command.js';

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
  const program = createProgram(context, (code) => {
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

/** The command tree; `setExitCode` is told what `start` ends with. */
function createProgram(context: CommandContext, setExitCode: (code: number) => void): Command {
  return (
    new Command('dodona')
      .description('Dodona: an oracle node for Neo N3, run by one operator as one process.')
      .version(context.version, '-V, --version', 'print the version')
      .helpOption('-h, --help', 'print help')
      .addHelpText('after', HELP)
      // What stands behind a command is that command's.
      .enablePositionalOptions()
      .addCommand(startCommand(context, setExitCode))
      .addCommand(statusCommand(context))
      .addCommand(consoleCommand(context))
      .addCommand(healthCommand(context))
      .addCommand(explainCommand(context))
      .addCommand(requestsCommand(context))
      .addCommand(gasbankCommand(context, setExitCode))
      .addCommand(gatewayCommand(context))
      .addCommand(estimateCommand(context))
      .addCommand(functionCommand(context, setExitCode))
      .addCommand(pricesCommand(context, setExitCode))
      .addCommand(upkeepsCommand(context))
      .addCommand(keysCommand(context))
      .addCommand(signerCommand(context, setExitCode))
      .addCommand(secretsCommand(context))
      .addCommand(apiKeysCommand(context))
      .addCommand(auditCommand(context))
      .addCommand(verifyCommand(context, setExitCode))
      .addCommand(evidenceCommand(context, setExitCode))
      .addCommand(attestCommand(context, setExitCode))
      .addCommand(alertsCommand(context))
      .addCommand(drillCommand(context, setExitCode))
      .addCommand(backupCommand(context))
      .addCommand(restoreCommand(context))
      .addCommand(configCommand(context))
      .addCommand(doctorCommand(context, setExitCode))
  );
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
