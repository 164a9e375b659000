import { createHash, type Hash } from 'node:crypto';

/** Everything that happened in a simulation, in order. */
export interface History {
  /** `what` in a line; `detail`, which may be long, counts for the digest. */
  note(what: string, detail?: string): void;
  /** The latest lines. */
  latest(): readonly string[];
  /** SHA-256 over all of it so far, in hex. */
  digest(): string;
}

/** Lines that are kept to be shown when a seed fails. */
const LATEST_LINES = 50;

export function createHistory(nowMs: () => number, tell?: (line: string) => void): History {
  const hash: Hash = createHash('sha256');
  const latest: string[] = [];
  return {
    note(what, detail = '') {
      const line = `${nowMs().toFixed(1)} ${what}`;
      hash.update(`${line}\n${detail}\n`);
      latest.push(line);
      if (latest.length > LATEST_LINES) latest.shift();
      tell?.(line);
    },
    latest: () => latest,
    digest: () => hash.copy().digest('hex'),
  };
}
