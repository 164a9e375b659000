import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { createApiKeys } from '../api/api-keys.js';
import { type ApiServer, createApiServer } from '../api/api-server.js';
import { type ApiSources, createApiReads } from '../api/api-sources.js';
import { createSignIn } from '../api/sign-in.js';
import { createSlowReads } from '../api/slow-reads.js';
import { toHex } from '../base/bytes.js';
import { hash160ToAddress } from '../base/hash.js';
import { readFunctions } from '../chain/read-functions.js';
import type { NodeConfig } from '../config/node-config.js';
import type { VaultKeys } from '../keystore/vault-keys.js';
import { openDatabaseReadOnly } from '../storage/database.js';
import { HANDED_OVER_SUITE, openHandedOver } from '../vault/handed-over.js';
import type { Gauges } from './gauges.js';
import { heldKeys } from './held-keys.js';
import { readinessOf, statusOf } from './node-figures.js';
import { DATABASE_FILE, type NodeOptions } from './node-options.js';
import { openConsole } from './open-console.js';
import { codePlaces } from './open-functions.js';
import type { Running } from './open-parts.js';
import { randomStatus } from './open-random.js';
import { openVault } from './open-vault.js';

const TOKEN_BYTES = 32;

/** The API of a node. It reads the database by a connection of its own, for reading only. */
export function openApi(options: NodeOptions, parts: Running, gauges: Gauges): ApiServer {
  const { config, clock, log, metrics } = options;
  const databaseFile = join(config.storage.dir, DATABASE_FILE);
  const db = openDatabaseReadOnly(databaseFile);
  const vault = openVault(config, parts.db, clock);
  const floor = config.gasbank.walletFloorDatoshi;
  const money = createSlowReads({
    databaseFile,
    floor,
    clock,
    get account() {
      return parts.signer.account;
    },
  });
  const sources: ApiSources = {
    version: options.version,
    readiness: () => readinessOf(options, parts),
    status: () => statusOf(options, parts),
    async metrics() {
      await gauges.refresh();
      return { text: await metrics.text(), contentType: metrics.contentType };
    },
    reads: createApiReads(db),
    money,
    feeds: parts.prices.feeds,
    async functions(from, count, signal) {
      const found = await readFunctions(
        parts.pool,
        config.gateway.hash,
        { from, count },
        { signal },
      );
      return found.map(({ uris, ...code }) => ({
        ...code,
        id: String(code.id),
        uris: [...uris],
        places: codePlaces(config, { ...code, uris }),
      }));
    },
    keys: publicKeys(config, parts, vault.keys),
    events: parts.events,
    apiKeys: createApiKeys({ db: parts.db, audit: vault.audit, clock, random: randomBytes }),
    signIn: createSignIn({
      magic: config.network.magic,
      gateway: config.gateway.hash,
      clock,
      random: randomBytes,
    }),
    secrets: vault.vault.desk,
    unseal: async (text) => openHandedOver(text, (await vault.keys.openOrCreate()).sharing()),
  };
  const server = createApiServer({
    sources,
    api: config.api,
    storageDir: config.storage.dir,
    instance: randomUUID(),
    localToken: `dodona_local_${randomBytes(TOKEN_BYTES).toString('base64url')}`,
    console: openConsole(config, parts.db, clock),
    clock,
    log,
    metrics,
  });
  return {
    start: server.start,
    async stop() {
      await server.stop();
      await money.close();
      db.close();
    },
  };
}

/** Public parts of the keys, as they are when somebody asks. */
function publicKeys(config: NodeConfig, parts: Running, keys: VaultKeys): ApiSources['keys'] {
  return async () => {
    const { signer, facts, random } = parts;
    const sharing = (await keys.open())?.sharing().at(-1);
    const { nodeAccount, overlap, isPaused, randomKey } = facts;
    const { isHeld, keysHeld } = randomStatus(facts, random.keys);
    return {
      held: await heldKeys(config, parts.pool, parts.keys.remote),
      node: {
        account: signer.account,
        address: hash160ToAddress(signer.account),
        publicKey: toHex(signer.publicKey),
      },
      gateway: {
        nodeAccount,
        isThisNode: nodeAccount === signer.account,
        overlap: overlap === null ? null : { account: overlap.account, untilBlock: overlap.until },
        isPaused,
      },
      random: {
        keyId: String(randomKey.keyId),
        publicKey: randomKey.publicKey === null ? null : toHex(randomKey.publicKey),
        isHeld,
        keysHeld,
      },
      vault:
        sharing === undefined
          ? null
          : { id: sharing.id, publicKey: toHex(sharing.publicKey), suite: HANDED_OVER_SUITE },
    };
  };
}
