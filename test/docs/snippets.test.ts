import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ensureNeoGo } from '../../scripts/ensure/neo-go.mjs';
import { projectRoot } from '../../scripts/ensure/paths.mjs';
import { loadAttestationPolicy } from '../../src/config/attestation-policy.js';
import { loadConfig } from '../../src/config/load-config.js';
import { loadFeeds } from '../../src/config/load-feeds.js';
import { loadSignerConfig } from '../../src/config/signer-config.js';
import { readFixture } from '../../src/operations/function-fixture.js';
import { parseHttpSpec } from '../../src/resolvers/http-spec.js';
import { DOCUMENTS, type FencedBlock, fencedBlocks, languagesOf } from './fenced-blocks.js';

/** Those that a test looks at; `bash`, `sh` and `text` in *-commands.test.ts. */
const LANGUAGES = ['bash', 'diff', 'go', 'json', 'sh', 'text', 'yaml'];

const CONTRACTS = join(projectRoot, 'contracts');
const EXAMPLE = join(CONTRACTS, 'examples', 'consumer');
const sourceOf = (name: string): string =>
  readFileSync(join(CONTRACTS, 'examples', name, `${name}.go`), 'utf8');
const consumer = sourceOf('consumer');
const examples = [consumer, sourceOf('prices'), sourceOf('raffle'), sourceOf('upkeep')];

const blocksOf = (language: string): FencedBlock[] =>
  DOCUMENTS.flatMap((page) => fencedBlocks(page, language));
const placeOf = ({ page, line }: FencedBlock): string => `${page}:${line}`;

/** The lines of a diff that begin with a sign, without it. */
const signed = ({ text }: FencedBlock, sign: '+' | '-'): string[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith(sign))
    .map((line) => line.slice(1).trim());

