import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { createLogger, format, type Logger, transports } from 'winston';
import type { Clock } from '../base/clock.js';
import type { Log, LogFacts } from './log.js';
import { jsonLine, type LogLevel, type LogRecord, prettyLine } from './log-line.js';
import { createRotatingFile } from './rotating-file.js';
import { safeFacts, safeText } from './safe-facts.js';

/** Errors and warnings that `recentTrouble` remembers. */
export const MAX_RECENT_TROUBLE = 20;
/** How long closing may wait for a slow disk. */
const CLOSE_TIMEOUT_MS = 2_000;
/** Under winston's key for the rendered line. */
const MESSAGE = Symbol.for('message');
const LEVELS: Readonly<Record<LogLevel, number>> = { error: 0, warn: 1, info: 2, debug: 3 };

export interface LogOptions {
  readonly level: LogLevel;
  /** auto: pretty on a terminal, JSON elsewhere. */
  readonly format: 'auto' | 'pretty' | 'json';
  /** Gets the same events as JSON lines, mode 0600. */
  readonly file: string | null;
  /** At this size the file is put aside and a new one begun. */
  readonly maxFileBytes: number;
  /** Files kept, the current one among them. */
  readonly maxFiles: number;
  readonly clock: Clock;
  /** Whether a terminal may be written to in colour (see https://no-color.org). */
  readonly colour?: boolean;
  /** Standard error of the process. */
  readonly stream: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/** The process's log. No call ever throws; a stream that fails loses lines, not the node. */
export interface ProcessLog extends Log {
  /** The latest errors and warnings, newest first. */
  recentTrouble(): readonly LogRecord[];
  /** Resolves once everything is written, or after two seconds. */
  close(): Promise<void>;
}

/** A log that writes through winston. Facts pass `safeFacts` before anything is done with them. */
export function createLog(options: LogOptions): ProcessLog {
  const logger = createWinston(options);
  const trouble: LogRecord[] = [];
  const swallow = (): void => {};
  options.stream.on('error', swallow);

  const write: Write = (level, event, base, facts) => {
    if (LEVELS[level] > LEVELS[options.level]) return;
    try {
      const safe = safeFacts(facts);
      const record = recordOf(
        options.clock,
        level,
        event,
        base === NONE ? safe : { ...base, ...safe },
      );
      if (level === 'error' || level === 'warn') {
        trouble.unshift(record);
        trouble.length = Math.min(trouble.length, MAX_RECENT_TROUBLE);
      }
      logger.log({ level, message: record.event, record });
    } catch {
      // A log that can't be written must not stop the work that it tells of.
    }
  };
  return {
    ...bind(write, NONE),
    recentTrouble: () => [...trouble],
    async close() {
      const ended = Promise.all(logger.transports.map((target) => once(target, 'finish')));
      const patience = new AbortController();
      const overdue = options.clock.sleep(CLOSE_TIMEOUT_MS, patience.signal);
      logger.end();
      await Promise.race([ended, overdue]).catch(swallow);
      patience.abort();
      await overdue.catch(swallow);
      options.stream.off('error', swallow);
    },
  };
}

type SafeFacts = LogRecord['facts'];
const NONE: SafeFacts = {};
type Write = (level: LogLevel, event: string, base: SafeFacts, facts: LogFacts) => void;

function bind(write: Write, base: SafeFacts): Log {
  const at =
    (level: LogLevel) =>
    (event: string, facts: LogFacts = {}): void =>
      write(level, event, base, facts);
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (facts) => bind(write, { ...base, ...safeFacts(facts) }),
  };
}

function recordOf(clock: Clock, level: LogLevel, event: string, facts: SafeFacts): LogRecord {
  return { atMs: clock.nowMs(), level, event: safeText(String(event)), facts };
}

function createWinston(options: LogOptions): Logger {
  const { stream, file } = options;
  const isTerminal = stream.isTTY === true;
  const pretty = options.format === 'pretty' || (options.format === 'auto' && isTerminal);
  const colour = isTerminal && options.colour !== false;
  const target = (to: NodeJS.WritableStream, render: (record: LogRecord) => string) =>
    new transports.Stream({
      stream: to,
      eol: '\n',
      format: format((info) => {
        info[MESSAGE] = render(info.record as LogRecord);
        return info;
      })(),
    });
  const targets = [target(stream, pretty ? (record) => prettyLine(record, colour) : jsonLine)];
  if (file !== null) targets.push(target(openFile(file, options), jsonLine));
  const logger = createLogger({
    levels: { ...LEVELS },
    level: options.level,
    // Each target renders its own line; left to itself winston would make JSON of each for nobody.
    format: format((info) => info)(),
    exitOnError: false,
    transports: targets,
  });
  logger.on('error', () => {});
  return logger;
}

function openFile(path: string, { maxFileBytes, maxFiles, stream, clock }: LogOptions): Writable {
  return createRotatingFile({
    path,
    maxBytes: maxFileBytes,
    maxFiles,
    onFailure(error) {
      // Straight to the stream: the logger is in the middle of a line.
      const facts = safeFacts({ file: path, error });
      stream.write(`${jsonLine(recordOf(clock, 'error', 'log file failed', facts))}\n`);
    },
  });
}
