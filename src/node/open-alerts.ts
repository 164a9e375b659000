import { readFileSync } from 'node:fs';
import { type AlertMessage, alertMessage, type MessageSender } from '../alerts/alert-message.js';
import { createAlertStore } from '../alerts/alert-store.js';
import { ALERTS } from '../alerts/alert-table.js';
import { createCommandChannel } from '../alerts/command-channel.js';
import { createDelivery } from '../alerts/deliver-alerts.js';
import { createAlertWatch, type FiringAlert } from '../alerts/watch-alerts.js';
import { type AlertChannel, createWebhookChannel } from '../alerts/webhook-channel.js';
import type { Clock } from '../base/clock.js';
import { messageOf } from '../base/node-error.js';
import type { NodeConfig } from '../config/node-config.js';
import { readPasswordFile } from '../config/password-file.js';
import { createGuardedFetch } from '../net/guarded-fetch.js';
import { DEFAULT_HTTP_LIMITS } from '../net/http-limits.js';
import type { Database } from '../storage/database.js';
import type { Gauges } from './gauges.js';
import type { NodeOptions } from './node-options.js';

/** The node's own alerts. */
export interface NodeAlerts {
  /** What fires now, the worst first. */
  firing(): readonly FiringAlert[];
  /** Looks again and again until the signal, and tells of what it finds. Never rejects. */
  run(gauges: Pick<Gauges, 'refresh'>, signal: AbortSignal): Promise<void>;
}

/** Of an answer to a webhook only the status is read. */
const MAX_BODY_BYTES = 1_024;

/** The ways in which messages go out, by the configuration, and what is open for them. */
export function openAlertChannels(
  { alerts, http }: Pick<NodeConfig, 'alerts' | 'http'>,
  clock: Clock,
): { readonly channels: readonly AlertChannel[]; close(): void } {
  const { webhook, command, allow } = alerts;
  const channels: AlertChannel[] = [];
  const timeouts = {
    totalTimeoutMs: webhook?.timeoutMs ?? 0,
    connectTimeoutMs: webhook?.timeoutMs ?? 0,
  };
  const ca = http.caFile === null ? undefined : readFileSync(http.caFile, 'utf8');
  const limits = { ...DEFAULT_HTTP_LIMITS, ...timeouts, maxBodyBytes: MAX_BODY_BYTES };
  const fetch = webhook === null ? null : createGuardedFetch({ limits, allow, clock, ca });
  if (webhook !== null && fetch !== null) {
    const { url, secretFile } = webhook;
    const readSecret = secretFile === null ? null : () => readPasswordFile(secretFile);
    channels.push(createWebhookChannel({ url, readSecret, fetch, clock }));
  }
  if (command !== null) channels.push(createCommandChannel({ ...command, clock }));
  return { channels, close: () => fetch?.close() };
}

/** `sender` is asked at each message: the node's account may have changed. */
export function openAlerts(
  options: NodeOptions,
  db: Database,
  sender: () => MessageSender,
): NodeAlerts {
  const { config, clock, log, metrics } = options;
  const { everyMs, calmMs, repeatMs, minSeverity, runbook } = config.alerts;
  const watch = createAlertWatch({
    ...{ alerts: ALERTS, clock, calmMs, repeatMs },
    samples: metrics.samples,
    store: createAlertStore(db),
    onUnsaved: (error) => log.warn('alerts not kept', { reason: messageOf(error) }),
  });

  /** One look; what there is to tell of it, or null. */
  async function look(gauges: Pick<Gauges, 'refresh'>): Promise<AlertMessage | null> {
    await gauges.refresh();
    const news = await watch.look();
    const told = watch
      .firing()
      .map(({ alert }) => ({ alert: alert.name, severity: alert.severity }));
    metrics.alertsFiring(told);
    for (const { alert, kind, summary } of news) {
      const facts = { alert: alert.name, severity: alert.severity, reason: summary };
      if (kind === 'resolved') log.info('alert resolved', facts);
      else log.info(kind === 'firing' ? 'alert fires' : 'alert still fires', facts);
    }
    const sent = news.filter(
      ({ alert }) => minSeverity === 'warning' || alert.severity === 'critical',
    );
    if (sent.length === 0) return null;
    return alertMessage(sent, sender(), clock.nowMs(), runbook ?? undefined);
  }

  return {
    firing: watch.firing,
    async run(gauges, signal) {
      const { channels, close } = openAlertChannels(config, clock);
      const onResult = metrics.alertDelivery;
      const delivery = createDelivery({ channels, log, onResult, signal });
      while (!signal.aborted) {
        try {
          const message = await look(gauges);
          if (message !== null) delivery.send(message);
        } catch (error) {
          // Trouble of the disk, say: the work that it stops is told of by that work.
          if (!signal.aborted) log.warn('alerts not looked at', { reason: messageOf(error) });
        }
        await clock.sleep(everyMs, signal).catch(() => {});
      }
      await delivery.idle();
      close();
    },
  };
}
