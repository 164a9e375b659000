import { Command } from 'commander';
import { toWire } from '../api/json-text.js';
import { type Datoshi, formatGas } from '../base/datoshi.js';
import { loadConfig } from '../config/load-config.js';
import type { CommandContext } from './command-context.js';
import { type CommonOptions, EXIT_CODE_HELP, withCommonOptions } from './command-options.js';
import { ExitCode } from './exit-code.js';
import { openChain } from './open-chain.js';
import { openOwner } from './open-owner.js';
import { parseAmount } from './order-options.js';
import {
  NO_ARGUMENT_HELP,
  type PassphraseOptions,
  withPassphraseOptions,
} from './passphrase-input.js';
import { badQuery } from './secret-options.js';
import { labelled } from './text-table.js';

const HELP = `
Shows what the wallet has and keeps, what waits for it, what the node itself has elsewhere, and how
much to send where. Exit code 1 says that it is empty: nothing is sent that would take it below
gasbank.walletFloor. Nothing is lost by that: requests wait with their reason, and are refunded
after their deadlines. When GAS is there, the node goes on by itself: nothing is to be restarted.

--fund sends GAS from another wallet to the node's account, and waits for its block.
--wait waits until the wallet is no longer empty and nothing that waited for it still does.
${NO_ARGUMENT_HELP}

Examples:
  dodona drill empty-wallet
  dodona drill empty-wallet --fund 20 --wallet other.json --password-file other.password --wait
${EXIT_CODE_HELP}`;

interface EmptyWalletOptions extends CommonOptions, PassphraseOptions {
  readonly fund?: string;
  readonly wallet?: string;
  readonly account?: string;
  readonly wait?: boolean;
}

export function drillEmptyWalletCommand(
  context: CommandContext,
  setExitCode: (code: number) => void,
): Command {
  const command = withCommonOptions(new Command('empty-wallet'))
    .option('--fund <gas>', 'send so much to the node, from --wallet')
    .option('--wallet <file>', 'a wallet that pays for that')
    .option('--account <address>', 'which account of that wallet')
    .option('--wait', 'wait until work goes on');
  return withPassphraseOptions(command, 'of that wallet')
    .description('what waits for the wallet, how much it needs, and how to go on')
    .addHelpText('after', HELP)
    .action(async (options: EmptyWalletOptions) => {
      const state = await drill(context, options);
      if (state === 'empty') setExitCode(ExitCode.fixIt);
    });
}

async function drill(context: CommandContext, options: EmptyWalletOptions) {
  const { lookAtWallet, untilFunded, fundNode, walletLines } = await import('./wallet-drill.js');
  const config = loadConfig(options.config);
  const amount = amountOf(options);
  const payer = await openOwner(context, options);
  const open = await openChain({ config, magic: config.network.magic }, context.clock);
  const asJson = options.json === true;
  const tell = (text: string): void => {
    if (!asJson) context.print(text);
  };
  try {
    const before = await lookAtWallet(context, open);
    tell(walletLines(before, context.clock.nowMs()).join('\n'));
    let sent: string | null = null;
    if (amount !== null && payer !== null) {
      sent = await fundNode(context, open, { payer, amount, to: before.account, tell });
    }
    const isWaited = options.wait === true;
    const after = isWaited ? await untilFunded(context, open, before) : before;
    if (isWaited) {
      tell(labelled('goes on', `${formatGas(after.gasDatoshi)} GAS; nothing waits for the wallet`));
    }
    const told = sent === null || isWaited ? after : await lookAtWallet(context, open);
    if (asJson) context.print(JSON.stringify(toWire({ ok: true, ...told, sent })));
    return told.state;
  } finally {
    open.close();
  }
}

function amountOf({ fund, wallet }: EmptyWalletOptions): Datoshi | null {
  if ((fund === undefined) === (wallet === undefined)) {
    return fund === undefined ? null : parseAmount('fund', fund);
  }
  throw badQuery('--fund and --wallet go together', 'name the amount and the wallet that pays it');
}
