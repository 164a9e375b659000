import { Command } from 'commander';
import { toWire } from '../api/json-text.js';
import { hash160ToAddress } from '../base/hash.js';
import { loadConfig } from '../config/load-config.js';
import type { CommandContext } from './command-context.js';
import { type CommonOptions, EXIT_CODE_HELP, withCommonOptions } from './command-options.js';
import { openChain } from './open-chain.js';
import { openOwner } from './open-owner.js';
import {
  NO_ARGUMENT_HELP,
  type PassphraseOptions,
  withPassphraseOptions,
} from './passphrase-input.js';
import { labelled } from './text-table.js';

const HELP = `
For a stolen key. The gateway's owner (--wallet) ends the node account, an open overlap and every
proposal at once. Until another account accepts, nothing is answered, and deadlines run on.

That is sent first, since a thief answers as long as it has not happened. Afterwards what the
account earned is collected to the owner, if its key is in the wallet here, and --sweep sends what
is left of its GAS there, too: a revoked account can still collect, and whoever has the key can take
both. A step after the revocation that fails is told and passed over.

After a crash run the same command again, before another account is accepted: it sends nothing
twice, and does what is left.

Then: dodona keys rotate --kind node --wallet FILE, with the owner's wallet, makes, proposes and
accepts another one. A running node goes over to it and answers what still waits.
${NO_ARGUMENT_HELP}

Examples:
  dodona keys revoke --wallet owner.json --password-file owner.password --sweep
${EXIT_CODE_HELP}`;

/** Less than this is not worth the fee of moving it, at Neo's default prices. */
const WORTH_DATOSHI = 10_000_000n;

interface RevokeOptions extends CommonOptions, PassphraseOptions {
  readonly wallet: string;
  readonly account?: string;
  readonly sweep?: boolean;
  readonly dryRun?: boolean;
}

export function keysRevokeCommand(context: CommandContext): Command {
  const command = withCommonOptions(new Command('revoke'))
    .requiredOption('--wallet <file>', "wallet of the gateway's owner")
    .option('--account <address>', 'which account of that wallet')
    .option('--sweep', "send what is left of the node account's GAS to the owner")
    .option('--dry-run', 'check it and show what it costs, but send nothing');
  return withPassphraseOptions(command, "of the owner's wallet")
    .description('end the node account at once, since its key was stolen')
    .addHelpText('after', HELP)
    .action((options: RevokeOptions) => revoke(context, options));
}

async function revoke(context: CommandContext, options: RevokeOptions): Promise<void> {
  const { revokeNodeAccount } = await import('./revoke-node-account.js');
  const config = loadConfig(options.config);
  const owner = await openOwner(context, options);
  if (owner === null) throw new Error('bug: --wallet is required');
  const settings = { config, magic: config.network.magic };
  const open = await openChain(settings, context.clock);
  const tell = (text: string): void => {
    if (options.json !== true) context.print(text);
  };
  const isDryRun = options.dryRun === true;
  const sweeps = options.sweep === true;
  try {
    const worth = WORTH_DATOSHI;
    const parts = { context, open, owner, sweeps, worth, isDryRun, tell };
    const { revoked, ...done } = await revokeNodeAccount(parts);
    tell(labelled('next', `dodona keys rotate --kind node --wallet ${options.wallet}`));
    if (options.json === true) {
      const address = isDryRun || revoked === null ? null : hash160ToAddress(revoked);
      context.print(JSON.stringify(toWire({ ok: true, revoked: address, ...done })));
    }
  } finally {
    open.close();
  }
}
