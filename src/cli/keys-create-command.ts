import { randomBytes } from 'node:crypto';
import { Command } from 'commander';
import { toHex } from '../base/bytes.js';
import type { Hash160 } from '../base/hash.js';
import { publicKeyId } from '../base/sealed-box.js';
import { loadConfig } from '../config/load-config.js';
import { randomKeyFile } from '../config/random-files.js';
import { type AddedKeyReport, addedText, addNodeKey } from './add-node-key.js';
import type { CommandContext } from './command-context.js';
import { type CommonOptions, EXIT_CODE_HELP, withCommonOptions } from './command-options.js';
import { type KeyKindOptions, keyKindOption } from './key-kind.js';
import {
  NO_ARGUMENT_HELP,
  type PassphraseOptions,
  withPassphraseOptions,
} from './passphrase-input.js';
import { badQuery } from './secret-options.js';
import { labelled } from './text-table.js';

const HELP = `
Kinds:
  random  a key in random.keyFile, in which its secret is encrypted under the password; the keys
          that are there stay, since requests are answered under the key that they were made under.
          A running node finds it. It is used once the gateway knows it: dodona keys propose. Public
          key and proof of possession are printed for who proposes it by other means.
  node    an account in the NEP-6 wallet of wallet.file, its key encrypted by NEP-2 under the
          wallet's password (wallet.passwordFile, unless another source is named); the wallet is
          made where there is none. It signs once it is the gateway's node account: keys rotate.

Back the file up.
${NO_ARGUMENT_HELP}

Examples:
  dodona keys create --kind random
  dodona keys create --kind node
  dodona keys create --kind node --password-fd 3 3< wallet.password
${EXIT_CODE_HELP}`;

/** What `keys create --json` prints. */
export interface CreatedKeyReport {
  readonly ok: true;
  readonly kind: 'random';
  /** 16 hex digits. */
  readonly id: string;
  /** A compressed point of G2, 192 hex digits. */
  readonly publicKey: string;
  /** A compressed point of G1, 96 hex digits: for this gateway alone. */
  readonly possessionProof: string;
  readonly gateway: Hash160;
  readonly file: string;
}

type CreateOptions = CommonOptions & KeyKindOptions & PassphraseOptions;

export function keysCreateCommand(context: CommandContext): Command {
  const command = withCommonOptions(new Command('create')).addOption(
    keyKindOption('node', 'random'),
  );
  return withPassphraseOptions(command, "of the wallet, in the place of the configuration's")
    .description('make a new key of the node, beside the present ones')
    .addHelpText('after', HELP)
    .action(async (options: CreateOptions) => {
      const isNode = options.kind === 'node';
      const report = await (isNode ? createNodeKey : createRandomKey)(context, options);
      const asText = () => (report.kind === 'node' ? addedText(report) : reportText(report));
      context.print(options.json === true ? JSON.stringify(report) : asText());
    });
}

async function createNodeKey(
  context: CommandContext,
  options: CreateOptions,
): Promise<AddedKeyReport> {
  const { freshPrivateKey } = await import('../keystore/add-account.js');
  const privateKey = freshPrivateKey();
  const given = { privateKey, verificationScript: null };
  return addNodeKey(context, options, async () => given, 'node-key.create');
}

async function createRandomKey(
  context: CommandContext,
  { config: configFile, passwordFile, passwordFd }: CreateOptions,
): Promise<CreatedKeyReport> {
  if (passwordFile !== undefined || passwordFd !== undefined) {
    throw badQuery('random keys are under the configured password', 'set random.passwordFile');
  }
  const { openRandomKeys } = await import('../node/open-random.js');
  const { withVault } = await import('./open-vault-desk.js');
  const { possessionProof } = await import('../vrf/possession.js');
  const config = loadConfig(configFile);
  const gateway = config.gateway.hash;
  // The audit log is opened first: what cannot be noted down is not done.
  return withVault(context, config, async ({ audit, actor }) => {
    const key = await openRandomKeys(config).add();
    const id = publicKeyId(key.publicKey);
    const done = { actor, action: 'random-key.create', object: `random-key:${id}` } as const;
    audit.record((append) => append({ ...done, outcome: 'done', requestId: null, note: '' }));
    return {
      ok: true,
      kind: 'random',
      id,
      publicKey: toHex(key.publicKey),
      possessionProof: toHex(possessionProof(gateway, key, randomBytes)),
      gateway,
      file: randomKeyFile(config),
    };
  });
}

function reportText(report: CreatedKeyReport): string {
  const { id, publicKey, possessionProof, gateway, file } = report;
  return [
    labelled('key', `${id}, in ${file}`),
    labelled('public', publicKey),
    labelled('possession', `${possessionProof} (at the gateway ${gateway})`),
    labelled('next', 'back the file up, then: dodona keys propose --kind random'),
  ].join('\n');
}
