import { z } from 'zod';
import { type ConfigLayers, dataAt } from './config-layers.js';
import { type KeyPath, keyText, type Place } from './config-problem.js';
import { configSchema, type FileValues } from './config-schema.js';
import { valuePaths } from './schema-problems.js';

/** One value in effect. */
export interface Setting {
  readonly path: KeyPath;
  /** Key path such as network.pollInterval. */
  readonly key: string;
  /** As the file would write it; lists as arrays. */
  readonly value: unknown;
  /** Where it was written; null when it is the default. */
  readonly place: Place | null;
}

/** Every key that has a value, in the schema's order. Optional keys that were not given are out. */
export function effectiveSettings(layers: ConfigLayers, values: FileValues): Setting[] {
  const written = z.encode(configSchema, values);
  return valuePaths().flatMap((path) => {
    const value = dataAt(written, path);
    if (value === undefined) return [];
    return [{ path, key: keyText(path), value, place: layers.originOf(path) }];
  });
}
