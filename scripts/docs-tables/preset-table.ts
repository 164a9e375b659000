import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataAt } from '../../src/config/config-layers.js';
import { keyText } from '../../src/config/config-problem.js';
import { valuePaths } from '../../src/config/schema-problems.js';
import { readYaml, type YamlSource } from '../../src/config/yaml-source.js';
import { projectRoot } from '../ensure/paths.mjs';
import { code, markdownTable } from './markdown.js';

const PUBLIC = ['testnet', 'mainnet'] as const;

/** What the presets of public networks set; elsewhere the default holds. */
export function presetTable(): string {
  const presets = PUBLIC.map((name) => {
    const file = join(projectRoot, 'config', `${name}.yaml`);
    return (readYaml(file, readFileSync(file, 'utf8')) as YamlSource).data;
  });
  const rows = valuePaths().flatMap((path) => {
    const values = presets.map((data) => dataAt(data, path));
    if (values.every((value) => value === undefined)) return [];
    return [[code(keyText(path)), ...values.map(shown)]];
  });
  return markdownTable(['key', ...PUBLIC], rows);
}

function shown(value: unknown): string {
  if (value === undefined) return 'the default';
  return Array.isArray(value)
    ? value.map((each) => code(String(each))).join(', ')
    : code(`${value}`);
}
