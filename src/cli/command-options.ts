import type { Command } from 'commander';

export const DEFAULT_CONFIG_FILE = 'node.config.yaml';

export interface CommonOptions {
  readonly config: string;
  readonly json?: boolean;
}

/** What every command takes. */
export function withCommonOptions(command: Command): Command {
  return command
    .option('-c, --config <file>', 'configuration file of the node', DEFAULT_CONFIG_FILE)
    .option('--json', 'print JSON for programs instead of text for people');
}

export const EXIT_CODE_HELP = `
Exit codes: 0 done, 1 something is yours to fix, 70 a bug, 75 try again later (RPC down, busy).`;
