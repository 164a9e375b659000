import assert from 'node:assert/strict';
import { experimental, sc, u } from '@cityofzion/neon-js';
import { hash160 } from '../../src/base/hash.js';
import { contractHash, deployScript, nefChecksum } from '../../src/chain/deploy.js';

const SENDER = hash160('0x3db54b5e2d3b6d1a7bd15dc2ae2bd5f4a1cd03a4');

const NEF = Buffer.from(
  new sc.NEF({
    compiler: 'none',
    source: '',
    tokens: [],
    script: u.HexString.fromHex('1040') as unknown as string,
  }).serialize(),
  'hex',
);

describe('deploy', () => {
  it('computes the hash of the contract to be as neon-js does', () => {
    for (const name of ['gateway', 'Dodona', 'a contract with a long name '.repeat(10)]) {
      const theirs = experimental.getContractHash(
        u.HexString.fromHex(SENDER.slice(2)),
        nefChecksum(NEF),
        name,
      );
      assert.equal(contractHash(SENDER, NEF, JSON.stringify({ name })), hash160(theirs));
    }
  });

  it('takes the checksum from the end of the file', () => {
    assert.equal(nefChecksum(NEF), NEF.readUInt32LE(NEF.length - 4));
  });

  it('refuses what is not a .nef file or not a manifest', () => {
    assert.throws(() => deployScript(Buffer.from('{"name":"x"}'), '{}'), /a \.nef file/);
    assert.throws(() => contractHash(SENDER, NEF, '{"nom":"x"}'), /manifest with a name/);
  });
});
