import { Command } from 'commander';
import { toWire } from '../api/json-text.js';
import { formatGas } from '../base/datoshi.js';
import { hash160ToAddress } from '../base/hash.js';
import { publicKeyId } from '../base/sealed-box.js';
import { readTogether } from '../chain/contract-read.js';
import { gatewayReads } from '../chain/gateway-reads.js';
import { type ChainOptions, chainSettings, withChainOptions } from './chain-options.js';
import type { CommandContext } from './command-context.js';
import { EXIT_CODE_HELP } from './command-options.js';
import { openChain } from './open-chain.js';
import { labelled, textTable } from './text-table.js';

const HELP = `
Examples:
  dodona gateway show
  dodona gateway show --rpc https://rpc.example --gateway 0x... --json
${EXIT_CODE_HELP}`;

/** Kinds of work, in the order in which the gateway's policy tells of them. */
export const POLICY_KINDS = ['oracle', 'http', 'function', 'random', 'price', 'upkeep'] as const;

export function gatewayShowCommand(context: CommandContext): Command {
  return withChainOptions(new Command('show'))
    .description('who administers a gateway, who answers, and what it charges')
    .addHelpText('after', HELP)
    .action(async (options: ChainOptions) => {
      const open = await openChain(chainSettings(options), context.clock);
      try {
        const gateway = open.config.gateway.hash;
        const reads = gatewayReads(gateway);
        const wanted = [reads.owner(), reads.executor(), reads.policy()] as const;
        const { height, values } = await readTogether(open.rpc, [...wanted]);
        const [owner, executor, policy] = values;
        const { nodeAccount, isPaused, randomKey, gatewayVersion: version } = open.facts;
        const keys = { nodeAccount, randomKeyId: randomKey.keyId };
        const report = { gateway, version, height, owner, executor, isPaused, ...keys, policy };
        if (options.json === true) {
          context.print(JSON.stringify(toWire({ ok: true, ...report })));
          return;
        }
        const key = randomKey.publicKey;
        const node = nodeAccount === null ? 'nobody: revoked' : hash160ToAddress(nodeAccount);
        const random =
          key === null ? 'no key: no random numbers' : `${randomKey.keyId} (${publicKeyId(key)})`;
        const lines = [
          labelled('gateway', `${gateway}, version ${version}${isPaused ? ', PAUSED' : ''}`),
          labelled('owner', hash160ToAddress(owner)),
          labelled('node', node),
          labelled('random', random),
          labelled('executor', executor),
          labelled('requests', `live for ${policy.requestLifetime} blocks`),
          labelled('results', `are kept for ${policy.resultLifetime} blocks`),
          labelled('ceiling', `network fee of ${formatGas(policy.networkFeeCeiling)} GAS`),
          labelled('updates', `after ${policy.updateDelay} blocks`),
          '',
          textTable(
            [
              { title: 'kind' },
              { title: 'minimum', align: 'right' },
              { title: 'premium', align: 'right' },
            ],
            POLICY_KINDS.map((kind, at) => [
              kind,
              formatGas(policy.minimums[at] ?? 0n),
              formatGas(policy.premiums[at] ?? 0n),
            ]),
          ),
        ];
        context.print(lines.join('\n'));
      } finally {
        open.close();
      }
    });
}
