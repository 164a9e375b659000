import type { z } from 'zod';
import type { logSchema } from './config-schema.js';

export interface LogConfig {
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  readonly format: 'auto' | 'pretty' | 'json';
  readonly file: string | null;
  readonly maxFileBytes: number;
  readonly maxFiles: number;
}

export const logConfig = (
  log: z.output<typeof logSchema>,
  path: (text: string) => string,
): LogConfig => ({
  level: log.level,
  format: log.format,
  file: log.file === undefined ? null : path(log.file),
  maxFileBytes: log.maxFileSize,
  maxFiles: log.maxFiles,
});
