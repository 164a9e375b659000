import { Command } from 'commander';
import { checkConfigFiles } from '../config/check-files.js';
import { loadConfigWithOrigins } from '../config/load-config.js';
import { createLog } from '../telemetry/create-log.js';
import { createMetrics } from '../telemetry/metrics.js';
import type { CommandContext } from './command-context.js';
import { type CommonOptions, EXIT_CODE_HELP, withCommonOptions } from './command-options.js';
import { reportError } from './report-error.js';
import { runNode } from './run-node.js';

const HELP = `
Runs in the foreground and logs to standard error. SIGTERM, SIGINT (Ctrl-C) and SIGHUP stop it
gracefully within 10 s, a second one at once; nothing is lost either way. With --json it prints one
line on standard output once it works: {"started":true,"pid","url"}.

Before the first start:
  1. copy node.config.example.yaml to node.config.yaml and fill in gateway, wallet and network
  2. chmod 600 the password file
  3. dodona config validate
${EXIT_CODE_HELP}`;

export function startCommand(
  context: CommandContext,
  setExitCode: (code: number) => void,
): Command {
  return withCommonOptions(new Command('start'))
    .description('run the node until it is told to stop')
    .addHelpText('after', HELP)
    .action(async (options: CommonOptions) => {
      const loaded = loadConfigWithOrigins(options.config);
      checkConfigFiles(loaded);
      const { config } = loaded;
      const { clock, version } = context;
      const asJson = options.json === true;
      const { errorStream: stream, colour = true } = context;
      const log = createLog({ ...config.log, clock, stream, colour });
      const metrics = createMetrics({ version, process: true });
      try {
        log.info('dodona starts', { version, pid: process.pid, config: config.file });
        const node = await context.createNode({ config, log, metrics, clock, version });
        const { exitCode, error } = await runNode({
          node,
          log,
          clock,
          process: context.process,
          exitNow: context.exitNow,
          onStarted({ url }) {
            if (asJson) context.print(JSON.stringify({ started: true, pid: process.pid, url }));
          },
        });
        // The log has it; a person, or a program that asked for JSON, is told in their own form.
        const isWatched = context.errorStream.isTTY === true;
        if (error !== null && (asJson || isWatched)) reportError(context, error, asJson);
        setExitCode(exitCode);
      } finally {
        await log.close();
      }
    });
}
