import { shorten } from '../base/bytes.js';
import type { Hash160 } from '../base/hash.js';
import { RUNBOOK, runbookLink } from './alert-table.js';
import type { AlertNews } from './watch-alerts.js';

/** Alerts in one message, at most; the rest is told as a number. */
const MAX_ALERTS = 50;
const MAX_LABEL_CHARS = 200;

/** Which node a message is from. */
export interface MessageSender {
  /** Of the network. */
  readonly magic: number;
  readonly gateway: Hash160;
  readonly account: Hash160;
  readonly version: string;
}

/** What a webhook gets as its body, and a command on its standard input. */
export interface AlertMessage {
  /** Of this form; it grows only. */
  readonly version: 1;
  /** `test`: somebody tries whether messages arrive. */
  readonly kind: 'alerts' | 'test';
  readonly sentAt: string;
  readonly node: MessageSender;
  readonly alerts: readonly {
    readonly alert: string;
    readonly kind: AlertNews['kind'];
    readonly severity: string;
    readonly area: string;
    readonly summary: string;
    readonly labels: Readonly<Record<string, string>>;
    /** What was measured; null where it is not known. */
    readonly value: number | null;
    readonly since: string;
    readonly runbook: string;
  }[];
  /** Alerts that had no room in the message. */
  readonly more: number;
}

/** One message about everything that one look found; `runbook` is the address of the runbook. */
export function alertMessage(
  news: readonly AlertNews[],
  node: MessageSender,
  nowMs: number,
  runbook: string = RUNBOOK,
): AlertMessage {
  return {
    version: 1,
    kind: 'alerts',
    sentAt: new Date(nowMs).toISOString(),
    node,
    alerts: news.slice(0, MAX_ALERTS).map(({ alert, kind, summary, labels, value, sinceMs }) => ({
      ...{ alert: alert.name, kind, severity: alert.severity, area: alert.area, summary },
      labels: Object.fromEntries(
        Object.entries(labels).map(([name, text]) => [name, shorten(text, MAX_LABEL_CHARS)]),
      ),
      value: value !== null && Number.isFinite(value) ? value : null,
      since: new Date(sinceMs).toISOString(),
      runbook: runbookLink(alert, runbook),
    })),
    more: Math.max(0, news.length - MAX_ALERTS),
  };
}

/** A message that says only that messages arrive. */
export const testMessage = (node: MessageSender, nowMs: number): AlertMessage => ({
  ...{ version: 1, kind: 'test', sentAt: new Date(nowMs).toISOString(), node, alerts: [], more: 0 },
});
