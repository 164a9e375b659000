import { Command } from 'commander';
import { NodeError } from '../base/node-error.js';
import { loadConfig } from '../config/load-config.js';
import type { CommandContext } from './command-context.js';
import { type CommonOptions, EXIT_CODE_HELP, withCommonOptions } from './command-options.js';
import { findRunningNode } from './running-node-view.js';

const HELP = `
Prints a link that opens the console of the running node in a browser on this machine. It signs in
once, within two minutes; the browser then stays signed in for twelve hours, for reading only.
From another machine: forward the port first (ssh -L 7411:127.0.0.1:7411 HOST), then open the link.

Examples:
  dodona console
  dodona console --config /etc/dodona/node.yaml --json
${EXIT_CODE_HELP}`;

export function consoleCommand(context: CommandContext): Command {
  return withCommonOptions(new Command('console'))
    .description('a link, good for one sign-in, to the page that shows the running node')
    .addHelpText('after', HELP)
    .action(async (options: CommonOptions) => {
      const found = await findRunningNode(loadConfig(options.config));
      if (found.kind === 'unreachable') throw notRunning(found.why);
      const { url, code, expiresAt } = await found.newConsoleLink();
      // Behind # it reaches no server's log and no other page.
      const link = `${url}/console#code=${code}`;
      context.print(options.json === true ? JSON.stringify({ link, expiresAt }) : link);
    });
}

const notRunning = (why: string): NodeError =>
  new NodeError('NODE_NOT_RUNNING', `the console is a page of the running node, and ${why}`, {
    retryable: true,
    hint: 'start it with dodona start; without it dodona status reads the database',
  });
