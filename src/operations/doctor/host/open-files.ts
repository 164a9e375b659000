import type { NodeConfig } from '../../../config/node-config.js';
import { type Check, check, fail, ok, skipped } from '../finding.js';
import type { FindNode } from '../service/database.js';
import type { HostFacts } from './host-facts.js';
import { limitsHere } from './process-limits.js';

/** Connections to sources that are kept open (net/http-limits.ts). */
const KEPT_CONNECTIONS = 128;
/** Connections of the API (api/api-server.ts). */
const API_CONNECTIONS = 128;
/** Program, database, logs, threads. */
const BASE_FILES = 128;

/** Files and connections that a node may have open at once. */
export function mostOpenFiles({
  network,
  pipeline,
  functions,
}: Pick<NodeConfig, 'network' | 'pipeline' | 'functions'>): number {
  const toEndpoints = network.rpcUrls.length * (network.connectionsPerEndpoint + 1);
  const toSources = KEPT_CONNECTIONS + pipeline.resolveConcurrency + functions.maxParked;
  return BASE_FILES + API_CONNECTIONS + toEndpoints + toSources;
}

export const openFilesCheck = (
  host: HostFacts,
  config: Pick<NodeConfig, 'network' | 'pipeline' | 'functions'>,
  find: FindNode,
): Check =>
  check('host.open-files', async () => {
    const { openFiles, whose } = await limitsHere(host, find);
    if (openFiles === null) return skipped('this system does not tell the limit');
    const most = mostOpenFiles(config);
    if (openFiles >= most) return ok(`${openFiles} ${whose}, the node needs ${most}`);
    return fail({
      expected: `at least ${most}, for connections and files`,
      found: `${openFiles} ${whose} (the hard limit of ulimit -n)`,
      fix: `Raise it: LimitNOFILE=${2 * most} in systemd's unit, or ulimits: nofile in compose.`,
    });
  });
