import type { Command } from 'commander';
import { hash160 } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import { configSchema } from '../config/config-schema.js';
import { loadConfig } from '../config/load-config.js';
import { type NodeConfig, nodeConfig } from '../config/node-config.js';
import { type CommonOptions, withCommonOptions } from './command-options.js';

export interface ChainOptions extends CommonOptions {
  readonly rpc?: string;
  readonly gateway?: string;
}

/** For commands that work without a node of one's own: network and gateway by hand. */
export function withChainOptions(command: Command): Command {
  return withCommonOptions(command)
    .option('--rpc <url>', 'with --gateway, in the place of a configuration: an RPC endpoint')
    .option('--gateway <hash>', "the gateway's hash, with --rpc");
}

export interface ChainSettings {
  readonly config: NodeConfig;
  /** The network that the configuration names; null: whichever the endpoint is of. */
  readonly magic: number | null;
}

/**
 * The configuration, or one with every default for the endpoint and the gateway that were given.
 * Throws a NodeError: those of `loadConfig`, or BAD_QUERY.
 */
export function chainSettings({ rpc, gateway, config: file }: ChainOptions): ChainSettings {
  if (rpc === undefined && gateway === undefined) {
    const config = loadConfig(file);
    return { config, magic: config.network.magic };
  }
  if (rpc === undefined || gateway === undefined) {
    throw new NodeError('BAD_QUERY', '--rpc and --gateway go together', {
      hint: 'give both, or a configuration of a node with --config',
    });
  }
  const given = configSchema.safeParse({
    network: { magic: '1', rpc: [rpc] },
    gateway: { hash: hashText(gateway) },
    wallet: { file: NO_FILE, passwordFile: NO_FILE },
  });
  if (!given.success) {
    throw new NodeError('BAD_QUERY', `--rpc is no URL of an RPC endpoint`, {
      hint: 'expected a URL that begins with http:// or https://, without password and query',
    });
  }
  return { config: nodeConfig(NO_FILE, given.data), magic: null };
}

const NO_FILE = 'none';

function hashText(text: string): string {
  try {
    return hash160(text);
  } catch {
    throw new NodeError('BAD_QUERY', '--gateway is no contract hash', {
      hint: 'expected 0x and 40 hex digits, big-endian, as explorers show it',
    });
  }
}
