import { dirname, resolve } from 'node:path';
import type { Datoshi } from '../base/datoshi.js';
import type { Hash160 } from '../base/hash.js';
import type { SpendKind } from '../base/spend-kind.js';
import { type AlertsConfig, alertsConfig } from './alerts-config.js';
import { type ApiConfig, apiConfig } from './api-config.js';
import { type AttestationConfig, attestationConfig } from './attestation-config.js';
import { type CanaryConfig, canaryConfig } from './canary-config.js';
import type { FileValues, Preset } from './config-schema.js';
import { type LogConfig, logConfig } from './log-config.js';
import { type WalletConfig, walletConfig } from './wallet-config.js';

export type { ApiConfig } from './api-config.js';
export type { WalletConfig } from './wallet-config.js';

/**
 * The configuration as the program uses it: units last in every name, amounts in datoshi, paths
 * absolute. What each value means is written in node.config.example.yaml.
 */
export interface NodeConfig {
  /** The file it was read from, absolute. */
  readonly file: string;
  readonly preset: Preset | null;
  readonly network: NetworkConfig;
  readonly gateway: { readonly hash: Hash160; readonly startBlock: number | null };
  readonly wallet: WalletConfig;
  readonly storage: { readonly dir: string };
  readonly http: HttpConfig;
  readonly filters: { readonly workers: number; readonly timeoutMs: number };
  readonly functions: FunctionsConfig;
  /** Files of feeds, and directories of them. */
  readonly prices: { readonly feedPaths: readonly string[] };
  readonly pipeline: PipelineConfig;
  readonly automation: AutomationConfig;
  readonly gasbank: GasbankConfig;
  readonly vault: {
    /** null: vault.key in storage.dir. */
    readonly keyFile: string | null;
    /** null: wallet.passwordFile. */
    readonly passwordFile: string | null;
  };
  readonly random: {
    /** null: random.key in storage.dir. */
    readonly keyFile: string | null;
    /** null: the wallet's. */
    readonly passwordFile: string | null;
  };
  /** null: audit.head in storage.dir. */
  readonly audit: { readonly anchorFile: string | null };
  readonly evidence: EvidenceConfig;
  readonly attestation: AttestationConfig;
  readonly api: ApiConfig;
  readonly alerts: AlertsConfig;
  /** Null: no requests of the node to itself. */
  readonly canary: CanaryConfig | null;
  readonly log: LogConfig;
}

export interface NetworkConfig {
  readonly magic: number;
  readonly rpcUrls: readonly string[];
  /** Endpoints that have to tell the same of a block; 1: the one that is asked is believed. */
  readonly quorum: number;
  /** auto: derived from each RPC URL (/ws); off: polling only; else these URLs. */
  readonly webSocket: 'auto' | 'off' | readonly string[];
  /** auto: neo-go's own calls where the node has them; portable: standard calls only. */
  readonly dialect: 'auto' | 'portable';
  readonly blockTimeMs: number;
  readonly pollIntervalMs: number;
  readonly requestTimeoutMs: number;
  readonly connectionsPerEndpoint: number;
  readonly batchSize: number;
  readonly lagToleranceBlocks: number;
  readonly healthIntervalMs: number;
  readonly stallAfterMs: number;
}

export interface AllowedHost {
  /** Lower case, without port. */
  readonly host: string;
  /** The ports that may be asked; any, when absent. */
  readonly ports?: readonly number[] | undefined;
  /** True when plain http is allowed besides https. */
  readonly http: boolean;
}

export interface HttpConfig {
  readonly profile: 'csharp' | 'neo-go';
  readonly totalTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly maxBodyBytes: number;
  readonly maxRedirects: number;
  /** PEM file with further trusted authorities. */
  readonly caFile: string | null;
  readonly allow: { readonly hosts: readonly AllowedHost[]; readonly cidrs: readonly string[] };
}

export interface FunctionsConfig {
  /** Functions that run at once. */
  readonly workers: number;
  /** Functions that may wait for answers without a thread. */
  readonly maxParked: number;
  readonly maxParkedBytes: number;
  /** Folder of the operator's own copies of code; null: `functions` in storage.dir. */
  readonly storeDir: string | null;
  /** Where functions may fetch from; null: wherever the guard lets them. */
  readonly declared: readonly DeclaredHosts[] | null;
}

export interface DeclaredHosts {
  /** SHA-256 of the code, 64 hex digits; null: every function. */
  readonly code: string | null;
  /** Lower case, without port. */
  readonly hosts: readonly string[];
}

