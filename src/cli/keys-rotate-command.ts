import { Command } from 'commander';
import { toWire } from '../api/json-text.js';
import { formatGas } from '../base/datoshi.js';
import type { Signer } from '../chain/signer.js';
import { loadConfig } from '../config/load-config.js';
import type { NodeConfig } from '../config/node-config.js';
import type { RotationWants } from '../operations/rotation-plan.js';
import type { CommandContext } from './command-context.js';
import { type CommonOptions, EXIT_CODE_HELP, withCommonOptions } from './command-options.js';
import { type KeyKind, keyKindOption } from './key-kind.js';
import { type OpenChain, openChain } from './open-chain.js';
import { openOwner } from './open-owner.js';
import { readAccount, readAmount } from './order-options.js';
import {
  NO_ARGUMENT_HELP,
  type PassphraseOptions,
  withPassphraseOptions,
} from './passphrase-input.js';
import type { StepCost } from './rotation-costs.js';
import { badQuery } from './secret-options.js';

const HELP = `
Changes a key while the node goes on answering.

--kind node: a new account signs. The steps, of which those are left out that are done:
  create   make a new key in the wallet (or --next: take one that is in it)
  propose  tell the gateway of it, signed by the node account, or by its owner (--wallet)
  fund     give it GAS (--fund)
  accept   it becomes the node account; the old one may still answer for --overlap blocks
  switch   make it the wallet's default account
  follow   wait until the running node signs as it
  drain    wait until everything has ended that the old account had under way
  collect  take what the old account earned (not what is less than its fee)
  withdraw take its credit out of the gateway: canaries are paid from it, and need new credit
  sweep    send on what is left of its GAS (with --sweep)
  retire   move its key out of the wallet, into a file beside it; nothing is deleted
Where a rotation stands is found from wallet, chain and books each time: after a crash, or when a
step was refused, --continue finishes it, and begins none. A running node goes over by itself.

--kind random: a new key of random numbers is made and proposed; requests that wait keep the key
that they were made under. Once none waits, --continue moves former keys out of the file. As long as
one is there, the command finishes that rotation and begins no other, also after a crash.

The vault's keys: dodona secrets rotate.
${NO_ARGUMENT_HELP}

Examples:
  dodona keys rotate --kind node --dry-run
  dodona keys rotate --kind node --fund 20 --sweep
  dodona keys rotate --kind node --continue
  dodona keys rotate --kind node --wallet owner.json --password-file owner.password
${EXIT_CODE_HELP}`;

export interface RotateOptions extends CommonOptions, PassphraseOptions {
  readonly kind: KeyKind;
  readonly continue?: boolean;
  readonly next?: string;
  readonly fund?: string;
  readonly overlap?: string;
  readonly sweep?: boolean;
  readonly wallet?: string;
  readonly account?: string;
  readonly dryRun?: boolean;
}

/** Less than this is not worth the fee of moving it, at Neo's default prices. */
const WORTH_DATOSHI = 10_000_000n;
/** What is in flight has ended after validUntilBlocks; twice as long for a node that is behind. */
const OVERLAP_PER_VALID_BLOCK = 2;
const MAX_OVERLAP_BLOCKS = 1_000_000;

export function keysRotateCommand(context: CommandContext): Command {
  const command = withCommonOptions(new Command('rotate'))
    .addOption(keyKindOption('node', 'random'))
    .option('--continue', 'finish one that is under way, and begin none')
    .option('--next <address>', 'the account of the wallet that is to be the new one')
    .option('--fund <gas>', 'GAS that the new account gets (default: gasbank.walletWarning)')
    .option('--overlap <blocks>', 'in which the old account may answer (default: a few)')
    .option('--sweep', "send what is left of the old account's GAS to the new one")
    .option('--wallet <file>', "wallet of the gateway's owner, who then proposes and pays")
    .option('--account <address>', 'which account of that wallet')
    .option('--dry-run', 'show each step with its cost, and change nothing');
  return withPassphraseOptions(command, "of the owner's wallet")
    .description('change a key while the node goes on answering')
    .addHelpText('after', HELP)
    .action((options: RotateOptions) => rotate(context, options));
}

