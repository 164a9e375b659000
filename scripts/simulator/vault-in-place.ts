import { createHash } from 'node:crypto';
import { entryAfter } from '../../src/audit/audit-entry.js';
import type { AuditLog } from '../../src/audit/audit-log.js';
import { createAuditStore } from '../../src/audit/audit-store.js';
import type { Hash160 } from '../../src/base/hash.js';
import type { VaultKeyRing } from '../../src/keystore/vault-keys.js';
import type { OpenedVault } from '../../src/node/open-vault.js';
import type { NodeOutside } from '../../src/node/outside.js';
import { inTransaction } from '../../src/storage/database.js';
import { createVault } from '../../src/vault/vault.js';
import type { SeededRandom } from './seeded-random.js';
import { SOURCE_HOSTS } from './simulated-web.js';

export const SECRET_NAME = 'KEY';

/** Gives the vault of a fresh database one secret, for web requests of one contract. */
export async function stockVault(
  { desk }: Pick<OpenedVault['vault'], 'desk'>,
  requester: Hash160,
  value: Buffer,
): Promise<void> {
  const secret = { owner: requester, name: SECRET_NAME, actor: 'operator' };
  await desk.set({ ...secret, value, mayBeResult: false });
  desk.grant({ ...secret, requester, use: { kind: 'web' }, hosts: SOURCE_HOSTS });
}

const KEY_ID = '0000000000000001';
const KEY = createHash('sha256').update('the key of the simulated vault').digest();

/** The real vault and the rows of its audit log, without the files beside the database. */
export const openVaultInPlace =
  (random: SeededRandom): NodeOutside['openVault'] =>
  (_config, db, clock) => {
    const store = createAuditStore(db);
    const audit: AuditLog = {
      record: (step) =>
        inTransaction(db, () =>
          step((fact) => store.append(entryAfter(store.head(), clock.nowMs(), fact))),
        ),
      problem: () => null,
      acknowledge: () => [],
    };
    const ring: VaultKeyRing = {
      ids: () => [KEY_ID],
      key: (id) => (id === KEY_ID ? KEY : null),
      add: () => KEY_ID,
      remove: () => {},
      sharing: () => [],
      renewSharing: () => {
        throw new Error('bug: the simulator shares no keys');
      },
    };
    const keys = { open: async () => ring, openOrCreate: async () => ring, reseal: async () => {} };
    const bytes = (count: number): Buffer => random.bytes(count);
    return { vault: createVault({ db, clock, audit, keys, random: bytes }), audit, keys };
  };
