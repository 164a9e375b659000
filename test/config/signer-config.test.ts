import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseGas } from '../../src/base/datoshi.js';
import { NodeError } from '../../src/base/node-error.js';
import { dataAt } from '../../src/config/config-layers.js';
import { valuePaths } from '../../src/config/schema-problems.js';
import { loadSignerConfig, SIGNABLE, signerSchema } from '../../src/config/signer-config.js';
import { readYaml, type YamlSource } from '../../src/config/yaml-source.js';
import { scratchDirectory } from './config-file.js';

const EXAMPLE = fileURLToPath(new URL('../../signer.config.example.yaml', import.meta.url));
const text = readFileSync(EXAMPLE, 'utf8');
const everything = text.replace(/^( *)#(?=[A-Za-z])/gm, '$1');

describe('signer.config.example.yaml', () => {
  const scratch = scratchDirectory();
  after(() => scratch.remove());
  const full = readYaml('example.yaml', everything) as YamlSource;
  const lines = everything.split('\n');

  it('loads as it stands, with the least that a node needs allowed', () => {
    const config = loadSignerConfig(EXAMPLE);
    assert.deepEqual(config.policy.allowed, [
      'respond',
      'expire',
      'submitPrices',
      'performUpkeeps',
    ]);
    assert.deepEqual(config.policy.payTo, []);
    assert.equal(config.policy.maxPerHourDatoshi, parseGas('50'));
    assert.equal(config.socket.access, 'owner');
    assert.equal(config.wallet.passwordFile, null);
  });

  it('has every key of the schema, explained right above it, with its default', () => {
    const bare = loadSignerConfig(EXAMPLE);
    const whole = loadSignerConfig(scratch.write('full.yaml', everything));
    assert.deepEqual(whole.policy, bare.policy);
    assert.equal(whole.log.maxFileBytes, bare.log.maxFileBytes);
    assert.equal(whole.maxConnections, bare.maxConnections);
    for (const path of valuePaths(signerSchema)) {
      const place = full.placeOf(path, 'key');
      assert.ok(place, `${path.join('.')} is not in the example`);
      assert.match(lines[place.line - 2] ?? '', /^ *# .*[A-Za-z]{3}.*[.:]$/, path.join('.'));
    }
    const all = valuePaths(signerSchema).map((path) => path.join('.'));
    const words = text.replaceAll(/\s+# /g, ' ');
    for (const word of SIGNABLE) assert.match(words, new RegExp(`\\b${word}\\b`));
    assert.ok(all.length >= 16 && dataAt(full.data, ['policy', 'maxFee']) === '10.5 GAS');
  });

  it('is refused with place and remedy where a key is unknown, missing or wrong', () => {
    const wrong = text
      .replace('#maxPerHour: 50 GAS', 'maxPerHuor: 50 GAS')
      .replace('magic: 894710606', '#magic: 894710606')
      .replace('#allow: [respond,', 'allow: [revokeNodeAccount,');
    const file = scratch.write('wrong.yaml', wrong);
    assert.throws(
      () => loadSignerConfig(file),
      (error) =>
        error instanceof NodeError &&
        error.code === 'CONFIG_INVALID' &&
        /signer\.config\.example\.yaml/.test(error.hint ?? '') &&
        /3 problems/.test(error.message) &&
        /policy\.maxPerHuor[\s\S]*Did you mean "maxPerHour"/.test(error.message) &&
        /network\.magic[\s\S]*the key is missing/.test(error.message) &&
        /policy\.allow\[0\][\s\S]*one of respond, expire/.test(error.message),
    );
    assert.throws(() => loadSignerConfig(join(scratch.dir, 'none.yaml')), {
      code: 'CONFIG_READ',
      message: /none\.yaml/,
    });
  });
});
