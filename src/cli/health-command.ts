import { Command } from 'commander';
import { NodeError } from '../base/node-error.js';
import { loadConfig } from '../config/load-config.js';
import type { CommandContext } from './command-context.js';
import { type CommonOptions, EXIT_CODE_HELP, withCommonOptions } from './command-options.js';
import { findRunningNode } from './running-node-view.js';

const HELP = `
For what watches processes, such as HEALTHCHECK of a container: asks the node that works on
storage.dir whether it lives, as /healthz does, and with --ready whether it can answer requests, as
/readyz does. Do not restart a node that is not ready: it waits for the network, and goes on.

Examples:
  dodona health
  dodona health --ready --json
${EXIT_CODE_HELP}`;

interface HealthOptions extends CommonOptions {
  readonly ready?: boolean;
}

export function healthCommand(context: CommandContext): Command {
  return withCommonOptions(new Command('health'))
    .option('--ready', 'ask whether it is ready, too')
    .description('whether the node lives: exit code 0, or 75')
    .addHelpText('after', HELP)
    .action(async (options: HealthOptions) => {
      const found = await findRunningNode(loadConfig(options.config));
      if (found.kind === 'unreachable') {
        throw new NodeError('NODE_NOT_RUNNING', found.why, {
          retryable: true,
          hint: 'look at the last line of its log',
        });
      }
      const { pid } = found;
      const reasons = options.ready === true ? await reasonsOf(found.view) : [];
      if (reasons.length > 0) {
        throw new NodeError('NODE_NOT_READY', `the node is not ready: ${reasons.join('; ')}`, {
          retryable: true,
          hint: 'see dodona status',
        });
      }
      const word = options.ready === true ? 'ready' : 'alive';
      context.print(options.json === true ? JSON.stringify({ ok: true, [word]: true, pid }) : word);
    });
}

async function reasonsOf(
  view: Extract<Awaited<ReturnType<typeof findRunningNode>>, { kind: 'running' }>['view'],
): Promise<readonly string[]> {
  const { readiness } = await view.status();
  return readiness?.ready === false ? readiness.reasons : [];
}
