import { Command } from 'commander';
import { shorten } from '../base/bytes.js';
import type { Datoshi } from '../base/datoshi.js';
import { NodeError } from '../base/node-error.js';
import { readContract } from '../chain/contract-read.js';
import type { PolicyTerms } from '../chain/gateway-owner-calls.js';
import { type GatewayPolicy, gatewayReads } from '../chain/gateway-reads.js';
import { chainSettings } from './chain-options.js';
import type { CommandContext } from './command-context.js';
import { EXIT_CODE_HELP } from './command-options.js';
import { POLICY_KINDS } from './gateway-show-command.js';
import { openChain } from './open-chain.js';
import { ORDER_HELP, type OrderOptions, readAmount, withOrderOptions } from './order-options.js';
import { runOrder } from './run-order.js';

const HELP = `
By the gateway's owner. What is not named stays as it is. Requests that were made keep the policy
they were made under. A minimum must cover what a plain answer costs at the network's prices, or
answers are a loss that the node does not send. A lower --update-delay holds only after the present
one. Kinds: ${POLICY_KINDS.join(', ')}.
${ORDER_HELP}

Examples:
  dodona gateway set-policy --minimum http=0.05 --minimum oracle=0.05 --wallet owner.json
  dodona gateway set-policy --premium random=0.1 --request-lifetime 480 --dry-run
${EXIT_CODE_HELP}`;

interface PolicyOptions extends OrderOptions {
  readonly minimum: readonly string[];
  readonly premium: readonly string[];
  readonly requestLifetime?: string;
  readonly resultLifetime?: string;
  readonly networkFeeCeiling?: string;
  readonly updateDelay?: string;
}

const all = (value: string, before: readonly string[]): string[] => [...before, value];

export function gatewaySetPolicyCommand(context: CommandContext): Command {
  return withOrderOptions(new Command('set-policy'))
    .option('--minimum <kind=gas>', 'least maxFee of a request; may be given again', all, [])
    .option('--premium <kind=gas>', 'what an answer earns; may be given again', all, [])
    .option('--request-lifetime <blocks>', 'after which a request is refunded')
    .option('--result-lifetime <blocks>', 'after which anybody may drop a kept result')
    .option('--network-fee-ceiling <gas>', 'most of a network fee that is charged on')
    .option('--update-delay <blocks>', 'between proposing and making an update of the contract')
    .description('set what the gateway charges, and how long things live, as its owner')
    .addHelpText('after', HELP)
    .action(async (options: PolicyOptions) => {
      const settings = chainSettings(options);
      const open = await openChain(settings, context.clock);
      const present = await readContract(
        open.rpc,
        gatewayReads(settings.config.gateway.hash).policy(),
      ).finally(() => open.close());
      const terms = changedTerms(present, options);
      await runOrder(context, options, () => ({ kind: 'setPolicy', terms }));
    });
}

/** The present terms with what was asked for. Throws a NodeError BAD_QUERY. */
export function changedTerms(present: GatewayPolicy, options: PolicyOptions): PolicyTerms {
  const { requestLifetime, resultLifetime, networkFeeCeiling, updateDelay } = options;
  const named = [requestLifetime, resultLifetime, networkFeeCeiling, updateDelay];
  const changes = named.filter((each) => each !== undefined).length;
  if (changes + options.minimum.length + options.premium.length === 0) {
    throw bad('nothing is to be changed', 'name what, such as --minimum http=0.05');
  }
  return {
    premiums: withAmounts('premium', present.premiums, options.premium),
    minimums: withAmounts('minimum', present.minimums, options.minimum),
    requestLifetime: blocks('request-lifetime', requestLifetime, present.requestLifetime),
    resultLifetime: blocks('result-lifetime', resultLifetime, present.resultLifetime),
    networkFeeCeiling:
      networkFeeCeiling === undefined
        ? present.networkFeeCeiling
        : readAmount('network-fee-ceiling', networkFeeCeiling),
    updateDelay: blocks('update-delay', updateDelay, present.updateDelay),
  };
}

function withAmounts(
  name: string,
  present: readonly Datoshi[],
  given: readonly string[],
): readonly Datoshi[] {
  const amounts = [...present];
  for (const text of given) {
    const [kind = '', amount = ''] = text.split('=');
    const at = (POLICY_KINDS as readonly string[]).indexOf(kind);
    if (at < 0) {
      const problem = `--${name} is ${JSON.stringify(shorten(text, 60))}`;
      throw bad(problem, `expected KIND=GAS, the kind one of ${POLICY_KINDS.join(', ')}`);
    }
    amounts[at] = readAmount(name, amount);
  }
  return amounts;
}

function blocks(name: string, text: string | undefined, present: number): number {
  if (text === undefined) return present;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const problem = `--${name} is ${JSON.stringify(shorten(text, 60))}`;
  throw bad(problem, 'expected a number of blocks');
}

const bad = (message: string, hint: string): NodeError =>
  new NodeError('BAD_QUERY', message, { hint });
