import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { ACTOR, ALICE, vaultFixture } from './vault-fixture.js';

describe('the troubles of a vault', () => {
  let vault: ReturnType<typeof vaultFixture>;
  beforeEach(() => {
    vault = vaultFixture();
  });
  afterEach(() => vault.remove());

  it('are none where there is no secret, nor where all is well', async () => {
    assert.deepEqual(await vault.vault.troubles(), []);
    await vault.set(ALICE, 'A', 'value of A');
    await vault.vault.rotation.rotateKeyEncryptionKey(ACTOR);
    await vault.vault.rotation.rotateDataKeys(ACTOR);
    assert.deepEqual(await vault.vault.troubles(), []);
    assert.equal(vault.audit.problem(), null);
  });

  it('are told before a request meets them', async () => {
    await vault.set(ALICE, 'A', 'value of A');
    vault.db.exec('UPDATE vault_epoch SET epoch = epoch + 1');
    assert.match((await vault.vault.troubles()).join(), /^a rotation .* was interrupted/);
    const other = vaultFixture({ dir: vault.dir });
    rmSync(vault.keyFile);
    assert.match((await other.vault.troubles()).join(), /does not have the key [0-9a-f]{16},a rot/);
    other.close();
    rmSync(vault.anchorFile);
    assert.match(vault.audit.problem() ?? '', /anchor is missing/);
  });
});
