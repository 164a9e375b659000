import { writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import type { Hash160 } from '../base/hash.js';
import { type DevnetAccount, walletFileText } from './account.js';

export interface ShellFilesOptions {
  /** Existing folder that gets the files. */
  readonly folder: string;
  readonly rpcUrl: string;
  readonly magic: number;
  readonly gateway: Hash160;
  readonly consumer: Hash160;
  readonly owner: DevnetAccount;
  readonly node: DevnetAccount;
  /** A configuration for `dodona start --config FILE`. */
  readonly configFile: string;
  /** Path of the neo-go that runs the network. */
  readonly neoGo: string;
}

const PASSWORD = 'devnet';

/**
 * Writes what a shell needs to work with a devnet by hand; answers the file to source. It names the
 * network's places, puts neo-go on the PATH, and names the owner's wallet as neo-go takes it
 * (`--wallet-config`), so that no command asks for a password.
 */
export async function writeShellFiles(options: ShellFilesOptions): Promise<string> {
  const { folder, owner, node } = options;
  const wallet = join(folder, 'owner-wallet.json');
  const walletConfig = join(folder, 'owner.neo-go.yaml');
  await writeFile(wallet, await walletFileText([owner], PASSWORD), { mode: 0o600 });
  const walletText = `Path: ${JSON.stringify(wallet)}\nPassword: ${PASSWORD}\n`;
  await writeFile(walletConfig, walletText, { mode: 0o600 });
  const variables = [
    ['RPC', options.rpcUrl],
    ['MAGIC', String(options.magic)],
    ['GATEWAY', options.gateway],
    ['CONSUMER', options.consumer],
    ['OWNER', owner.address],
    ['OWNER_WALLET', walletConfig],
    ['NODE_ACCOUNT', node.address],
    ['NODE_CONFIG', options.configFile],
  ];
  const file = join(folder, 'devnet.env');
  const lines = [
    '# Written by the devnet at each start, for `. devnet.env` in a shell.',
    ...variables.map(([name = '', value = '']) => `export ${name}=${quoted(value)}`),
    `export PATH="$PATH${delimiter}"${quoted(dirname(options.neoGo))}`,
    '',
  ];
  await writeFile(file, lines.join('\n'), { mode: 0o600 });
  return file;
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
