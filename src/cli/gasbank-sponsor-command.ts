import { Command } from 'commander';
import { NodeError } from '../base/node-error.js';
import type { CommandContext } from './command-context.js';
import { EXIT_CODE_HELP } from './command-options.js';
import {
  ORDER_HELP,
  type OrderOptions,
  readAccount,
  readAmount,
  withOrderOptions,
} from './order-options.js';
import { runOrder } from './run-order.js';

const HELP = `
Pays for the requests of another out of the account's credit, where the requester's own does not
suffice. It begins once the requester has called acceptSponsor with this account. What is set here
replaces what was set before; an allowance of 0 ends it.
${ORDER_HELP}

Examples:
  dodona gasbank sponsor 0x1b4c7d5a0c3b1f2e9d8a7c6b5a4938271605f4e3 --max-fee 1 --allowance 20
  dodona gasbank sponsor 0x1b4c7d5a0c3b1f2e9d8a7c6b5a4938271605f4e3 --allowance 0
${EXIT_CODE_HELP}`;

interface SponsorOptions extends OrderOptions {
  readonly maxFee: string;
  readonly allowance: string;
}

export function gasbankSponsorCommand(context: CommandContext): Command {
  return withOrderOptions(new Command('sponsor'))
    .argument('<requester>', 'the contract or account whose requests are paid for')
    .option('--max-fee <amount>', 'GAS for one request at most', '0')
    .requiredOption('--allowance <amount>', 'GAS for all of them together; 0 ends it')
    .description('pay for the requests of another')
    .addHelpText('after', HELP)
    .action(async (text: string, options: SponsorOptions) => {
      const requester = readAccount('requester', text);
      const maxFeePerRequest = readAmount('max-fee', options.maxFee);
      const allowance = readAmount('allowance', options.allowance);
      if (maxFeePerRequest === 0n && allowance !== 0n) throw noMaxFee();
      await runOrder(context, options, () => {
        return { kind: 'sponsor', requester, maxFeePerRequest, allowance };
      });
    });
}

const noMaxFee = (): NodeError =>
  new NodeError('BAD_QUERY', '--max-fee is 0 or left out, so that no request would be paid for', {
    hint: 'give the most that one request may reserve, such as --max-fee 1',
  });