describe('the snippets of the documents', () => {
  const folders: string[] = [];
  after(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });
  const newFolder = (): string => {
    const folder = mkdtempSync(join(tmpdir(), 'dodona-docs-'));
    folders.push(folder);
    return folder;
  };

  it('are in languages that are looked at', () => {
    for (const page of DOCUMENTS) {
      const unknown = [...languagesOf(page)].filter((name) => !LANGUAGES.includes(name));
      assert.deepEqual(unknown, [], page);
    }
  });

  it('in Go are lines of an example contract', () => {
    const blocks = blocksOf('go');
    assert.equal(blocks.length > 0, true);
    for (const block of blocks) {
      const isIn = examples.some((example) => example.includes(block.text.trimEnd()));
      assert.equal(isIn, true, `${placeOf(block)}`);
    }
  });

  it('in Go of a migration lead from a contract of the native oracle to the example', async () => {
    for (const page of ['README.md', 'docs/contract-authors.md']) {
      let before = consumer;
      for (const block of fencedBlocks(page, 'diff')) {
        const [old, now] = [signed(block, '-'), signed(block, '+')];
        assert.deepEqual([old.length, now.length], [1, 1], placeOf(block));
        assert.equal(before.includes(now[0] as string), true, `${placeOf(block)}: ${now[0]}`);
        before = before.replaceAll(now[0] as string, old[0] as string);
      }
      assert.match(before, /oracle\.Request\(/);
      assert.match(before, /oracle\.Hash/);
      const native = '"github.com/nspcc-dev/neo-go/pkg/interop/native/oracle"';
      before = before.replace('import (', `import (\n\t${native}`);
      await compile(newFolder(), before);
    }
  });

  it('in YAML of a permission allow the example to be compiled', async () => {
    const blocks = blocksOf('yaml').filter(({ text }) => text.startsWith('permissions:'));
    assert.equal(blocks.length > 0, true);
    for (const { text } of blocks) {
      const { permissions } = parse(text, { schema: 'failsafe' });
      const folder = newFolder();
      const natives = [{ methods: '*' }];
      await compile(folder, consumer, { permissions: [...permissions, ...natives] });
      const manifest = JSON.parse(readFileSync(join(folder, 'out.manifest.json'), 'utf8'));
      const { contract, methods } = manifest.permissions[0];
      assert.equal(contract, `0x${permissions[0].hash}`);
      assert.deepEqual(methods, ['request']);
    }
  });

  it('in YAML of a configuration are taken by the node', () => {
    const blocks = blocksOf('yaml').filter(({ text }) => text.startsWith('preset:'));
    assert.equal(blocks.length > 0, true);
    for (const { text } of blocks) {
      const file = join(newFolder(), 'node.config.yaml');
      writeFileSync(file, text);
      assert.equal(loadConfig(file).network.magic, 894_710_606);
    }
  });

  it('in YAML of a signer are taken by it', () => {
    const blocks = blocksOf('yaml').filter(({ text }) => text.startsWith('network:'));
    assert.equal(blocks.length, 1);
    for (const { text } of blocks) {
      const file = join(newFolder(), 'signer.config.yaml');
      writeFileSync(file, text);
      assert.equal(loadSignerConfig(file).policy.magic, 894_710_606);
    }
  });

  it('in YAML of a section of the configuration are taken by the node', () => {
    const blocks = blocksOf('yaml').filter(({ text }) => /^(?:alerts|canary):/.test(text));
    assert.equal(blocks.length, 2);
    for (const block of blocks) {
      const least = fencedBlocks('docs/operators.md', 'yaml').find(({ text }) =>
        text.startsWith('preset:'),
      );
      const file = join(newFolder(), 'node.config.yaml');
      writeFileSync(file, `${least?.text}${block.text}`);
      loadConfig(file);
    }
  });

  it('in YAML of a feed are taken by the node', () => {
    const blocks = blocksOf('yaml').filter(({ text }) => text.startsWith('pair:'));
    assert.equal(blocks.length > 0, true);
    for (const { text } of blocks) {
      const folder = newFolder();
      writeFileSync(join(folder, 'feed.yaml'), text);
      assert.equal(loadFeeds([folder]).length, 1);
    }
  });

  it('in YAML of a policy of attestation are taken by `attest verify`', () => {
    const blocks = blocksOf('yaml').filter(({ text }) => text.startsWith('magic:'));
    assert.equal(blocks.length, 1);
    for (const { text } of blocks) {
      const file = join(newFolder(), 'policy.yaml');
      writeFileSync(file, text);
      assert.equal(loadAttestationPolicy(file).tdx?.mrTd.length, 1);
    }
  });

  it('in YAML are all looked at', () => {
    for (const block of blocksOf('yaml')) {
      assert.match(
        block.text,
        /^(?:permissions|preset|network|pair|magic|alerts|canary):/,
        placeOf(block),
      );
    }
  });

  it('in JSON can be read, and specs of requestHttp are taken by the node', () => {
    const specs = blocksOf('json').filter(({ text }) => {
      const value: object = JSON.parse(text);
      return 'url' in value;
    });
    assert.equal(specs.length >= 2, true);
    for (const block of specs) {
      assert.equal(parseHttpSpec(block.text.trim()).kind, 'spec', placeOf(block));
    }
  });

  it('in JSON of fixtures are taken by `function run`', () => {
    const fixtures = blocksOf('json').filter(({ text }) => 'fetches' in JSON.parse(text));
    assert.equal(fixtures.length, 1);
    for (const { text } of fixtures) assert.equal(readFixture(text).fetches.length, 1);
  });
});

/** Compiles a contract with the example's configuration, changed; throws what neo-go says. */
async function compile(folder: string, source: string, changes: object = {}): Promise<void> {
  for (const name of ['go.mod', 'go.sum']) cpSync(join(CONTRACTS, name), join(folder, name));
  writeFileSync(join(folder, 'contract.go'), source);
  const config = parse(readFileSync(join(EXAMPLE, 'consumer.yml'), 'utf8'), { schema: 'failsafe' });
  writeFileSync(join(folder, 'contract.yml'), JSON.stringify({ ...config, ...changes }));
  const out = ['-o', join(folder, 'out.nef'), '-m', join(folder, 'out.manifest.json')];
  const args = ['contract', 'compile', '-i', folder, '-c', join(folder, 'contract.yml'), ...out];
  execFileSync(await ensureNeoGo(), args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
}
