import { Command } from 'commander';
import { testMessage } from '../alerts/alert-message.js';
import { NodeError } from '../base/node-error.js';
import { loadConfig } from '../config/load-config.js';
import type { CommandContext } from './command-context.js';
import { type CommonOptions, EXIT_CODE_HELP, withCommonOptions } from './command-options.js';
import { alertsText } from './status-command.js';
import { labelled } from './text-table.js';
import { visible } from './visible-text.js';
import { sourceNote, withNodeView } from './with-node-view.js';

const LIST_HELP = `
Asks the running node; when none answers, shows what fired when it was stopped. What to do about
each is in docs/runbook.md.

Examples:
  dodona alerts list
  dodona alerts list --json
${EXIT_CODE_HELP}`;

const TEST_HELP = `
Sends a message that says only that messages arrive, by every way that alerts: in the configuration
names, and tells what became of it. The node need not run.

Examples:
  dodona alerts test --config node.config.yaml
${EXIT_CODE_HELP}`;

export function alertsCommand(context: CommandContext): Command {
  const list = withCommonOptions(new Command('list'))
    .description('which alerts fire now')
    .addHelpText('after', LIST_HELP)
    .action(async (options: CommonOptions) => {
      const config = loadConfig(options.config);
      const { answer, source } = await withNodeView(context, config, (view) => view.status());
      const { alerts } = answer;
      const note = sourceNote(source);
      if (options.json === true) context.print(JSON.stringify({ source, alerts }));
      else {
        if (note !== null) context.print(note);
        context.print(alertsText(alerts, context.clock.nowMs()));
      }
    });
  const test = withCommonOptions(new Command('test'))
    .description('send a test message by every configured way')
    .addHelpText('after', TEST_HELP)
    .action((options: CommonOptions) => sendTest(context, options));
  return new Command('alerts')
    .description('show what fires, or try whether messages arrive')
    .addCommand(list)
    .addCommand(test);
}

async function sendTest(context: CommandContext, options: CommonOptions): Promise<void> {
  const { configuredAccount } = await import('../node/open-keys.js');
  const { openAlertChannels } = await import('../node/open-alerts.js');
  const config = loadConfig(options.config);
  const { channels, close } = openAlertChannels(config, context.clock);
  if (channels.length === 0) {
    throw new NodeError('NO_ALERT_CHANNEL', 'alerts: names no way to send messages', {
      hint: 'set alerts.webhook.url or alerts.command.run in the configuration',
    });
  }
  const sender = {
    magic: config.network.magic,
    gateway: config.gateway.hash,
    account: await configuredAccount(config, context.clock),
    version: context.version,
  };
  const message = testMessage(sender, context.clock.nowMs());
  const never = new AbortController().signal;
  const results = await Promise.all(
    channels.map(async (channel) => ({
      channel: channel.name,
      failure: await channel.deliver(message, never),
    })),
  ).finally(close);
  const failed = results.filter(({ failure }) => failure !== null);
  if (options.json === true) context.print(JSON.stringify({ ok: failed.length === 0, results }));
  else {
    for (const { channel, failure } of results) {
      context.print(
        labelled(channel, failure === null ? 'delivered' : `FAILED: ${visible(failure)}`),
      );
    }
  }
  if (failed.length === 0) return;
  const names = failed.map(({ channel }) => channel).join(' and ');
  throw new NodeError('ALERT_UNDELIVERED', `the message did not get through by ${names}`, {
    retryable: true,
    hint: 'mend what is told above, and try again',
  });
}
