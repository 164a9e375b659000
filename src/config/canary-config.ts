import type { Datoshi } from '../base/datoshi.js';
import type { FileValues } from './config-schema.js';

/** A request that the node makes to itself at intervals. */
export interface CanaryConfig {
  readonly url: string;
  readonly filter: string;
  readonly everyMs: number;
  /** An answer that takes longer is no success. */
  readonly timeoutMs: number;
  /** What one answer may be charged. */
  readonly maxFee: Datoshi;
}

const DAY_MS = 86_400_000;

export function canaryConfig(canary: FileValues['canary']): CanaryConfig | null {
  const { url, filter = '', every, timeout, maxFee } = canary;
  return url === undefined ? null : { url, filter, everyMs: every, timeoutMs: timeout, maxFee };
}

/** Requests a day, and what their answers may be charged at most; asking costs fees besides. */
export function canaryPerDay({ everyMs, maxFee }: CanaryConfig) {
  const requests = Math.ceil(DAY_MS / everyMs);
  return { requests, mostChargedDatoshi: BigInt(requests) * maxFee };
}
