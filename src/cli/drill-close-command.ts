import { Command } from 'commander';
import { toWire } from '../api/json-text.js';
import { NodeError } from '../base/node-error.js';
import { loadConfig } from '../config/load-config.js';
import type { NodeConfig } from '../config/node-config.js';
import type { ClosingWants } from '../operations/closing-plan.js';
import type { CommandContext } from './command-context.js';
import { type CommonOptions, EXIT_CODE_HELP, withCommonOptions } from './command-options.js';
import { type OpenChain, openChain } from './open-chain.js';
import { openOwner } from './open-owner.js';
import { readAccount } from './order-options.js';
import {
  NO_ARGUMENT_HELP,
  type PassphraseOptions,
  withPassphraseOptions,
} from './passphrase-input.js';
import { badQuery } from './secret-options.js';

const HELP = `
Closes the service so that nothing is owed. The steps, of which those are left out that are done:
  pause    the gateway takes no new requests; answering and refunding go on (--wallet: its owner)
  drain    the running node answers what waits, or refunds it after its deadline
  expire   what nobody answered and the node did not refund is refunded
  stop     you stop the node, which would go on with upkeeps and prices; this waits for it
  settle   what it had under way ends
  collect  take what the node's accounts earned (not what is less than its fee)
  withdraw take their own credit out of the gateway
  sweep    send on what is left of their GAS (with --sweep, which needs --to)
At the end it says what is left at the gateway. Credit of others stays theirs: they withdraw it, and
cancel their upkeeps, whenever they like; no node is needed for that.

Where it stands is found from chain, books and wallet each time: after a crash at any step, or
whenever you like, run it again. With --no-wait it does what can be done now, and ends with 75.
--reopen ends the pause, when the service is to go on.
${NO_ARGUMENT_HELP}

Examples:
  dodona drill close --dry-run
  dodona drill close --wallet owner.json --password-file owner.password
  dodona drill close --no-wait --to NNLi44dJNXtDNSBkofB48aTVYtb1zZrNEs --sweep
  dodona drill close --reopen --wallet owner.json --password-file owner.password
${EXIT_CODE_HELP}`;

interface CloseOptions extends CommonOptions, PassphraseOptions {
  readonly wallet?: string;
  readonly account?: string;
  readonly to?: string;
  readonly sweep?: boolean;
  readonly wait: boolean;
  readonly reopen?: boolean;
  readonly dryRun?: boolean;
}

/** Less than this is not worth the fee of moving it, at Neo's default prices. */
const WORTH_DATOSHI = 10_000_000n;
/** A running node has refunded by then: what it sent is in a block, or built anew. */
const GRACE_PER_VALID_BLOCK = 2;

export function drillCloseCommand(context: CommandContext): Command {
  const command = withCommonOptions(new Command('close'))
    .option('--wallet <file>', "wallet of the gateway's owner, who pauses it and pays for refunds")
    .option('--account <address>', 'which account of that wallet')
    .option('--to <account>', 'who gets what is taken out (default: each account itself)')
    .option('--sweep', "send what is left of the accounts' GAS there, too")
    .option('--no-wait', 'do what can be done now')
    .option('--reopen', 'end the pause, and do nothing else')
    .option('--dry-run', 'show the steps that are left, and change nothing');
  return withPassphraseOptions(command, "of the owner's wallet")
    .description('close the service: pause, drain, refund, collect, until nothing is owed')
    .addHelpText('after', HELP)
    .action((options: CloseOptions) => close(context, options));
}

async function close(context: CommandContext, options: CloseOptions): Promise<void> {
  const config = loadConfig(options.config);
  const wants = wantsOf(config, options);
  const owner = await openOwner(context, options);
  const open = await openChain({ config, magic: config.network.magic }, context.clock);
  const asJson = options.json === true;
  const tell = (text: string): void => {
    if (!asJson) context.print(text);
  };
  const report = (told: object): void =>
    context.print(JSON.stringify(toWire({ ok: true, ...told })));
  try {
    if (options.dryRun === true) return await showPlan(context, open, wants, asJson);
    if (options.reopen === true) {
      if (owner === null) throw badQuery('--reopen goes with --wallet', "of the gateway's owner");
      const { carryOut, openDesk } = await import('./run-order.js');
      const { noteClosing } = await import('./close-service.js');
      const desk = await openDesk(open, { signer: owner, hasBooks: false, note: null }, context);
      const order = { kind: 'pause', isOn: false } as const;
      await noteClosing({ context, open }, 'reopen', 'done', 'ordered: the end of the pause');
      const { sent } = await carryOut(desk, () => order, {}, { ...context, print: tell });
      return asJson ? report({ reopened: true, sent }) : undefined;
    }
    const { closeService } = await import('./close-service.js');
    const { readLeft } = await import('./closing-desk.js');
    const { closedText } = await import('./closing-text.js');
    const waits = options.wait;
    const { done, facts } = await closeService({ context, open, wants, owner, waits, tell });
    const left = await readLeft(open, facts);
    if (asJson) report({ closed: true, block: facts.height, done, left });
    else context.print(closedText(left));
  } finally {
    open.close();
  }
}

async function showPlan(
  context: CommandContext,
  open: OpenChain,
  wants: ClosingWants,
  asJson: boolean,
): Promise<void> {
  const { readClosing, readLeft } = await import('./closing-desk.js');
  const { closedText, closingStepsText } = await import('./closing-text.js');
  const { planClosing } = await import('../operations/closing-plan.js');
  const facts = await readClosing({ ...open, clock: context.clock });
  const steps = planClosing(facts, wants);
  const left = await readLeft(open, facts);
  if (asJson) {
    const { pending, isPaused } = facts;
    const told = { ok: true, closed: steps.length === 0, steps, pending, isPaused, left };
    return context.print(JSON.stringify(toWire(told)));
  }
  if (steps.length === 0) return context.print(closedText(left));
  context.print(`${closingStepsText(steps)}\nNothing was changed (--dry-run).`);
}

function wantsOf(
  { pipeline }: NodeConfig,
  { to, sweep, wait, reopen }: CloseOptions,
): ClosingWants {
  if (sweep === true && to === undefined) {
    throw new NodeError('BAD_QUERY', '--sweep goes with --to', { hint: 'name who gets the GAS' });
  }
  if (reopen === true && (sweep === true || to !== undefined || !wait)) {
    throw badQuery('--reopen stands alone', 'it ends the pause and takes nothing out');
  }
  return {
    to: to === undefined ? null : readAccount('to', to),
    sweeps: sweep === true,
    worth: WORTH_DATOSHI,
    graceBlocks: GRACE_PER_VALID_BLOCK * pipeline.validUntilBlocks,
    batch: pipeline.expireBatchRequests,
  };
}
