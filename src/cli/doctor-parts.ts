import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { testMessage } from '../alerts/alert-message.js';
import type { Clock } from '../base/clock.js';
import type { LoadedConfig } from '../config/load-config.js';
import type { NodeConfig } from '../config/node-config.js';
import { readContract } from '../devnet/contracts.js';
import { requireStartInTime } from '../node/check-start-block.js';
import { DATABASE_FILE } from '../node/node-options.js';
import { openAlertChannels } from '../node/open-alerts.js';
import { openQuoteProvider } from '../node/open-attestation.js';
import { openKeys } from '../node/open-keys.js';
import { senderOf } from '../node/open-parts.js';
import { openRandomKeys } from '../node/open-random.js';
import { openVault, openVaultKeys } from '../node/open-vault.js';
import type { DoctorParts } from '../operations/doctor/doctor.js';
import type { HostFacts } from '../operations/doctor/host/host-facts.js';
import { createCursorStore } from '../pipeline/cursor-store.js';
import { type Database, openDatabaseReadOnly, readSchemaVersion } from '../storage/database.js';
import { LATEST_SCHEMA } from '../storage/migrations.js';
import type { CommandContext } from './command-context.js';
import { findRunningNode } from './running-node-view.js';

/** What the doctor looks at, opened as the node opens it; nothing is written or sent. */
export function openDoctorParts(
  loaded: LoadedConfig,
  { clock, version }: Pick<CommandContext, 'clock' | 'version'>,
  options: { readonly host: HostFacts; readonly sendsTest: boolean },
): { readonly parts: DoctorParts; close(): void } {
  const { config } = loaded;
  const file = join(config.storage.dir, DATABASE_FILE);
  const db = openReadable(file);
  const alerts = openChannels(config, clock);
  const vault = db && openVault(config, db, clock);
  const keys = openKeys(config, clock);
  const makeTest = async () => {
    const { account } = await keys.configured();
    return testMessage(senderOf({ config, version }, account), clock.nowMs());
  };
  const parts: DoctorParts = {
    loaded,
    clock,
    host: options.host,
    databaseFile: DATABASE_FILE,
    schema: { latest: LATEST_SCHEMA, read: readSchemaVersion },
    db,
    haveBooksBegun: db === null ? existsSync(file) : createCursorStore(db).read() !== null,
    findNode: () => findRunningNode(config),
    readBuild: readContract,
    requireStartInTime,
    keys,
    randomKeys: openRandomKeys(config),
    vaultKeys: openVaultKeys(config),
    vault: vault && {
      troubles: () => vault.vault.troubles(),
      auditProblem: () => vault.audit.problem(),
    },
    quotes: openQuoteProvider(config, clock),
    channels: alerts?.channels ?? null,
    makeTest: options.sendsTest ? makeTest : null,
  };
  return {
    parts,
    close() {
      db?.close();
      alerts?.close();
    },
  };
}

/** Null where http.caFile cannot be read, which files.http.caFile tells of. */
function openChannels(config: NodeConfig, clock: Clock) {
  try {
    return openAlertChannels(config, clock);
  } catch {
    return null;
  }
}

/** Null where there is none, or one of another schema: storage.database tells of that. */
function openReadable(file: string): Database | null {
  if (!existsSync(file)) return null;
  try {
    return openDatabaseReadOnly(file);
  } catch {
    return null;
  }
}
