import { join } from 'node:path';
import type { AlertChannel } from '../../alerts/webhook-channel.js';
import type { Clock } from '../../base/clock.js';
import type { Hash160 } from '../../base/hash.js';
import type { Rpc, RpcOptions } from '../../chain/rpc.js';
import type { LoadedConfig } from '../../config/load-config.js';
import { loadFeeds } from '../../config/load-feeds.js';
import { randomKeyFile } from '../../config/random-files.js';
import { auditAnchorFile, vaultKeyFile } from '../../config/vault-files.js';
import type { ConfiguredKeys } from '../../keystore/key-holder.js';
import type { RandomKeys } from '../../keystore/random-keys.js';
import type { VaultKeys } from '../../keystore/vault-keys.js';
import type { Database } from '../../storage/database.js';
import type { QuoteProvider } from '../attestation/quote-provider.js';
import { configCheck, configFileChecks } from './config-checks.js';
import { type Check, once } from './finding.js';
import {
  buildCheck,
  contractCheck,
  executorCheck,
  type ReadBuild,
  updateCheck,
} from './gateway/contract.js';
import { type FindAccount, type GatewayView, openGatewayView } from './gateway/gateway-view.js';
import { balanceCheck, creditCheck, runwayCheck } from './gateway/money.js';
import { pricesCheck } from './gateway/prices.js';
import {
  nodeAccountCheck,
  pausedCheck,
  randomKeyCheck,
  rotationCheck,
  startBlockCheck,
} from './gateway/standing.js';
import { dataDiskCheck, logDiskCheck } from './host/disk.js';
import { onlyOwnerWritesCheck, ownerOnlyCheck } from './host/file-modes.js';
import type { HostFacts } from './host/host-facts.js';
import { memoryCheck } from './host/memory.js';
import { nodeVersionCheck } from './host/node-version.js';
import { openFilesCheck } from './host/open-files.js';
import { batchCheck } from './rpc/batches.js';
import { blockFeeCheck, blockTransactionsCheck, traceableCheck } from './rpc/block-limits.js';
import { blockTimeCheck, clockCheck } from './rpc/clock.js';
import { type Endpoint, openEndpoints } from './rpc/endpoint.js';
import { heightCheck } from './rpc/height.js';
import { applicationLogCheck, notificationsCheck } from './rpc/log-calls.js';
import { endpointsCheck, networkCheck, softwareCheck } from './rpc/network.js';
import { latencyCheck, reachableCheck } from './rpc/reachable.js';
import { containedTrialCheck, trialGasCheck } from './rpc/trial-runs.js';
import { webSocketChecks } from './rpc/web-socket.js';
import { alertChecks, type MakeTest } from './service/alerts.js';
import { apiPortCheck, apiTlsCheck } from './service/api.js';
import { databaseCheck, type FindNode, type NodeHere, runningCheck } from './service/database.js';
import { signerCheck, vaultCheck, vaultKeysCheck } from './service/keystores.js';
import { attestationCheck, canaryCheck, evidenceCheck } from './service/settings.js';

/** What the checks look at, opened by who puts the node together. Nothing here is closed. */
export interface DoctorParts {
  readonly loaded: LoadedConfig;
  readonly clock: Clock;
  readonly host: HostFacts;
  /** Of the database in storage.dir. */
  readonly databaseFile: string;
  readonly schema: { readonly latest: number; read(file: string): number };
  /** For reading; null where there is none of this version. */
  readonly db: Database | null;
  /** Then the database knows where; commands before the first start make one that doesn't. */
  readonly haveBooksBegun: boolean;
  /** Asks for the node that works on storage.dir: what left its mark there may be long gone. */
  findNode(): Promise<NodeHere>;
  readonly readBuild: ReadBuild;
  /** Throws where the books would begin after the gateway did. */
  requireStartInTime(
    rpc: Rpc,
    gateway: Hash160,
    startBlock: number,
    options: RpcOptions,
  ): Promise<void>;
  readonly keys: ConfiguredKeys;
  readonly randomKeys: RandomKeys;
  readonly vaultKeys: VaultKeys;
  readonly vault: {
    troubles(): Promise<readonly string[]>;
    auditProblem(): string | null;
  } | null;
  readonly quotes: QuoteProvider;
  /** Null where what they need could not be read. */
  readonly channels: readonly AlertChannel[] | null;
  /** Null: no message is sent. */
  readonly makeTest: MakeTest | null;
}

/** All checks, in the order in which they are told; `close` ends the connections. */
export function openDoctor(parts: DoctorParts): { checks: readonly Check[]; close(): void } {
  const { config } = parts.loaded;
  const view = openGatewayView(config, parts.clock);
  const endpoints = openEndpoints(config, parts.clock);
  const here = once(() => parts.findNode());
  const checks = [
    ...hostChecks(parts, endpoints, here),
    ...fileChecks(parts, here),
    endpointsCheck(config),
    ...endpoints.flatMap((endpoint) => endpointChecks(parts, endpoint, endpoints, view)),
    ...webSocketChecks(config, parts.clock),
    ...gatewayChecks(parts, view),
    ...serviceChecks(parts, here),
  ];
  return {
    checks,
    close() {
      view.close();
      for (const endpoint of endpoints) endpoint.close();
    },
  };
}

