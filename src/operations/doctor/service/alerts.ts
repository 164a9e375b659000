import type { AlertMessage } from '../../../alerts/alert-message.js';
import type { AlertChannel } from '../../../alerts/webhook-channel.js';
import { type Check, check, fail, ok, skipped, warning } from '../finding.js';

/** Makes the message that tries whether messages arrive. */
export type MakeTest = () => Promise<AlertMessage>;

/**
 * Whether anybody is told when something is wrong. With `makeTest`, a message is sent. `channels`
 * is null where what they need could not be read.
 */
export function alertChecks(
  channels: readonly AlertChannel[] | null,
  makeTest: MakeTest | null,
): Check[] {
  if (channels === null) {
    const why = 'the authorities that it trusts were not read: see files.http.caFile';
    return [check('alerts.channels', () => skipped(why))];
  }
  const names = channels.map(({ name }) => name).join(' and ');
  const configured = check('alerts.channels', () =>
    channels.length > 0
      ? ok(`by ${names}`)
      : warning({
          expected: 'a way to tell an operator: a webhook, a command, or Prometheus',
          found: 'alerts: names none',
          fix: 'Set alerts.webhook.url or alerts.command.run, or alert by docs/monitoring.md.',
        }),
  );
  return [configured, ...channels.map((channel) => deliveryCheck(channel, makeTest))];
}

const deliveryCheck = (channel: AlertChannel, makeTest: MakeTest | null): Check =>
  check(
    'alerts.delivery',
    async (signal) => {
      if (makeTest === null) return skipped('not tried: --send-test sends a test message');
      const failure = await channel.deliver(await makeTest(), signal);
      if (failure === null) return ok('the test message was delivered');
      return fail({
        expected: 'that a test message is delivered',
        found: failure,
        fix: 'Mend what it says, and try again with dodona alerts test.',
      });
    },
    channel.name,
  );
