import { messageOf } from '../base/node-error.js';
import type { Log } from '../telemetry/log.js';
import type { AlertMessage } from './alert-message.js';
import type { AlertChannel } from './webhook-channel.js';

/** Messages that wait for a channel; of more the oldest are dropped. */
const MAX_WAITING = 20;

export type DeliveryResult = 'delivered' | 'failed' | 'dropped';

/**
 * Sends messages by every channel, one at a time each. Whoever has something to tell never waits:
 * a receiver that hangs costs its own messages.
 */
export function createDelivery(options: {
  readonly channels: readonly AlertChannel[];
  readonly log: Log;
  readonly onResult: (channel: string, result: DeliveryResult) => void;
  readonly signal: AbortSignal;
}) {
  const { log, onResult, signal } = options;
  const lanes = options.channels.map((channel) => ({
    channel,
    waiting: [] as AlertMessage[],
    isBusy: false,
    work: Promise.resolve(),
  }));

  async function work(lane: (typeof lanes)[number]): Promise<void> {
    const { channel, waiting } = lane;
    lane.isBusy = true;
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      if (signal.aborted) break;
      const why = await channel.deliver(next, signal).catch(messageOf);
      onResult(channel.name, why === null ? 'delivered' : 'failed');
      if (why !== null) log.warn('alert not delivered', { channel: channel.name, reason: why });
    }
    lane.isBusy = false;
  }

  return {
    send(message: AlertMessage): void {
      for (const lane of lanes) {
        lane.waiting.push(message);
        if (lane.waiting.length > MAX_WAITING) {
          lane.waiting.shift();
          onResult(lane.channel.name, 'dropped');
        }
        if (!lane.isBusy) lane.work = work(lane);
      }
    },
    /** Resolves when nothing waits any more. */
    async idle(): Promise<void> {
      await Promise.all(lanes.map((lane) => lane.work));
    },
  };
}
