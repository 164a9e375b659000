import { randomBytes } from 'node:crypto';
import { Command } from 'commander';
import { toHex } from '../base/bytes.js';
import type { Hash160 } from '../base/hash.js';
import { publicKeyId } from '../base/sealed-box.js';
import { loadConfig } from '../config/load-config.js';
import { randomKeyFile } from '../config/random-files.js';
import type { CommandContext } from './command-context.js';
import { type CommonOptions, EXIT_CODE_HELP, withCommonOptions } from './command-options.js';
import { type KeyKindOptions, keyKindOption } from './key-kind.js';
import { labelled } from './text-table.js';

const HELP = `
Makes a key and adds it to random.keyFile, in which its secret is encrypted under the password; the
keys that are there stay, since requests are answered under the key that they were made under. A
running node finds it. Back the file up. The key is used once the gateway knows it: dodona keys
propose. Public key and proof of possession are printed for who proposes it by other means.

Examples:
  dodona keys create --kind random
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

export function keysCreateCommand(context: CommandContext): Command {
  return withCommonOptions(new Command('create'))
    .addOption(keyKindOption())
    .description('make a new key of the node, beside the present ones')
    .addHelpText('after', HELP)
    .action(async (options: CommonOptions & KeyKindOptions) => {
      const report = await createKey(context, options);
      context.print(options.json === true ? JSON.stringify(report) : reportText(report));
    });
}

async function createKey(
  context: CommandContext,
  { config: configFile }: CommonOptions,
): Promise<CreatedKeyReport> {
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
