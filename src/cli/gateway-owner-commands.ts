import { Command } from 'commander';
import type { CommandContext } from './command-context.js';
import { EXIT_CODE_HELP } from './command-options.js';
import { ORDER_HELP, type OrderOptions, readAccount, withOrderOptions } from './order-options.js';
import { runOrder } from './run-order.js';

const TRANSFER_HELP = `
Names the next owner of the gateway; nothing changes until that account accepts, which proves that
somebody can sign for it. Naming another one, or the present owner, replaces a proposal.
${ORDER_HELP}

Examples:
  dodona gateway transfer-ownership N... --wallet owner.json
${EXIT_CODE_HELP}`;

const ACCEPT_HELP = `
Makes the account that signs, which the owner named before, the owner of the gateway.
${ORDER_HELP}

Examples:
  dodona gateway accept-ownership --wallet next-owner.json
${EXIT_CODE_HELP}`;

export function gatewayTransferOwnershipCommand(context: CommandContext): Command {
  return withOrderOptions(new Command('transfer-ownership'))
    .argument('<account>', 'who is to be the next owner')
    .description('name the next owner of the gateway, as its owner')
    .addHelpText('after', TRANSFER_HELP)
    .action(async (text: string, options: OrderOptions) => {
      const next = readAccount('account', text);
      await runOrder(context, options, () => ({ kind: 'transferOwnership', next }));
    });
}

export function gatewayAcceptOwnershipCommand(context: CommandContext): Command {
  return withOrderOptions(new Command('accept-ownership'))
    .description('become the owner of the gateway, as the account that was named')
    .addHelpText('after', ACCEPT_HELP)
    .action(async (options: OrderOptions) => {
      await runOrder(context, options, () => ({ kind: 'acceptOwnership' }));
    });
}