async function rotate(context: CommandContext, options: RotateOptions): Promise<void> {
  const config = loadConfig(options.config);
  const wants = wantsOf(config, options);
  const overlapBlocks = overlapOf(config, options.overlap);
  const owner = await openOwner(context, options);
  const settings = { config, magic: config.network.magic };
  const open = await openChain(settings, context.clock);
  const tell = (text: string): void => {
    if (options.json !== true) context.print(text);
  };
  const isDryRun = options.dryRun === true;
  const asJson = (done: object): void =>
    context.print(JSON.stringify(toWire({ ok: true, ...done })));
  try {
    if (options.kind === 'random') {
      const { rotateRandomKey } = await import('./rotate-random-key.js');
      const { begins } = wants;
      const done = await rotateRandomKey({ context, open, begins, owner, isDryRun, tell });
      return options.json === true ? asJson(done) : undefined;
    }
    const given = { context, open, configFile: options.config, wants, overlapBlocks, owner, tell };
    if (isDryRun) return await showPlan(given, options);
    const { rotateNodeKey } = await import('./rotate-node-key.js');
    const done = await rotateNodeKey(given);
    if (options.json === true) asJson({ done });
    else context.print(done.length === 0 ? 'No rotation is under way.' : 'The rotation is done.');
  } finally {
    open.close();
  }
}

async function showPlan(
  parts: {
    readonly context: CommandContext;
    readonly open: OpenChain;
    readonly wants: RotationWants;
    readonly overlapBlocks: number;
    readonly owner: Signer | null;
  },
  { json }: RotateOptions,
): Promise<void> {
  const { planRotation } = await import('../operations/rotation-plan.js');
  const { readRotation } = await import('./rotation-desk.js');
  const { costOfStep } = await import('./rotation-costs.js');
  const { stepsText } = await import('./rotation-text.js');
  const { open, context, overlapBlocks, owner, wants } = parts;
  const plan = planRotation(await readRotation(open), wants);
  const costs: StepCost[] = [];
  for (const step of plan.steps) {
    const given = { payer: owner?.account ?? null, overlapBlocks };
    const { fees, refusal } = await costOfStep(open, plan, step, given);
    costs.push({ fees, refusal });
  }
  if (json === true) {
    const steps = plan.steps.map(({ kind }, at) => ({ step: kind, ...costs[at] }));
    return context.print(JSON.stringify(toWire({ ok: true, steps })));
  }
  if (plan.steps.length === 0) return context.print('No rotation is under way.');
  const all = costs.reduce((sum, { fees }) => sum + (fees ?? 0n), 0n);
  context.print(stepsText(plan, costs));
  context.print(`Fees in all: ${formatGas(all)} GAS. Nothing was changed (--dry-run).`);
}

function wantsOf({ gasbank }: NodeConfig, options: RotateOptions): RotationWants {
  const { fund, next } = options;
  return {
    begins: options.continue !== true,
    next: next === undefined ? null : readAccount('next', next),
    fund: fund === undefined ? gasbank.walletWarningDatoshi : readAmount('fund', fund),
    sweeps: options.sweep === true,
    worth: WORTH_DATOSHI,
  };
}

function overlapOf({ pipeline }: NodeConfig, given: string | undefined): number {
  if (given === undefined) return OVERLAP_PER_VALID_BLOCK * pipeline.validUntilBlocks;
  if (/^\d{1,7}$/.test(given) && Number(given) <= MAX_OVERLAP_BLOCKS) return Number(given);
  throw badQuery(`overlap is ${JSON.stringify(given)}`, 'expected blocks, at most a day of them');
}