export interface PipelineConfig {
  readonly resolveConcurrency: number;
  readonly retryAttempts: number;
  readonly retryBackoffMs: number;
  readonly retryBackoffMaxMs: number;
  readonly maxBatchAnswers: number;
  readonly maxSystemFeeDatoshi: Datoshi;
  readonly maxNetworkFeeDatoshi: Datoshi;
  /** Added to the system fee of a preflight, but at least feeMarginMinDatoshi. */
  readonly feeMarginBps: number;
  readonly feeMarginMinDatoshi: Datoshi;
  readonly validUntilBlocks: number;
  readonly expireBatchRequests: number;
}

export interface AutomationConfig {
  /** Runs in one transaction. */
  readonly maxBatchRuns: number;
  /** What one condition may use, each time it is asked. */
  readonly conditionGasDatoshi: Datoshi;
  readonly maxConditionsPerBlock: number;
  readonly maxWatchedContracts: number;
  /** In a row. */
  readonly pauseAfterFailures: number;
  readonly backoffMs: number;
  readonly backoffMaxMs: number;
}

/** Most that may be spent on fees; null: no limit. */
export interface BudgetConfig {
  readonly perHourDatoshi: Datoshi | null;
  readonly perDayDatoshi: Datoshi | null;
}

export interface GasbankConfig {
  readonly walletFloorDatoshi: Datoshi;
  readonly walletWarningDatoshi: Datoshi;
  readonly reconcileEveryBlocks: number;
  readonly budgets: {
    readonly node: BudgetConfig;
    /** Of each requester by itself. */
    readonly perRequester: BudgetConfig;
    readonly perKind: Readonly<Partial<Record<SpendKind, BudgetConfig>>>;
  };
  /** Work that is done though nobody pays for all of it. */
  readonly allowLoss: ReadonlySet<SpendKind>;
  readonly collect: {
    /** 0: never. */
    readonly whenWalletBelowDatoshi: Datoshi;
    readonly atLeastDatoshi: Datoshi;
  };
  /** Most that owners may cost who cancel upkeeps in front of their runs. */
  readonly cancelLossPerHourDatoshi: Datoshi;
  readonly inboxOnly: {
    /** FAULTs of a requester's callbacks; 0: never. */
    readonly faults: number;
    readonly durationMs: number;
  };
}

export interface EvidenceConfig {
  /** False: no bundle is made; those that are there are kept by the rules below. */
  readonly keep: boolean;
  readonly bodies: 'full' | 'hash';
  readonly maxBodyBytes: number;
  readonly maxAgeMs: number;
  readonly maxTotalBytes: number;
}

/** Gives a file's values the program's names; `file` is the absolute path they come from. */
export function nodeConfig(file: string, values: FileValues): NodeConfig {
  const path = (text: string): string => resolve(dirname(file), text);
  const optionalPath = (text: string | undefined): string | null =>
    text === undefined ? null : path(text);
  const { gateway, wallet, filters, log } = values;
  return {
    file,
    preset: values.preset ?? null,
    network: networkConfig(values.network),
    gateway: { hash: gateway.hash, startBlock: gateway.startBlock ?? null },
    wallet: walletConfig(wallet, path),
    storage: { dir: path(values.storage.dir) },
    http: { ...httpConfig(values.http), caFile: optionalPath(values.http.caFile) },
    filters: { workers: filters.workers, timeoutMs: filters.timeout },
    functions: {
      ...functionsConfig(values.functions),
      storeDir: optionalPath(values.functions.store),
    },
    prices: { feedPaths: values.prices.feeds.map(path) },
    pipeline: pipelineConfig(values.pipeline),
    automation: automationConfig(values.automation),
    gasbank: gasbankConfig(values.gasbank),
    vault: {
      keyFile: optionalPath(values.vault.keyFile),
      passwordFile: optionalPath(values.vault.passwordFile),
    },
    random: {
      keyFile: optionalPath(values.random.keyFile),
      passwordFile: optionalPath(values.random.passwordFile),
    },
    audit: { anchorFile: optionalPath(values.audit.anchorFile) },
    evidence: evidenceConfig(values.evidence),
    attestation: attestationConfig(values.attestation, path),
    alerts: alertsConfig(values.alerts, optionalPath),
    api: apiConfig(values.api, path),
    canary: canaryConfig(values.canary),
    log: logConfig(log, path),
  };
}

