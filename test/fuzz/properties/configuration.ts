import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { projectRoot } from '../../../scripts/ensure/paths.mjs';
import type { NodeError } from '../../../src/base/node-error.js';
import { loadConfigWithOrigins } from '../../../src/config/load-config.js';
import { loadSignerConfig } from '../../../src/config/signer-config.js';
import { readYaml, type YamlSource } from '../../../src/config/yaml-source.js';
import { breakages, writeJson } from '../broken-text.js';
import type { FuzzProperty } from '../fuzz-property.js';
import { type Json, mutate, mutations } from '../mutate-json.js';
import { assertTypedRefusal } from '../typed-refusal.js';

const LOADERS = {
  'node.config.example.yaml': loadConfigWithOrigins,
  'signer.config.example.yaml': loadSignerConfig,
} as const;
type Example = keyof typeof LOADERS;
const examples = fc.constantFrom(...(Object.keys(LOADERS) as Example[]));

/** An example with every key switched on. */
const everything = (name: Example): string =>
  readFileSync(join(projectRoot, name), 'utf8').replace(/^( *)#(?=[A-Za-z]| {2}- )/gm, '$1');

/** Made by the thread that needs it. */
const scratch: { dir: string | null } = { dir: null };
const scratchDir = (): string => {
  scratch.dir ??= mkdtempSync(join(tmpdir(), 'dodona-fuzz-config-'));
  return scratch.dir;
};
export async function close(): Promise<void> {
  if (scratch.dir !== null) rmSync(scratch.dir, { recursive: true, force: true });
}

/** Loads, or is refused with the place in the file of each problem. */
function assertLoaded(name: Example, text: string): void {
  const file = join(scratchDir(), 'fuzzed.yaml');
  writeFileSync(file, text);
  try {
    LOADERS[name](file);
  } catch (thrown) {
    assertTypedRefusal(thrown, /^CONFIG_(?:READ|INVALID)$/);
    const { code, details } = thrown as NodeError;
    if (code !== 'CONFIG_INVALID') return;
    const { problems } = details as { problems: readonly Record<string, unknown>[] };
    assert.ok(problems.length > 0, 'no problem is told');
    const lines = text.split('\n').length;
    for (const { file: told, line, column, problem, expected, todo } of problems) {
      assert.equal(told, file);
      assert.ok(Number(line) >= 1 && Number(line) <= lines, `line ${line} of ${lines}`);
      assert.ok(Number(column) >= 1, `column ${column}`);
      for (const part of [problem, expected, todo])
        assert.ok(String(part).length > 3, String(part));
    }
  }
}

/** What people and programs write into YAML. */
const lines = fc.constantFrom(
  ...['a: &a [*a]', '<<: *x', '!!js/function x', '? [a, b]\n: c', '--- \n...', '%YAML 9.9'],
  ...['__proto__: {a: 1}', 'constructor: x', 'toString: 1', '\t- a', '- - - a', '{', '}', '|', '>'],
  ...['preset: mainnet', 'preset: [mainnet]', 'a: b: c', '# x', '"', "'", ': ', '?', '-', '\u0085'],
  ...['x: "\\x"', `${'x'.repeat(30_000)}: 1`, `x: ${'9'.repeat(30_000)}`, '- '.repeat(5_000)],
);

export const PROPERTIES: readonly FuzzProperty[] = [
  {
    name: 'as a text with something wrong in it loads, or says where it is wrong',
    runs: 60,
    make: () =>
      fc.property(
        ...([
          examples,
          breakages,
          fc.array(fc.tuple(fc.nat(1_000), lines), { maxLength: 3 }),
        ] as const),
        (name, breakage, more) => {
          const all = everything(name).split('\n');
          for (const [at, line] of more) all.splice(at % all.length, 0, line);
          assertLoaded(name, breakage(all.join('\n')));
        },
      ),
  },
  {
    name: 'with other values and keys loads, or says where it is wrong',
    runs: 60,
    make: () =>
      fc.property(examples, mutations, (name, changes) => {
        // JSON is YAML too.
        const { data } = readYaml(name, everything(name)) as YamlSource;
        assertLoaded(name, writeJson(mutate(data as Json, changes)));
      }),
  },
];
