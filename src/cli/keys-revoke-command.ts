import { Command } from 'commander';
import { toWire } from '../api/json-text.js';
import { hash160ToAddress } from '../base/hash.js';
import { messageOf, NodeError } from '../base/node-error.js';
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

Then: dodona keys rotate --kind node --wallet FILE, with the owner's wallet, makes, proposes and
accepts another one. A running node goes over to it and answers what still waits.
${NO_ARGUMENT_HELP}

Examples:
  dodona keys revoke --wallet owner.json --password-file owner.password --sweep
${EXIT_CODE_HELP}`;

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
  const { openDesk, carryOut } = await import('./run-order.js');
  const { readGatewayKeys } = await import('../chain/gateway-keys.js');
  const { createOrders } = await import('./rotation-orders.js');
  const config = loadConfig(options.config);
  const owner = await openOwner(context, options);
  if (owner === null) throw new Error('bug: --wallet is required');
  const settings = { config, magic: config.network.magic };
  const open = await openChain(settings, context.clock);
  const tell = (text: string): void => {
    if (options.json !== true) context.print(text);
  };
  const loud = { ...context, print: tell };
  try {
    const { nodeAccount } = await readGatewayKeys(open.rpc, config.gateway.hash);
    if (nodeAccount === null) {
      throw new NodeError('ORDER_REFUSED', 'the gateway has no node account to revoke', {
        hint: 'nothing was sent',
      });
    }
    const orders = createOrders({ context: loud, open });
    const desk = await openDesk(open, { signer: owner, hasBooks: false, note: null }, context);
    const { dryRun } = options;
    const given = { ...(dryRun === undefined ? {} : { dryRun }) };
    const passOver = async (what: string, work: () => Promise<unknown>): Promise<boolean> => {
      try {
        await work();
        return true;
      } catch (error) {
        if (!(error instanceof NodeError)) throw error;
        context.complain(`warning: ${what}: ${messageOf(error)}`);
        return false;
      }
    };
    const report = await carryOut(desk, () => ({ kind: 'revokeNodeAccount' }), given, loud);
    context.passed?.('revoke');
    // Not before: whoever has the key answers until then, and could keep a collection from a block.
    let isHeld = false;
    if (dryRun !== true) {
      await passOver('not known whether its key is here', async () => {
        isHeld = await orders.isHeld(nodeAccount);
      });
    }
    const collected =
      isHeld &&
      (await passOver('earnings not collected', () =>
        orders.collectAll(nodeAccount, owner.account),
      ));
    const sweeps = isHeld && options.sweep === true;
    const swept =
      sweeps &&
      (await passOver('GAS not swept', () => orders.sendRest(nodeAccount, owner.account)));
    tell(labelled('next', `dodona keys rotate --kind node --wallet ${options.wallet}`));
    const revoked = dryRun === true ? null : hash160ToAddress(nodeAccount);
    if (options.json === true) {
      context.print(JSON.stringify(toWire({ ok: true, revoked, collected, swept, report })));
    }
  } finally {
    open.close();
  }
}
