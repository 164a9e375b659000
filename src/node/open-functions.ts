import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readContract } from '../chain/contract-read.js';
import { gatewayReads } from '../chain/gateway-reads.js';
import type { FunctionWithCode } from '../chain/read-functions.js';
import type { RpcPool } from '../chain/rpc-pool.js';
import type { NodeConfig } from '../config/node-config.js';
import type { GuardedFetch } from '../net/guarded-fetch.js';
import type { FunctionRunner } from '../resolvers/function.js';
import {
  type CodeHash,
  createCodeFinder,
  type FindCode,
  type HostsOf,
} from '../resolvers/function-code.js';
import { DEFAULT_SANDBOX_LIMITS } from '../sandbox/limits.js';
import { createSandbox, type Sandbox, type SandboxStatus } from '../sandbox/sandbox.js';
import type { NodeOptions } from './node-options.js';

/** Codes that are kept in memory, at most 64 KiB each. */
const MAX_CODES_KEPT = 256;

/** What the node needs to run functions. */
export interface NodeFunctions {
  readonly sandbox: FunctionRunner;
  readonly findCode: FindCode;
  readonly hostsOf: HostsOf;
  /** What the sandbox is doing; null before the first function. */
  status(): SandboxStatus | null;
  /** Ends what still runs. */
  close(): Promise<void>;
}

/** Folder of the operator's own copies of code. */
export const functionStoreDir = ({ functions, storage }: NodeConfig): string =>
  functions.storeDir ?? join(storage.dir, 'functions');

/** The operator's copy of a code. */
export const storedCodeFile = (config: NodeConfig, hash: CodeHash): string =>
  join(functionStoreDir(config), `${hash}.js`);

/** Where the code of a function is to be had: at the gateway, at its uris, in the store. */
export function codePlaces(config: NodeConfig, code: FunctionWithCode): CodePlace[] {
  return [
    ...(code.sourceBytes > 0 ? (['chain'] as const) : []),
    ...(code.uris.length > 0 ? (['uri'] as const) : []),
    ...(existsSync(storedCodeFile(config, code.codeHash)) ? (['store'] as const) : []),
  ];
}

export type CodePlace = 'chain' | 'uri' | 'store';

/** Puts the parts together. Threads are started when the first function runs. */
export function openFunctions(
  { config, clock }: Pick<NodeOptions, 'config' | 'clock'>,
  { pool, fetch }: { readonly pool: RpcPool; readonly fetch: GuardedFetch },
): NodeFunctions {
  const reads = gatewayReads(config.gateway.hash);
  let started: Sandbox | null = null;
  const sandbox = (): Sandbox => {
    const { workers, maxParked, maxParkedBytes } = config.functions;
    started ??= createSandbox({ workers, maxParked, maxParkedBytes, clock });
    return started;
  };
  return {
    sandbox: { run: (...call) => sandbox().run(...call) },
    findCode: createCodeFinder({
      inStore: (hash) => readFile(storedCodeFile(config, hash)).catch(() => null),
      onChain: (hash, signal) => readContract(pool, reads.codeOf(hash), { signal }),
      fetch,
      maxSourceBytes: DEFAULT_SANDBOX_LIMITS.sourceBytes,
      maxKept: MAX_CODES_KEPT,
    }),
    hostsOf: declaredHosts(config.functions),
    status: () => started?.status() ?? null,
    close: async () => started?.close(),
  };
}

/** Where a code may fetch from, by what the operator declared. */
export function declaredHosts({ declared }: NodeConfig['functions']): HostsOf {
  if (declared === null) return () => null;
  return (hash) =>
    declared.filter(({ code }) => code === null || code === hash).flatMap(({ hosts }) => hosts);
}
