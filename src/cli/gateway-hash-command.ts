import { Command } from 'commander';
import type { CommandContext } from './command-context.js';
import { EXIT_CODE_HELP } from './command-options.js';
import { readAccount } from './order-options.js';
import { labelled } from './text-table.js';

const HELP = `
Needs no network: the hashes follow from the owner's account and the contracts of this package.

Examples:
  dodona gateway hash --owner NNLi44dJNXtDNSBkofB48aTVYtb1zZrNEs
${EXIT_CODE_HELP}`;

interface HashOptions {
  readonly owner: string;
  readonly json?: boolean;
}

export function gatewayHashCommand(context: CommandContext): Command {
  return new Command('hash')
    .requiredOption('--owner <account>', 'the account that deploys, and owns the gateway')
    .option('--json', 'print JSON for programs instead of text for people')
    .description('the hash that a gateway of an owner has, deployed or not')
    .addHelpText('after', HELP)
    .action(async (options: HashOptions) => {
      const { gatewayContracts } = await import('../chain/gateway-contracts.js');
      const owner = readAccount('owner', options.owner);
      const { gateway, executor } = await gatewayContracts(owner, owner);
      const hashes = { gateway: gateway.hash, executor: executor.hash };
      if (options.json === true) context.print(JSON.stringify({ ok: true, owner, ...hashes }));
      else {
        context.print(labelled('gateway', hashes.gateway));
        context.print(labelled('executor', hashes.executor));
      }
    });
}
