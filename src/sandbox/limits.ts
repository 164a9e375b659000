/** Bounds of one execution. Times in milliseconds, sizes in bytes unless it says otherwise. */
export interface SandboxLimits {
  /** Time that the code itself may run; waiting for fetches is not counted. */
  readonly busyMs: number;
  /** From the start to the end, waiting included. */
  readonly wallMs: number;
  /** How much longer than busyMs code may run that cannot be interrupted: then its thread ends. */
  readonly graceMs: number;
  readonly heapBytes: number;
  readonly stackBytes: number;
  readonly sourceBytes: number;
  /** Of the arguments' JSON text. */
  readonly argsBytes: number;
  readonly resultBytes: number;
  /** Fetches that may be begun. */
  readonly fetches: number;
  /** Of one answer's body. */
  readonly fetchBytes: number;
  /** Of one fetch's own body. */
  readonly fetchRequestBytes: number;
  /** Secrets that may be asked for, the same one twice counting twice. */
  readonly secrets: number;
  readonly logLines: number;
  /** Of one line; what is over is cut off. In UTF-16 units. */
  readonly logLineChars: number;
}

/** The design's Numbers, and for what it leaves open values that honest functions stay below. */
export const DEFAULT_SANDBOX_LIMITS: SandboxLimits = Object.freeze({
  busyMs: 5_000,
  wallMs: 15_000,
  graceMs: 500,
  heapBytes: 32 * 1024 * 1024,
  stackBytes: 512 * 1024,
  sourceBytes: 64 * 1024,
  argsBytes: 64 * 1024,
  resultBytes: 60 * 1024,
  fetches: 10,
  fetchBytes: 2 * 1024 * 1024,
  fetchRequestBytes: 64 * 1024,
  secrets: 10,
  logLines: 100,
  logLineChars: 1_000,
});
