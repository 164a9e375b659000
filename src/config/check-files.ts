import { X509Certificate } from 'node:crypto';
import { accessSync, constants, existsSync, lstatSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf, NodeError } from '../base/node-error.js';
import { type ConfigProblem, configInvalid } from './config-problem.js';
import type { LoadedConfig } from './load-config.js';
import { loadFeeds } from './load-feeds.js';
import type { NodeConfig } from './node-config.js';
import { readPasswordFile } from './password-file.js';
import { socketDirTrouble } from './socket-place.js';
import { readTlsFiles } from './tls-files.js';
import { readWalletFile } from './wallet-file.js';

interface FileCheck {
  readonly key: string;
  readonly expected: string;
  run(config: NodeConfig): void;
}

/** What a node needs of the files that its configuration names. */
const CHECKS: readonly FileCheck[] = [
  {
    key: 'wallet.file',
    expected: 'a NEP-6 wallet with the account and its encrypted key',
    run: ({ wallet }) =>
      void (wallet.files && readWalletFile({ ...wallet.files, account: wallet.account })),
  },
  {
    key: 'wallet.passwordFile',
    expected: 'a file of mode 0600 with the password as its only line',
    run: ({ wallet }) => void (wallet.files && readPasswordFile(wallet.files.passwordFile)),
  },
  {
    key: 'wallet.signer.socket',
    expected: 'the socket of dodona signer, in a directory that only its user may write to',
    run: ({ wallet }) => void (wallet.signer && requireSocketPlace(wallet.signer.socketPath)),
  },
  {
    key: 'vault.passwordFile',
    expected: 'a file of mode 0600 with the password as its only line',
    run: ({ vault }) => void (vault.passwordFile && readPasswordFile(vault.passwordFile)),
  },
  {
    key: 'random.passwordFile',
    expected: 'a file of mode 0600 with the password as its only line',
    run: ({ random }) => void (random.passwordFile && readPasswordFile(random.passwordFile)),
  },
  {
    key: 'http.caFile',
    expected: 'certificates in PEM form',
    run({ http }) {
      if (http.caFile !== null) new X509Certificate(readFileSync(http.caFile));
    },
  },
  {
    key: 'prices.feeds',
    expected: 'files of feeds, or directories of them, in which all is right',
    run: ({ prices }) => void loadFeeds(prices.feedPaths),
  },
  {
    key: 'api.tls.keyFile',
    expected: 'a file of mode 0600 with the key of the certificate in api.tls.certFile, both PEM',
    run: ({ api }) => void (api.tls && readTlsFiles(api.tls)),
  },
  {
    key: 'alerts.webhook.secretFile',
    expected: 'a file of mode 0600 with the secret as its only line',
    run({ alerts: { webhook } }) {
      if (webhook?.secretFile != null) readPasswordFile(webhook.secretFile);
    },
  },
  {
    key: 'alerts.command.run',
    expected: 'a program that the node may run',
    run({ alerts: { command } }) {
      if (command !== null) accessSync(command.argv[0] ?? '', constants.X_OK);
    },
  },
  {
    key: 'storage.dir',
    expected: 'a directory that the node may write to, or whose parent it may write to',
    run: ({ storage }) => requireWritableDirectory(storage.dir),
  },
  {
    key: 'log.file',
    expected: 'a file in a directory that the node may write to',
    run: ({ log }) => (log.file === null ? undefined : requireWritableDirectory(dirname(log.file))),
  },
];

/** What was found of the file, or files, that a key names. */
export interface FileFinding {
  readonly key: string;
  readonly expected: string;
  /** Null: it is as the node needs it. */
  readonly problem: ConfigProblem | null;
}

/** Looks at the files that a configuration names, by the keys that have a value. */
export function lookAtConfigFiles(loaded: LoadedConfig): FileFinding[] {
  const isNamed = ({ key }: FileCheck) => loaded.settings.some((setting) => setting.key === key);
  return CHECKS.filter(isNamed).map((check) => {
    const { key, expected } = check;
    try {
      check.run(loaded.config);
      return { key, expected, problem: null };
    } catch (error) {
      return { key, expected, problem: problemOf(loaded, check, error) };
    }
  });
}

/**
 * Looks at the files that a configuration names: all problems at once, at the keys that name them.
 * Throws a NodeError CONFIG_FILES.
 */
export function checkConfigFiles(loaded: LoadedConfig): void {
  const problems = lookAtConfigFiles(loaded).flatMap(({ problem }) => problem ?? []);
  if (problems.length > 0) {
    throw configInvalid(loaded.config.file, problems, 'CONFIG_FILES');
  }
}

function problemOf(loaded: LoadedConfig, check: FileCheck, error: unknown): ConfigProblem {
  const setting = loaded.settings.find(({ key }) => key === check.key);
  const hint = error instanceof NodeError ? error.hint : undefined;
  return {
    place: setting?.place ?? { file: loaded.config.file, line: 1, column: 1 },
    key: check.key,
    problem: messageOf(error),
    expected: check.expected,
    todo: hint ?? 'Check the path and the permissions.',
  };
}

/** A signer may be started later than its node: only what is there can be wrong. */
function requireSocketPlace(path: string): void {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (!stats.isSocket()) throw new RangeError(`${path} is no socket`);
  const trouble = socketDirTrouble(dirname(path), { ownedBy: stats.uid });
  if (trouble !== null) throw new RangeError(`${trouble.problem}; ${trouble.todo}`);
}

/** The node makes missing directories itself, below the nearest one that exists. */
function requireWritableDirectory(dir: string): void {
  let nearest = dir;
  while (!existsSync(nearest) && dirname(nearest) !== nearest) nearest = dirname(nearest);
  if (!statSync(nearest).isDirectory()) throw new RangeError(`${nearest} is not a directory`);
  accessSync(nearest, constants.W_OK | constants.X_OK);
}
