import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadAttestationPolicy, MAX_POLICY_BYTES } from '../../src/config/attestation-policy.js';

const LEAST = [
  'magic: 56753',
  'gateway: 0x0b0a090807060504030201000f0e0d0c0b0a0908',
  'nodeAccount: any',
  'buildDigest: any',
  'tdx:',
  '  mrTd: any',
  '  rtMr0: any',
  '  rtMr1: any',
  '  rtMr2: any',
  '  rtMr3: any',
];

describe('a policy of attestation', () => {
  let folder: string;
  let file: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'dodona-policy-'));
    file = join(folder, 'policy.yaml');
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  const load = (...lines: string[]) => {
    writeFileSync(file, `${lines.join('\n')}\n`);
    return loadAttestationPolicy(file);
  };

  it('is strict where it says nothing', () => {
    const policy = load(...LEAST);
    assert.equal(policy.maxAgeMs, 86_400_000);
    assert.deepEqual(policy.consensus, []);
    const zeros = ['00'.repeat(48)];
    const { tcbStatus, mrConfigId, mrOwner, mrOwnerConfig, rootCa } = policy.tdx ?? {};
    assert.deepEqual(tcbStatus, ['UpToDate']);
    assert.deepEqual([mrConfigId, mrOwner, mrOwnerConfig], [zeros, zeros, zeros]);
    assert.equal(rootCa, null);
    assert.equal(load(...LEAST.slice(0, 4)).tdx, null);
  });

  it('must say of each measurement what it may be, if only any', () => {
    for (const at of [0, 1, 2, 3, 5, 6, 7, 8, 9]) {
      const name = LEAST[at]?.trim().split(':')[0] ?? '';
      const pattern = new RegExp(`${name}\\n +wrong: +the key is missing`);
      assert.throws(() => load(...LEAST.filter((_line, index) => index !== at)), pattern);
    }
  });

  it('takes lists, in any case of letters, and a root beside it', () => {
    writeFileSync(join(folder, 'root.pem'), 'PEM');
    const lines = LEAST.map((line) => line.replace('mrTd: any', `mrTd: [${'Aa'.repeat(48)}]`));
    const { tdx } = load(...lines, '  rootCa: ./root.pem', '  tcbStatus: [UpToDate, OutOfDate]');
    assert.deepEqual(tdx?.mrTd, ['aa'.repeat(48)]);
    assert.equal(tdx?.rootCa, 'PEM');
    assert.deepEqual(tdx?.tcbStatus, ['UpToDate', 'OutOfDate']);
  });

  it('is refused with anything that it may not say, with the place', () => {
    const cases: [string[], RegExp][] = [
      [[...LEAST, 'more: 1'], /policy\.yaml:11:1 +more\n +wrong: +unknown key/],
      [[...LEAST, '  tcbStatus: [Revoked]'], /one of UpToDate, /],
      [[...LEAST, '  mrSeam: []'], /any or a list of 1 to 64 items/],
      [[...LEAST, '  mrSeam: [00]'], /any or a list of 1 to 64 items, each 96 hex digits/],
      [[...LEAST, '  rootCa: ./nowhere.pem'], /cannot read .*nowhere\.pem/],
      [['magic: ['], /not valid YAML/],
      [['#'.repeat(MAX_POLICY_BYTES)], /at most 65536 are read/],
    ];
    for (const [lines, message] of cases) {
      assert.throws(() => load(...lines), { code: 'ATTESTATION_POLICY', message });
    }
    assert.throws(() => loadAttestationPolicy(join(folder, 'none')), /cannot read/);
  });
});
