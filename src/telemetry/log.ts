/**
 * Structured log: an event in a few words, then facts. One line an event. Facts never hold secrets;
 * a bigint prints as decimal text. The request's id, where there is one, is the field `requestId`.
 */
export interface Log {
  debug(event: string, facts?: LogFacts): void;
  info(event: string, facts?: LogFacts): void;
  warn(event: string, facts?: LogFacts): void;
  error(event: string, facts?: LogFacts): void;
  /** A log whose lines all carry these facts too. */
  child(facts: LogFacts): Log;
}

export type LogFacts = Readonly<Record<string, unknown>>;

const nothing = (): void => {};

/** A log that writes nothing. */
export const silentLog: Log = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  child: () => silentLog,
};
