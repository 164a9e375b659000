import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { dataAt } from '../../src/config/config-layers.js';
import { keyText } from '../../src/config/config-problem.js';
import { configSchema } from '../../src/config/config-schema.js';
import { schemaAt, valuePaths } from '../../src/config/schema-problems.js';
import { expectedBy } from '../../src/config/value-schema.js';
import { readYaml, type YamlSource } from '../../src/config/yaml-source.js';
import { projectRoot } from '../ensure/paths.mjs';
import { code, markdownTable } from './markdown.js';

/** What a file must say at the least, so that the defaults of all else show. */
const LEAST = {
  network: { magic: '1', rpc: ['https://rpc.example'] },
  gateway: { hash: `0x${'00'.repeat(19)}01` },
  wallet: { file: 'wallet.json', passwordFile: 'wallet.password' },
};

/** Sections of the configuration file, in its order. `preset` stands alone. */
export const configSections = (): string[] => [
  ...new Set(valuePaths().flatMap(([section = '', ...key]) => (key.length > 0 ? [section] : []))),
];

/** The keys of a section: default, what is accepted, and what the example file says of each. */
export function configTable(section: string): string {
  const text = readFileSync(join(projectRoot, 'node.config.example.yaml'), 'utf8');
  // Keys that begin with "#" and no space after it are switched on, to be found.
  const everything = text.replace(/^( *)#(?=[A-Za-z]| {2}- )/gm, '$1');
  const example = readYaml('node.config.example.yaml', everything) as YamlSource;
  const defaults = z.encode(configSchema, configSchema.parse(LEAST));
  const rows = valuePaths()
    .filter(([first, ...rest]) => first === section && rest.length > 0)
    .map((path) => {
      const [key, value] = [keyText(path), dataAt(defaults, path)];
      const isGiven = value === undefined || dataAt(LEAST, path) !== undefined;
      const shown = isGiven ? 'none' : code(valueText(value));
      const line = example.placeOf(path, 'key')?.line ?? 1;
      return [
        code(key),
        shown,
        briefly(expectedBy(schemaAt(path))),
        meaningAbove(everything, line),
      ];
    });
  return markdownTable(['key', 'default', 'accepted', 'meaning'], rows);
}

const valueText = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value);

/** How values are written stands once above the tables, not in each row. */
const briefly = (expected: string): string =>
  expected
    .replace(/, written as .*$/, '')
    .replace(/ with at most 8 decimals$/, '')
    .replace(/^(?:a duration|a size|a whole number|an amount|a percentage) (?=from)/, '')
    .replace(/^one of /, '');

/** The comment right above a line, as one text. */
function meaningAbove(text: string, line: number): string {
  const lines = text.split('\n').slice(0, line - 1);
  const words: string[] = [];
  for (let comment = lines.pop(); comment?.trim().startsWith('# '); comment = lines.pop()) {
    words.unshift(comment.trim().slice(2).trim());
  }
  return words
    .join(' ')
    .replace(/ ?No default\.$/, '')
    .replace('No default:', 'Without it:');
}
