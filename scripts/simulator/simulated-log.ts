import type { Clock } from '../../src/base/clock.js';
import type { ProcessLog } from '../../src/telemetry/create-log.js';
import type { LogFacts } from '../../src/telemetry/log.js';
import { jsonLine, type LogLevel } from '../../src/telemetry/log-line.js';
import type { Metrics } from '../../src/telemetry/metrics.js';
import { safeFacts } from '../../src/telemetry/safe-facts.js';
import type { History } from './history.js';
import type { Life } from './life.js';

export interface NodeLogParts {
  readonly name: string;
  readonly history: History;
  readonly clock: Clock;
  readonly life: Life;
  readonly isSecret: (text: string) => boolean;
  readonly fail: (what: string) => void;
}

/** The node's log as lines of the history, rendered by the node's own means. */
export function createNodeLog(parts: NodeLogParts): ProcessLog {
  const { name, history, clock, life } = parts;

  function write(level: LogLevel, event: string, facts: LogFacts): void {
    if (life.isOver() || level === 'debug') return;
    const record = { atMs: clock.nowMs(), level, event, facts: safeFacts(facts) };
    const line = jsonLine(record);
    if (parts.isSecret(line)) parts.fail(`${name} logged a secret: ${event}`);
    const isBug = level === 'error' && event.includes('fault of the node');
    if (isBug) parts.fail(`${name} met a fault of its own: ${line}`);
    history.note(`${name} ${level}: ${line.slice(line.indexOf('"event"'))}`);
  }

  function withFacts(base: LogFacts): Omit<ProcessLog, 'recentTrouble' | 'close'> {
    const at =
      (level: LogLevel) =>
      (event: string, facts: LogFacts = {}): void =>
        write(level, event, { ...base, ...facts });
    return {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      child: (facts) => withFacts({ ...base, ...facts }),
    };
  }

  return { ...withFacts({}), recentTrouble: () => [], close: async () => {} };
}

const nothing = (): void => {};

/** Measures nothing: no promise hangs on it. */
export const silentMetrics = new Proxy({} as Metrics, { get: () => nothing });
