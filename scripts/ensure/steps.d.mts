/** Something that the reader can put right; its message is one sentence that says what to do. */
export class SetupError extends Error {
  constructor(message: string, output?: string);
  /** What a failed command printed, or "". */
  readonly output: string;
}

export interface Steps {
  say(line: string): void;
  step<T>(title: string, work: (detail: (text: string) => void) => Promise<T>): Promise<T>;
  finished(): { title: string; ms: number }[];
}

export function createSteps(options?: {
  write?: (text: string) => void;
  isTerminal?: boolean;
  nowMs?: () => number;
}): Steps;

/** Milliseconds as seconds with one decimal, e.g. "3.2 s". */
export function seconds(ms: number): string;