function hostChecks(
  { loaded, host, databaseFile }: DoctorParts,
  endpoints: readonly Endpoint[],
  here: FindNode,
): Check[] {
  const { config } = loaded;
  const { log } = config;
  return [
    configCheck(loaded),
    nodeVersionCheck(host),
    memoryCheck(host, config, here),
    openFilesCheck(host, config, here),
    dataDiskCheck(host, config, databaseFile),
    ...(log.file === null ? [] : [logDiskCheck(host, log.file, log)]),
    clockCheck(endpoints),
  ];
}

function fileChecks({ loaded, databaseFile, schema }: DoctorParts, here: FindNode): Check[] {
  const { config } = loaded;
  const database = join(config.storage.dir, databaseFile);
  return [
    onlyOwnerWritesCheck('files.config', config.file),
    ...configFileChecks(loaded),
    onlyOwnerWritesCheck('files.data', config.storage.dir),
    ownerOnlyCheck('files.database', database, 'it is not there yet: the node makes it'),
    ownerOnlyCheck('files.vault', vaultKeyFile(config), 'no secret was set here'),
    ownerOnlyCheck('files.random', randomKeyFile(config), 'no random key was made here'),
    ownerOnlyCheck('files.audit', auditAnchorFile(config), 'nothing was written down yet'),
    databaseCheck(database, schema),
    runningCheck(here),
  ];
}

function endpointChecks(
  parts: DoctorParts,
  endpoint: Endpoint,
  all: readonly Endpoint[],
  view: GatewayView,
): Check[] {
  const { clock } = parts;
  const { config } = parts.loaded;
  const lifetime = async (): Promise<number> => (await view.terms()).policy.requestLifetime;
  const firstBlock = parts.haveBooksBegun ? null : (config.gateway.startBlock ?? 0);
  return [
    reachableCheck(endpoint, all),
    latencyCheck(endpoint),
    networkCheck(endpoint, config.network.magic),
    softwareCheck(endpoint),
    heightCheck(endpoint, all, config, clock),
    blockTimeCheck(endpoint, clock),
    applicationLogCheck(endpoint, firstBlock),
    notificationsCheck(endpoint, config),
    trialGasCheck(endpoint, config),
    containedTrialCheck(endpoint, config, clock),
    batchCheck(endpoint, config),
    traceableCheck(endpoint, lifetime),
    blockTransactionsCheck(endpoint),
    blockFeeCheck(endpoint, config),
  ];
}

function gatewayChecks(parts: DoctorParts, view: GatewayView): Check[] {
  const { loaded, readBuild, randomKeys, db, clock } = parts;
  const { config } = loaded;
  const { hash, startBlock } = config.gateway;
  const account = findAccount(parts.keys, view);
  const readFeeds = () => loadFeeds(config.prices.feedPaths);
  return [
    contractCheck(view, hash),
    buildCheck(view, hash, readBuild),
    executorCheck(view, hash, readBuild),
    updateCheck(view, readBuild),
    startBlockCheck(view, config, parts.haveBooksBegun, (options) =>
      parts.requireStartInTime(view.rpc, hash, startBlock ?? 0, options),
    ),
    nodeAccountCheck(view, parts.keys),
    rotationCheck(view),
    pausedCheck(view),
    randomKeyCheck(view, randomKeys),
    pricesCheck(view, readFeeds, account, hash),
    signerCheck(async () => parts.keys.open((await parts.keys.configured()).account)),
    balanceCheck(view, account, config),
    runwayCheck(db, account, config, clock),
    creditCheck(view, account, config),
  ];
}

/** As the node does: the gateway's node account where the wallet holds it, else the configured. */
function findAccount(keys: ConfiguredKeys, view: GatewayView): FindAccount {
  return once(async () => {
    const configured = (await keys.configured()).account;
    const current = await view.facts().then(
      ({ nodeAccount }) => nodeAccount,
      () => null,
    );
    const held = await keys.accounts();
    return held.find(({ account }) => account === current)?.account ?? configured;
  });
}

function serviceChecks(parts: DoctorParts, here: FindNode): Check[] {
  const { loaded, clock, quotes, channels, makeTest } = parts;
  const { config } = loaded;
  return [
    vaultKeysCheck(parts.vaultKeys),
    vaultCheck(parts.vault),
    evidenceCheck(config),
    apiPortCheck(config.api, here),
    apiTlsCheck(config.api, clock),
    ...alertChecks(channels, makeTest),
    attestationCheck(quotes),
    canaryCheck(config),
  ];
}
