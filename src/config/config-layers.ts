import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { messageOf, NodeError } from '../base/node-error.js';
import { type ConfigProblem, configInvalid, type KeyPath, type Place } from './config-problem.js';
import { configSchema, PRESETS, type Preset } from './config-schema.js';
import { unwrapped } from './value-schema.js';
import { readYaml, type YamlSource } from './yaml-source.js';

/** Larger files are refused: a configuration is a page or two. */
const MAX_FILE_BYTES = 1_048_576;
/** config/ of the package, seen from src/config and from dist/config alike. */
const PRESET_DIR = fileURLToPath(new URL('../../config/', import.meta.url));

/** A configuration file over its preset, with where every value comes from. */
export interface ConfigLayers {
  /** The file that was asked for, absolute. */
  readonly file: string;
  readonly preset: Preset | null;
  /** The file's values over those of the preset. Lists are replaced, sections merged. */
  readonly data: unknown;
  /** Where a value was written, or null where neither file has it. */
  originOf(path: KeyPath): Place | null;
  /** Where to point at for a key that may be missing: itself, else the section it belongs to. */
  placeFor(path: KeyPath, part: 'key' | 'value'): Place;
}

/**
 * Reads a file and the preset it names. Throws a NodeError: CONFIG_READ when a file cannot be read,
 * CONFIG_INVALID when one is not YAML.
 */
export function readLayers(path: string, presetDir: string = PRESET_DIR): ConfigLayers {
  const file = resolve(path);
  const own = readSource(file);
  const preset = presetOf(own.data);
  const base = preset === null ? null : readSource(resolve(presetDir, `${preset}.yaml`));
  const sources = base === null ? [own] : [own, base];
  const find = (path: KeyPath, part: 'key' | 'value'): Place | null => {
    for (const source of sources) {
      const place = path.length === 0 ? null : source.placeOf(path, part);
      if (place !== null) return place;
    }
    return null;
  };
  return {
    file,
    preset,
    data: withSections(configSchema, base === null ? own.data : merged(base.data, own.data)),
    originOf: (path) => find(path, 'value'),
    placeFor(path, part) {
      for (let length = path.length; length > 0; length--) {
        const place = find(path.slice(0, length), length === path.length ? part : 'key');
        if (place !== null) return place;
      }
      return { file, line: 1, column: 1 };
    },
  };
}

function readSource(file: string): YamlSource {
  let text: string;
  try {
    const { size } = statSync(file);
    if (size > MAX_FILE_BYTES) {
      throw new NodeError('CONFIG_READ', `${file} has ${size} bytes, more than ${MAX_FILE_BYTES}`, {
        hint: 'name the YAML file of the node, e.g. --config node.config.yaml',
      });
    }
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    if (cause instanceof NodeError) throw cause;
    throw new NodeError('CONFIG_READ', `cannot read the configuration: ${messageOf(cause)}`, {
      cause,
      hint: 'give its path with --config FILE; node.config.example.yaml is a start',
    });
  }
  const source = readYaml(file, text);
  if (Array.isArray(source)) throw configInvalid(file, source as ConfigProblem[]);
  return source as YamlSource;
}

/** The preset's name, if it is a valid one; the schema complains about any other. */
function presetOf(data: unknown): Preset | null {
  const name = isSection(data) ? data.preset : undefined;
  return PRESETS.find((preset) => preset === name) ?? null;
}

function merged(base: unknown, over: unknown): unknown {
  if (over === undefined || over === null || (over === '' && isSection(base))) return base;
  if (!isSection(base) || !isSection(over)) return over;
  const keys = new Set([...Object.keys(base), ...Object.keys(over)]);
  return Object.fromEntries(
    [...keys].map((key) => {
      const [below, above] = [own(base, key), own(over, key)];
      return [key, above === undefined ? below : merged(below, above)];
    }),
  );
}

/**
 * The data with an empty section wherever one is missing or has no keys, as when all of them are
 * commented out: so that each missing key is reported by itself.
 */
export function withSections(schema: z.ZodType, data: unknown): unknown {
  const inner = unwrapped(schema);
  if (!(inner instanceof z.ZodObject)) return data;
  const section = data === undefined || data === null || data === '' ? {} : data;
  if (!isSection(section)) return section;
  const entries = Object.entries(inner.shape)
    .map(([key, value]) => [key, withSections(value as z.ZodType, own(section, key))] as const)
    .filter(([, value]) => value !== undefined);
  return Object.fromEntries([...Object.entries(section), ...entries]);
}

const own = (section: Section, key: string): unknown =>
  Object.hasOwn(section, key) ? section[key] : undefined;

export type Section = Readonly<Record<string, unknown>>;

export const isSection = (data: unknown): data is Section =>
  typeof data === 'object' && data !== null && !Array.isArray(data);

/** What stands at a path of the data, undefined where nothing does. */
export function dataAt(data: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>((node, step) => {
    if (Array.isArray(node)) return node[step as number];
    return isSection(node) ? own(node, String(step)) : undefined;
  }, data);
}
