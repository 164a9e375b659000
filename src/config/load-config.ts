import { z } from 'zod';
import { isSection, readLayers } from './config-layers.js';
import { type ConfigProblem, configInvalid, type KeyPath, keyText } from './config-problem.js';
import { configSchema, type FileValues } from './config-schema.js';
import { CROSS_CHECKS } from './cross-checks.js';
import { effectiveSettings, type Setting } from './effective-settings.js';
import { type NodeConfig, nodeConfig } from './node-config.js';
import { schemaProblems } from './schema-problems.js';
import { unwrapped } from './value-schema.js';

export interface LoadedConfig {
  readonly config: NodeConfig;
  /** Every value in effect, as the file would write it, and where it comes from. */
  readonly settings: readonly Setting[];
}

export interface LoadOptions {
  /** Directory of the presets; config/ of the package unless a test has its own. */
  readonly presetDir?: string;
}

/**
 * Reads a configuration file over its preset and the defaults; touches no other file.
 * Throws a NodeError: CONFIG_READ, or CONFIG_INVALID with every problem (`details.problems`), each
 * with its file, line, column and key, what was wrong, what was expected and what to do.
 */
export function loadConfig(path: string, options: LoadOptions = {}): NodeConfig {
  return loadConfigWithOrigins(path, options).config;
}

/** As `loadConfig`, and tells of each value where it comes from. */
export function loadConfigWithOrigins(path: string, options: LoadOptions = {}): LoadedConfig {
  const layers = readLayers(path, options.presetDir);
  const result = configSchema.safeParse(layers.data);
  const problems = result.success ? [] : schemaProblems(layers, result.error);
  const broken = result.success ? [] : brokenPaths(result.error);
  problems.push(...crossProblems(layers, broken));
  if (!result.success || problems.length > 0) throw configInvalid(layers.file, problems);
  return {
    config: nodeConfig(layers.file, result.data),
    settings: effectiveSettings(layers, result.data),
  };
}

/** Rules between keys, as far as their keys are valid, so that one run tells everything. */
function crossProblems(
  layers: ReturnType<typeof readLayers>,
  broken: readonly KeyPath[],
): ConfigProblem[] {
  const values = readLeniently(configSchema, layers.data) as FileValues;
  const brokenKeys = broken.map(keyText);
  const isWithin = (key: string, other: string): boolean =>
    other === '' || key === other || key.startsWith(`${other}.`) || key.startsWith(`${other}[`);
  const touches = (key: string, other: string): boolean =>
    isWithin(key, other) || isWithin(other, key);
  return CROSS_CHECKS.flatMap((check) => {
    if (check.keys.some((key) => brokenKeys.some((other) => touches(key, other)))) return [];
    const clash = check.find(values);
    if (clash === null) return [];
    const [key] = check.keys;
    return [{ ...clash, key, place: layers.placeFor(key.split('.'), 'value') }];
  });
}

/** Where values are unusable. An unknown key spoils nothing but the list item that it stands in. */
function brokenPaths(error: z.ZodError): KeyPath[] {
  return error.issues
    .filter(({ code, path }) => code !== 'unrecognized_keys' || path.some(Number.isInteger))
    .map((issue) => issue.path as KeyPath);
}

/** The values that are valid by themselves; undefined in place of the others. */
function readLeniently(schema: z.ZodType, data: unknown): unknown {
  const inner = unwrapped(schema);
  if (!(inner instanceof z.ZodObject)) return schema.safeParse(data).data;
  const section = isSection(data) ? data : {};
  return Object.fromEntries(
    Object.entries(inner.shape).map(([key, value]) => [
      key,
      readLeniently(value as z.ZodType, Object.hasOwn(section, key) ? section[key] : undefined),
    ]),
  );
}
