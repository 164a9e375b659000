import { Command } from 'commander';
import { toWire } from '../api/json-text.js';
import { formatGas } from '../base/datoshi.js';
import { hash160ToAddress } from '../base/hash.js';
import { readWalletFile } from '../config/wallet-file.js';
import type { NoteSent } from '../pipeline/send-order.js';
import { chainSettings } from './chain-options.js';
import type { CommandContext } from './command-context.js';
import { EXIT_CODE_HELP } from './command-options.js';
import { createDeployments, type Deployment, requireNode } from './deploy-gateway.js';
import { forgetEnded, openDeploymentNote, settleNote, tellOfNote } from './deployment-note.js';
import { openNetwork } from './open-network.js';
import { readAccount } from './order-options.js';
import {
  NO_ARGUMENT_HELP,
  type PassphraseOptions,
  readPassphrase,
  withPassphraseOptions,
} from './passphrase-input.js';
import { labelled } from './text-table.js';

const HELP = `
Deploys the gateway and its executor, as they are in this package, from the account that --wallet
opens: it pays, and becomes the gateway's owner. What is there already is left as it is, so that a
deployment that was interrupted is finished by the same command; what it sent is in a note beside
the wallet until its end is known, and is waited for first. The hashes follow from the owner's
account and the contracts: dodona gateway hash tells them before.

The owner administers the gateway and need not be on the node's machine. Keep its wallet: no other
account can set the policy, end a stolen key or update the contract.
${NO_ARGUMENT_HELP}

Examples:
  dodona gateway deploy --rpc https://rpc.example --wallet owner.json --node N... --dry-run
${EXIT_CODE_HELP}`;

interface DeployOptions extends PassphraseOptions {
  readonly rpc: string;
  readonly wallet: string;
  readonly account?: string;
  readonly node: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function gatewayDeployCommand(context: CommandContext): Command {
  const command = new Command('deploy')
    .requiredOption('--rpc <url>', 'an RPC endpoint of the network')
    .requiredOption('--wallet <file>', 'NEP-6 wallet of the account that is to own the gateway')
    .option('--account <address>', "which account of that wallet (default: the wallet's default)")
    .requiredOption('--node <account>', 'whose answers the gateway takes: the node account')
    .option('--dry-run', 'check it and show what it costs, but send nothing')
    .option('--json', 'print JSON for programs instead of text for people');
  return withPassphraseOptions(command, 'its password')
    .description('put a gateway of your own on a network')
    .addHelpText('after', HELP)
    .action((options: DeployOptions) => deploy(context, options));
}

async function deploy(context: CommandContext, options: DeployOptions): Promise<void> {
  const { openWallet } = await import('../keystore/open-wallet.js');
  const { gatewayContracts } = await import('../chain/gateway-contracts.js');
  const { wallet, rpc, account } = options;
  const named = account === undefined ? null : readAccount('account', account);
  const node = readAccount('node', options.node);
  const entry = readWalletFile({ file: wallet, account: named });
  const { gateway, executor } = await gatewayContracts(entry.account, node);
  const settings = chainSettings({ rpc, gateway: gateway.hash, config: '' });
  const password = await readPassphrase(context, options, { of: `the password of ${wallet}` });
  const signer = await openWallet(entry, password);
  const tell = (label: string, text: string): void => {
    if (options.json !== true) context.print(labelled(label, text));
  };
  const open = await openNetwork(settings, context.clock);
  try {
    const { magic } = open.config.network;
    tell('network', `magic ${magic}`);
    tell('owner', hash160ToAddress(signer.account));
    tell('node', hash160ToAddress(node));
    const note = await openDeploymentNote(wallet, magic, signer.account);
    const isDry = options.dryRun === true;
    if (isDry) tellOfNote(note, tell);
    else await settleNote(context, open, note, tell);
    const noteSent: NoteSent = (sent, validUntilBlock) => {
      note.write(sent, validUntilBlock);
      context.passed?.('deployment noted');
      tell('sent', `${sent.hash}, valid up to block ${validUntilBlock}`);
    };
    const deployments = createDeployments(open, signer, context.clock, noteSent);
    const plans = await deployments.plan([gateway, executor]);
    await requireNode(open, plans, node);
    for (const { contract, priced } of plans) {
      const what = priced === null ? 'there already' : `costs ${formatGas(priced.fees)} GAS`;
      tell(contract.name, `${contract.hash}, ${what}`);
    }
    const done: Deployment[] = [];
    for (const plan of isDry ? [] : plans) {
      const deployed = await forgetEnded(note, () => deployments.carryOut(plan));
      done.push(deployed);
      context.passed?.(`${deployed.name} deployed`);
      if (deployed.sent === null) continue;
      tell('done', `${deployed.name} in block ${deployed.sent.block}, ${deployed.sent.tx}`);
    }
    const startBlock = done.find(({ name }) => name === 'gateway')?.sent?.block ?? null;
    tell('next', nextStep(gateway.hash, startBlock, isDry));
    if (options.json !== true) return;
    const fees = plans.map(({ priced }) => priced?.fees ?? 0n);
    const report = {
      ok: true,
      owner: signer.account,
      nodeAccount: node,
      gateway: gateway.hash,
      executor: executor.hash,
      feesDatoshi: fees.reduce((sum, fee) => sum + fee, 0n),
      startBlock,
      deployments: done,
    };
    context.print(JSON.stringify(toWire(report)));
  } finally {
    open.close();
  }
}

function nextStep(gateway: string, startBlock: number | null, isDry: boolean): string {
  if (isDry) return 'nothing was sent (--dry-run)';
  const from =
    startBlock === null ? 'the block of its deployment, or an earlier one' : `${startBlock}`;
  return `in the node's configuration: gateway.hash: ${gateway}, gateway.startBlock: ${from}`;
}