const networkConfig = (network: FileValues['network']): NetworkConfig => ({
  magic: network.magic,
  rpcUrls: network.rpc,
  quorum: network.quorum,
  webSocket: network.webSocket,
  dialect: network.dialect,
  blockTimeMs: network.blockTime,
  pollIntervalMs: network.pollInterval,
  requestTimeoutMs: network.requestTimeout,
  connectionsPerEndpoint: network.connections,
  batchSize: network.batchSize,
  lagToleranceBlocks: network.lagTolerance,
  healthIntervalMs: network.healthInterval,
  stallAfterMs: network.stallAfter,
});

const httpConfig = (http: FileValues['http']): Omit<HttpConfig, 'caFile'> => ({
  profile: http.profile,
  totalTimeoutMs: http.timeout,
  connectTimeoutMs: http.connectTimeout,
  maxBodyBytes: http.maxBody,
  maxRedirects: http.maxRedirects,
  allow: http.allow,
});

const pipelineConfig = (pipeline: FileValues['pipeline']): PipelineConfig => ({
  resolveConcurrency: pipeline.resolveConcurrency,
  retryAttempts: pipeline.retryAttempts,
  retryBackoffMs: pipeline.retryBackoff,
  retryBackoffMaxMs: pipeline.retryBackoffMax,
  maxBatchAnswers: pipeline.maxBatch,
  maxSystemFeeDatoshi: pipeline.maxSystemFee,
  maxNetworkFeeDatoshi: pipeline.maxNetworkFee,
  feeMarginBps: pipeline.feeMargin,
  feeMarginMinDatoshi: pipeline.feeMarginMin,
  validUntilBlocks: pipeline.validUntilBlocks,
  expireBatchRequests: pipeline.expireBatch,
});

const automationConfig = (automation: FileValues['automation']): AutomationConfig => ({
  maxBatchRuns: automation.maxBatch,
  conditionGasDatoshi: automation.conditionGas,
  maxConditionsPerBlock: automation.maxConditions,
  maxWatchedContracts: automation.maxWatchedContracts,
  pauseAfterFailures: automation.pauseAfterFailures,
  backoffMs: automation.backoff,
  backoffMaxMs: automation.backoffMax,
});

type FileBudget = { readonly perHour?: Datoshi | undefined; readonly perDay?: Datoshi | undefined };

const budgetConfig = ({ perHour, perDay }: FileBudget): BudgetConfig => ({
  perHourDatoshi: perHour ?? null,
  perDayDatoshi: perDay ?? null,
});

function gasbankConfig(gasbank: FileValues['gasbank']): GasbankConfig {
  const { budgets, allowLoss, collect, inboxOnly } = gasbank;
  const { perRequesterPerHour, perRequesterPerDay, perKind } = budgets;
  const kinds = Object.entries(perKind).map(([kind, limits]) => [kind, budgetConfig(limits)]);
  const lossy = Object.entries(allowLoss).flatMap(([kind, isAllowed]) => (isAllowed ? [kind] : []));
  return {
    walletFloorDatoshi: gasbank.walletFloor,
    walletWarningDatoshi: gasbank.walletWarning,
    reconcileEveryBlocks: gasbank.reconcileEveryBlocks,
    budgets: {
      node: budgetConfig(budgets),
      perRequester: budgetConfig({ perHour: perRequesterPerHour, perDay: perRequesterPerDay }),
      perKind: Object.fromEntries(kinds),
    },
    allowLoss: new Set(lossy as SpendKind[]),
    collect: {
      whenWalletBelowDatoshi: collect.whenWalletBelow,
      atLeastDatoshi: collect.atLeast,
    },
    cancelLossPerHourDatoshi: gasbank.cancelLossPerHour,
    inboxOnly: { faults: inboxOnly.faults, durationMs: inboxOnly.duration },
  };
}

const functionsConfig = (
  functions: FileValues['functions'],
): Omit<FunctionsConfig, 'storeDir'> => ({
  workers: functions.workers,
  maxParked: functions.maxParked,
  maxParkedBytes: functions.maxParkedMemory,
  declared:
    functions.access === 'open'
      ? null
      : functions.declared.map(({ code, hosts }) => ({ code: code ?? null, hosts })),
});

const evidenceConfig = (evidence: FileValues['evidence']): EvidenceConfig => ({
  keep: evidence.keep,
  bodies: evidence.bodies,
  maxBodyBytes: evidence.maxBody,
  maxAgeMs: evidence.maxAge,
  maxTotalBytes: evidence.maxTotal,
});
