/** Waiting times that double with each failure in a row. */
export interface BackOff {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** How long to wait after `failures` failures in a row, at least one. */
export const backOffMs = ({ firstMs, maxMs }: BackOff, failures: number): number =>
  Math.min(maxMs, firstMs * 2 ** Math.min(Math.max(failures - 1, 0), 30));
