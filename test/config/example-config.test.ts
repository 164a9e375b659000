import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dataAt } from '../../src/config/config-layers.js';
import { configSchema, PRESETS } from '../../src/config/config-schema.js';
import { loadConfig, loadConfigWithOrigins } from '../../src/config/load-config.js';
import { schemaAt, valuePaths } from '../../src/config/schema-problems.js';
import { readYaml, type YamlSource } from '../../src/config/yaml-source.js';
import { MINIMAL, scratchDirectory } from './config-file.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const EXAMPLE = join(ROOT, 'node.config.example.yaml');
const text = readFileSync(EXAMPLE, 'utf8');

/** The example with every key switched on: those that begin with "#" and no space after it. */
const everything = text.replace(/^( *)#(?=[A-Za-z]| {2}- )/gm, '$1');

function source(content: string): YamlSource {
  const read = readYaml('example.yaml', content);
  assert.ok(!Array.isArray(read), JSON.stringify(read));
  return read as YamlSource;
}

describe('node.config.example.yaml', () => {
  const scratch = scratchDirectory();
  after(() => scratch.remove());
  const full = source(everything);
  const lines = everything.split('\n');

  it('loads as it stands, and with every key switched on', () => {
    assert.equal(loadConfig(EXAMPLE).preset, 'testnet');
    // The key is here or at a signer, not both.
    const here = everything.replace(/^ +socket: .*$/m, '');
    const config = loadConfig(scratch.write('full.yaml', here));
    const atSigner = everything.replace(/^ {2}(?:file|passwordFile): .*wallet.*$/gm, '');
    const { wallet } = loadConfig(scratch.write('remote.yaml', atSigner));
    assert.equal(wallet.files, null);
    assert.equal(wallet.signer?.socketPath, join(scratch.dir, 'signer/signer.sock'));
    assert.equal(config.http.caFile, join(scratch.dir, 'ca.pem'));
    assert.equal(config.gateway.startBlock, 5_000_000);
  });

  it('has every key of the schema', () => {
    const missing = valuePaths().filter((path) => full.placeOf(path, 'key') === null);
    assert.deepEqual(missing, []);
  });

  it('explains every key and section in words right above it', () => {
    const sections = new Set(valuePaths().map((path) => path.slice(0, -1).join('.')));
    sections.delete('');
    const paths = [...valuePaths(), ...[...sections].map((name) => name.split('.'))];
    for (const path of paths) {
      const place = full.placeOf(path, 'key');
      const above = lines[(place?.line ?? 1) - 2] ?? '';
      assert.match(above, /^ *# .*[A-Za-z]{3}.*[.:]$/, `${path.join('.')} at line ${place?.line}`);
    }
  });

  it('shows the default of every key that has one, switched off', () => {
    const bare = loadConfigWithOrigins(scratch.write('bare.yaml', MINIMAL));
    const defaults = bare.settings.filter(({ place }) => place === null);
    assert.ok(defaults.length > 40);
    const own = source(text);
    for (const { path, key, value } of defaults) {
      assert.deepEqual(canonical(path, dataAt(full.data, path)), value, key);
      assert.equal(own.placeOf(path, 'key'), null, `${key} would hide what a preset says`);
    }
  });

  it('says "No default" of the keys without one, and of no other', () => {
    const bare = loadConfigWithOrigins(scratch.write('bare.yaml', MINIMAL));
    for (const path of valuePaths()) {
      const end = (full.placeOf(path, 'key')?.line ?? 1) - 1;
      let start = end;
      while (/^ *# /.test(lines[start - 1] ?? '')) start--;
      const words = lines.slice(start, end).join(' ').replaceAll(/\s+# /g, ' ');
      const setting = bare.settings.find(({ key }) => key === path.join('.'));
      const hasDefault = setting !== undefined && setting.place === null;
      assert.equal(/No default[.:]/.test(words), !hasDefault, path.join('.'));
    }
  });

  it('lists every preset, and no words beyond the shown forms', () => {
    for (const preset of PRESETS) assert.match(text, new RegExp(`\\b${preset}\\b`));
    assert.equal(configSchema.safeParse(full.data).success, true);
  });

  const canonical = (path: readonly (string | number)[], value: unknown): unknown => {
    const schema = schemaAt(path);
    return schema.encode(schema.parse(value));
  };
});

describe('presets', () => {
  const scratch = scratchDirectory();
  after(() => scratch.remove());
  const own = 'gateway: {hash: 0x0b0a090807060504030201000f0e0d0c0b0a0908, startBlock: 7}\n';
  const wallet = 'wallet: {file: w, passwordFile: p}\n';

  // Magics: neo-go, config/protocol.mainnet.yml and config/protocol.testnet.yml.
  for (const [preset, magic] of [
    ['mainnet', 860_833_102],
    ['testnet', 894_710_606],
  ] as const) {
    it(`${preset} needs only a gateway, its first block and a wallet besides`, () => {
      const path = scratch.write(`${preset}.yaml`, `preset: ${preset}\n${own}${wallet}`);
      const { network } = loadConfig(path);
      assert.equal(network.magic, magic);
      assert.ok(network.rpcUrls.length >= 2, 'failover needs two endpoints');
      assert.ok(network.rpcUrls.every((url) => url.startsWith('https://')));
    });
  }

  it('devnet needs what `npm run devnet` writes: magic and endpoint', () => {
    const network = 'network: {magic: 56753, rpc: [http://127.0.0.1:1]}\n';
    const path = scratch.write('devnet.yaml', `preset: devnet\n${network}${own}${wallet}`);
    assert.equal(loadConfig(path).api.port, 0);
  });

  it('hold no path, so that relative ones always count from the user file', () => {
    for (const preset of PRESETS) {
      const file = join(ROOT, 'config', `${preset}.yaml`);
      const read = readYaml(file, readFileSync(file, 'utf8')) as YamlSource;
      for (const key of ['wallet', 'storage', 'http.caFile', 'log.file']) {
        assert.equal(read.placeOf(key.split('.'), 'key'), null, `${preset}: ${key}`);
      }
    }
  });
});
