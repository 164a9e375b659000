import type { Command } from 'commander';
import type { CommandContext } from './command-context.js';

/** Makes a command; `setExitCode` is told what it ends with where that is not 0. */
export type LoadCommand = (
  context: CommandContext,
  setExitCode: (code: number) => void,
) => Promise<Command>;

/**
 * All commands by name, in the order in which help lists them. Each is imported only when it is
 * asked for: to read what all of them stand on takes longer than most of them run.
 */
export const COMMANDS: ReadonlyMap<string, LoadCommand> = new Map(
  Object.entries<LoadCommand>({
    start: async (context, setExitCode) =>
      (await import('./start-command.js')).startCommand(context, setExitCode),
    status: async (context) => (await import('./status-command.js')).statusCommand(context),
    console: async (context) => (await import('./console-command.js')).consoleCommand(context),
    health: async (context) => (await import('./health-command.js')).healthCommand(context),
    explain: async (context) => (await import('./explain-command.js')).explainCommand(context),
    requests: async (context) => (await import('./requests-command.js')).requestsCommand(context),
    gasbank: async (context, setExitCode) =>
      (await import('./gasbank-command.js')).gasbankCommand(context, setExitCode),
    gateway: async (context) => (await import('./gateway-command.js')).gatewayCommand(context),
    estimate: async (context) => (await import('./estimate-command.js')).estimateCommand(context),
    function: async (context, setExitCode) =>
      (await import('./function-command.js')).functionCommand(context, setExitCode),
    prices: async (context, setExitCode) =>
      (await import('./prices-command.js')).pricesCommand(context, setExitCode),
    upkeeps: async (context) => (await import('./upkeeps-command.js')).upkeepsCommand(context),
    keys: async (context) => (await import('./keys-command.js')).keysCommand(context),
    signer: async (context, setExitCode) =>
      (await import('./signer-command.js')).signerCommand(context, setExitCode),
    secrets: async (context) => (await import('./secrets-command.js')).secretsCommand(context),
    'api-keys': async (context) => (await import('./api-keys-command.js')).apiKeysCommand(context),
    audit: async (context) => (await import('./audit-command.js')).auditCommand(context),
    verify: async (context, setExitCode) =>
      (await import('./verify-command.js')).verifyCommand(context, setExitCode),
    evidence: async (context, setExitCode) =>
      (await import('./evidence-command.js')).evidenceCommand(context, setExitCode),
    attest: async (context, setExitCode) =>
      (await import('./attest-command.js')).attestCommand(context, setExitCode),
    alerts: async (context) => (await import('./alerts-command.js')).alertsCommand(context),
    drill: async (context, setExitCode) =>
      (await import('./drill-command.js')).drillCommand(context, setExitCode),
    backup: async (context) => (await import('./backup-command.js')).backupCommand(context),
    restore: async (context) => (await import('./restore-command.js')).restoreCommand(context),
    config: async (context) => (await import('./config-command.js')).configCommand(context),
    doctor: async (context, setExitCode) =>
      (await import('./doctor-command.js')).doctorCommand(context, setExitCode),
  }),
);
