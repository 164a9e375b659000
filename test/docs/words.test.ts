import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readAbi } from '../../scripts/docs-tables/gateway-tables.js';
import { projectRoot } from '../../scripts/ensure/paths.mjs';
import { formatGas } from '../../src/base/datoshi.js';
import { configSchema } from '../../src/config/config-schema.js';
import { readDocument } from './fenced-blocks.js';

const operators = readDocument('docs/operators.md');
const authors = readDocument('docs/contract-authors.md');
const readme = readDocument('README.md');

const numberOf = (value: unknown): number =>
  typeof value === 'number' ? value : (value as { value: number }).value;

const grouped = (value: number): string => value.toLocaleString('en-US');

/** All text of the program. */
const program = readdirSync(join(projectRoot, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => readFileSync(join(projectRoot, 'src', name), 'utf8'))
  .join('\n');

/** Cells of a column of the first table below a heading. */
function column(text: string, heading: string, at: number): string[] {
  const [, below = ''] = text.split(`\n${heading}\n`);
  const rows = (below.split(/\n#+ /)[0] ?? '').split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((row) => row.split(' | ')[at] ?? '');
}

/** The parts of quoted words that stand in the program as they are. */
const fixedParts = (cell: string): string[] =>
  [...cell.matchAll(/`([^`]+)`/g)]
    .flatMap(([, quoted = '']) => quoted.split(/…|\d+|: |, |; /))
    .map((part) => part.trim())
    .filter((part) => part.length >= 8 && part.includes(' '));

describe('the words of the documents', () => {
  it('that quote the node are those that it says', () => {
    const cells = [
      ...column(operators, '## States and reasons', 2),
      ...column(operators, '## At three in the morning', 0),
    ];
    const parts = cells.flatMap(fixedParts);
    assert.equal(parts.length > 20, true);
    const plain = program.replace(/' \+\s*'|` \+\s*`|` \+\s*'|' \+\s*`/g, '');
    assert.deepEqual(
      parts.filter((part) => !plain.includes(part)),
      [],
    );
  });

  it('that tell of the first policy and of limits tell those of the gateway', () => {
    const { firstPolicy, limits } = readAbi();
    const minimum = formatGas(BigInt(numberOf(firstPolicy.firstMinimum))).replace(/0+$/, '');
    const lifetime = numberOf(firstPolicy.firstRequestLifetime);
    const kept = numberOf(firstPolicy.firstResultLifetime);
    const result = numberOf(limits.maxResultBytes as { value: number });
    for (const words of [
      `the policy's minimum, ${minimum} GAS at first`,
      `[refunded](#deadlines-and-refunds) after ${lifetime} blocks`,
      `the policy's lifetime of requests, ${lifetime} blocks at first`,
      `(${grouped(kept)} blocks at first)`,
      `${grouped(result)} bytes, and what gasForResponse pays for`,
    ]) {
      assert.equal(authors.includes(words), true, words);
    }
  });

  it('that tell of defaults tell those of the configuration', () => {
    const { filters, pipeline, api } = configSchema.parse({
      network: { magic: '1', rpc: ['https://rpc.example'] },
      gateway: { hash: `0x${'00'.repeat(19)}01` },
      wallet: { file: 'wallet.json', passwordFile: 'wallet.password' },
    });
    assert.deepEqual([pipeline.retryAttempts, pipeline.retryBackoff], [2, 1_000]);
    assert.equal(authors.includes('twice, after 1 s and then 2 s'), true);
    assert.equal(authors.includes(`A filter may take ${filters.timeout} ms`), true);
    assert.equal(operators.includes(`${api.host}:${api.port} unless configured`), true);
  });

  it('that name Node and Go name the versions that are asked for', () => {
    const requirements = readFileSync(
      join(projectRoot, 'scripts', 'ensure', 'requirements.mjs'),
      'utf8',
    );
    const versions = [...requirements.matchAll(/_MINIMUM = \[(\d+), (\d+)\]/g)].map(
      ([, major, minor]) => `${major}.${minor}`,
    );
    assert.equal(versions.length, 2);
    for (const version of versions) {
      assert.equal(readme.includes(`${version} or newer`), true, version);
      assert.equal(operators.includes(`${version} or newer`), true, version);
    }
  });
});
