import type { Hash160 } from '../../../base/hash.js';
import { hash160ToAddress } from '../../../base/hash.js';
import type { VaultKeys } from '../../../keystore/vault-keys.js';
import { type Check, check, fail, ok, skipped, warning } from '../finding.js';

/**
 * Whether what signs answers can be opened; nothing is signed. `openSigner` opens whatever the
 * configuration names: a wallet, or a signer on another machine.
 */
export const signerCheck = (openSigner: () => Promise<{ readonly account: Hash160 }>): Check =>
  check('wallet.opens', async () => {
    const { account } = await openSigner();
    return ok(hash160ToAddress(account));
  });

/** Whether the keys that secrets are under can be opened; none is shown. */
export const vaultKeysCheck = (keys: Pick<VaultKeys, 'open'>): Check =>
  check('vault.opens', async () => {
    const ring = await keys.open();
    if (ring === null) return skipped('there is no file of keys: no secret was set here');
    return ok(`${ring.ids().length} keys`);
  });

/** What a request that needs a secret would meet; null: no database to look into. */
export const vaultCheck = (
  vault: { troubles(): Promise<readonly string[]>; auditProblem(): string | null } | null,
): Check =>
  check('vault.secrets', async () => {
    if (vault === null) return skipped('no node has worked here: there are no secrets');
    const troubles = await vault.troubles();
    const audit = vault.auditProblem();
    if (troubles.length > 0) {
      return fail({
        expected: 'that every secret can be used',
        found: troubles.join('; '),
        fix: 'Restore vault.key, or run what is named.',
      });
    }
    if (audit === null) return ok('every secret can be used, the audit log is whole');
    return warning({
      expected: 'an audit log that is whole',
      found: audit,
      fix: 'run: dodona audit verify',
    });
  });
