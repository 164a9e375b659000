import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeConfig } from '../config/node-config.js';
import type { BackupManifest } from '../operations/backup/manifest.js';
import { ANCHOR_NAME } from './make-backup.js';

/** Files of keys, as a backup with keys names them. */
export const KEY_FILES = ['config/wallet.json', 'vault.key', 'random.key'] as const;

/** What is to be done after a backup was restored, in order. */
export function nextSteps(
  manifest: BackupManifest,
  config: NodeConfig | null,
  dir: string,
): string[] {
  const anchor = join(dir, ANCHOR_NAME);
  const anchorFile = config?.audit.anchorFile ?? anchor;
  return [
    ...(config === null
      ? [`write node.config.yaml; the backup's is in ${join(dir, 'config')}`]
      : elsewhere(manifest, config, dir)),
    ...keySteps(manifest, config, dir),
    anchorFile === anchor
      ? 'dodona audit verify'
      : `audit.anchorFile is ${anchorFile}: dodona audit verify, and then --acknowledge`,
    'dodona config validate',
    'dodona start: it reads the chain from where the backup ends',
    'dodona gasbank reconcile, once it is in step',
  ];
}

function keySteps({ withKeys }: BackupManifest, config: NodeConfig | null, dir: string): string[] {
  if (!withKeys) {
    if (config !== null) return [];
    return ['put the wallet, vault.key and random.key in their places, if they are not there'];
  }
  const wallet = join(dir, 'config', 'wallet.json');
  return [`put ${wallet} where wallet.file says, with its password file`];
}

/** What was restored into the directory, while the node looks for it in another place. */
function elsewhere({ files }: BackupManifest, config: NodeConfig, dir: string): string[] {
  const places = [
    { key: 'vault.keyFile', name: 'vault.key', path: config.vault.keyFile },
    { key: 'random.keyFile', name: 'random.key', path: config.random.keyFile },
  ];
  const keys = places.flatMap(({ key, name, path }) => {
    const restored = join(dir, name);
    if (path === null || path === restored) return [];
    if (!files.some((file) => file.name === name)) return [];
    if (!existsSync(path)) return [`${key} is ${path}: put ${restored} there`];
    if (readFileSync(path).equals(readFileSync(restored))) return [];
    return [`${key} is ${path}, with another content than ${restored}: keep both, and look which`];
  });
  const { storeDir } = config.functions;
  const code = join(dir, 'functions');
  const isMoved = storeDir !== null && storeDir !== code;
  const hasCode = files.some(({ name }) => name.startsWith('functions/'));
  const missing = `functions.store is ${storeDir}: put the files of ${code} there that it lacks`;
  return [...keys, ...(isMoved && hasCode ? [missing] : [])];
}
