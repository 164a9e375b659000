import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Hash160 } from '../base/hash.js';
import { type DevnetAccount, walletFileText } from './account.js';

export interface NodeFilesOptions {
  /** Existing folder that gets node.config.yaml, the wallet, its password and the storage. */
  readonly folder: string;
  readonly rpcUrl: string;
  readonly wsUrl: string;
  readonly magic: number;
  readonly gateway: Hash160;
  readonly node: DevnetAccount;
  readonly apiPort: number;
  readonly blockMs: number;
  /** PEM text of an authority that the node trusts besides the built-in ones. */
  readonly sourceAuthority?: string | undefined;
}

const PASSWORD = 'devnet';
const AUTHORITY_FILE = 'source-authority.pem';
/** Polling without a WebSocket; the configuration wants it within the time between blocks. */
const MAX_POLL_MS = 100;

/** Writes all that `dodona start --config FILE` needs; answers FILE. */
export async function writeNodeFiles(options: NodeFilesOptions): Promise<string> {
  const { folder } = options;
  const wallet = await walletFileText([options.node], PASSWORD);
  const config = join(folder, 'node.config.yaml');
  await mkdir(join(folder, 'node'), { recursive: true });
  await writeFile(join(folder, 'node-wallet.json'), wallet, { mode: 0o600 });
  await writeFile(join(folder, 'node-wallet.password'), `${PASSWORD}\n`, { mode: 0o600 });
  if (options.sourceAuthority !== undefined) {
    await writeFile(join(folder, AUTHORITY_FILE), options.sourceAuthority);
  }
  await writeFile(config, configText(options), { mode: 0o600 });
  return config;
}

function configText(options: NodeFilesOptions): string {
  const { blockMs, sourceAuthority } = options;
  const trust = sourceAuthority === undefined ? [] : [`  caFile: ./${AUTHORITY_FILE}`];
  return [
    '# Written by the devnet at each start.',
    'preset: devnet',
    'network:',
    `  magic: ${options.magic}`,
    '  rpc:',
    `    - ${options.rpcUrl}`,
    `  webSocket: [${options.wsUrl}]`,
    `  blockTime: ${blockMs}ms`,
    `  pollInterval: ${Math.min(blockMs, MAX_POLL_MS)}ms`,
    `  stallAfter: ${Math.max(30_000, 3 * blockMs)}ms`,
    'gateway:',
    `  hash: "${options.gateway}"`,
    'wallet:',
    '  file: ./node-wallet.json',
    '  passwordFile: ./node-wallet.password',
    'storage:',
    '  dir: ./node',
    '# Sources of a contract in development live on this machine. Leave this out elsewhere.',
    'http:',
    ...trust,
    '  allow:',
    '    hosts:',
    '      - { host: 127.0.0.1, http: true }',
    '      - { host: localhost, http: true }',
    'api:',
    `  port: ${options.apiPort}`,
    '',
  ].join('\n');
}
