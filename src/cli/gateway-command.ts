import { Command } from 'commander';
import type { CommandContext } from './command-context.js';
import { gatewayDeployCommand } from './gateway-deploy-command.js';
import { gatewayHashCommand } from './gateway-hash-command.js';
import {
  gatewayAcceptOwnershipCommand,
  gatewayTransferOwnershipCommand,
} from './gateway-owner-commands.js';
import { gatewaySetPolicyCommand } from './gateway-set-policy-command.js';
import { gatewayShowCommand } from './gateway-show-command.js';

export function gatewayCommand(context: CommandContext): Command {
  return new Command('gateway')
    .description('the gateway on the network: deploying, showing and administering it')
    .addCommand(gatewayHashCommand(context))
    .addCommand(gatewayDeployCommand(context))
    .addCommand(gatewayShowCommand(context))
    .addCommand(gatewaySetPolicyCommand(context))
    .addCommand(gatewayTransferOwnershipCommand(context))
    .addCommand(gatewayAcceptOwnershipCommand(context))
    .addHelpText('after', '\nSee `dodona gateway deploy --help` and so on.');
}
