import type { FileValues } from './config-schema.js';
import type { HttpConfig } from './node-config.js';

/** How the node watches itself, and whom it tells. */
export interface AlertsConfig {
  /** How often the node looks at its own figures. */
  readonly everyMs: number;
  /** While an alert fires it is told of again so often. */
  readonly repeatMs: number;
  /** What has ended for less counts as firing still. */
  readonly calmMs: number;
  /** The least that is sent. */
  readonly minSeverity: 'warning' | 'critical';
  /** Null: none. */
  readonly webhook: {
    readonly url: string;
    /** Null: messages are not signed. */
    readonly secretFile: string | null;
    readonly timeoutMs: number;
  } | null;
  /** Where messages say that the runbook is; null: in the repository. */
  readonly runbook: string | null;
  /** A program with its arguments; null: none. */
  readonly command: { readonly argv: readonly string[]; readonly timeoutMs: number } | null;
  /** What the webhook may reach besides public addresses. */
  readonly allow: HttpConfig['allow'];
}

export function alertsConfig(
  { webhook, command, ...alerts }: FileValues['alerts'],
  path: (text: string | undefined) => string | null,
): AlertsConfig {
  const { url, secretFile, timeout } = webhook;
  return {
    everyMs: alerts.every,
    repeatMs: alerts.repeat,
    calmMs: alerts.calm,
    minSeverity: alerts.severity,
    runbook: alerts.runbook ?? null,
    webhook: url === undefined ? null : { url, secretFile: path(secretFile), timeoutMs: timeout },
    command: command.run === undefined ? null : { argv: command.run, timeoutMs: command.timeout },
    allow: alerts.allow,
  };
}
