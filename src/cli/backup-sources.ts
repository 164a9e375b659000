import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import type { NodeConfig } from '../config/node-config.js';
import { randomKeyFile } from '../config/random-files.js';
import { vaultKeyFile } from '../config/vault-files.js';
import { functionStoreDir } from '../node/open-functions.js';
import { isBackupName } from '../operations/backup/manifest.js';
import type { BackupSource } from '../operations/backup/write-backup.js';

/** What `--with-keys` adds; each is encrypted under a password of its own, which is not in it. */
export function keySources(config: NodeConfig): BackupSource[] {
  // Where a signer has the wallet, it is backed up there.
  const { files } = config.wallet;
  const all = [
    ...(files === null ? [] : [{ name: 'config/wallet.json', path: files.file }]),
    { name: 'vault.key', path: vaultKeyFile(config) },
    { name: 'random.key', path: randomKeyFile(config) },
  ];
  return all.filter(({ path }) => existsSync(path));
}

/** The configuration, its feeds, and the operator's own copies of functions' code. */
export function plainSources(config: NodeConfig): BackupSource[] {
  const feeds = config.prices.feedPaths.flatMap((path) => filesAt(path, '.yaml'));
  const code = filesAt(functionStoreDir(config), '.js');
  return [
    { name: 'config/node.config.yaml', path: config.file },
    ...named('config/feeds', [...new Set(feeds)]),
    ...named('functions', code),
  ];
}

function filesAt(path: string, end: string): string[] {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  const names = readdirSync(path).filter((name) => name.endsWith(end));
  return names.sort().map((name) => join(path, name));
}

/** Of two files with one name in two directories, and of odd names, the number tells. */
function named(folder: string, paths: readonly string[]): BackupSource[] {
  const taken = new Set<string>();
  return paths.map((path, at) => {
    const plain = `${folder}/${basename(path)}`;
    const isFit = isBackupName(plain) && !taken.has(plain);
    const name = isFit ? plain : `${folder}/${at + 1}${extname(path)}`;
    taken.add(name);
    return { name, path };
  });
}
