import { Command } from 'commander';
import { toWire } from '../api/json-text.js';
import { loadConfig } from '../config/load-config.js';
import type { PublicKeysOf } from '../keystore/public-keys.js';
import type { KeyOverview, KeyStanding } from '../operations/key-standing.js';
import type { CommandContext } from './command-context.js';
import { type CommonOptions, EXIT_CODE_HELP, withCommonOptions } from './command-options.js';
import { type GatewayKeysView, viewGatewayKeys } from './gateway-keys-view.js';
import { labelled } from './text-table.js';

const HELP = `
Shows the keys that this node has: of the node account, of random numbers, of the vault. No password
is asked for, and nothing secret is shown. What a key is to the gateway is asked of the chain:
  current   signs answers; new requests for numbers are made under it; authors encrypt to it
  proposed  becomes the node account once it accepts
  next      is made to be proposed
  overlap   was the node account before, and may still answer
  kept      is none of these; what was made under it still needs it

Examples:
  dodona keys list
  dodona keys list --json
${EXIT_CODE_HELP}`;

export function keysListCommand(context: CommandContext): Command {
  return withCommonOptions(new Command('list'))
    .description('the keys of this node, and what each is to the gateway')
    .addHelpText('after', HELP)
    .action(async (options: CommonOptions) => {
      const { listKeys } = await import('./list-keys.js');
      const { keyOverview } = await import('../operations/key-standing.js');
      const config = loadConfig(options.config);
      const settings = { config, magic: config.network.magic };
      const { chain, problem } = await viewGatewayKeys(settings, context);
      const keys = keyOverview(await listKeys(config, context.clock), chain);
      if (options.json === true) {
        context.print(JSON.stringify({ ok: true, ...toWire({ ...keys, chain, problem }) }));
      } else context.print(listText(keys, problem));
    });
}

function listText(keys: KeyOverview, problem: GatewayKeysView['problem']): string {
  const unknown = problem === null ? [] : [labelled('chain', `not asked: ${problem}`), ''];
  return [
    ...unknown,
    ...section('node account', keys.node, ({ address, publicKeys, threshold, standing }) => {
      const of = publicKeys.length > 1 ? ` (${threshold} of ${publicKeys.length})` : '';
      return [head(address + of, standing), ...publicKeys.map((key) => `    public  ${key}`)];
    }),
    '',
    ...section('random numbers', keys.random, ({ id, standing }) => [head(id, standing)]),
    '',
    ...section('vault', keys.vault, ({ id, publicKey, standing }) => [
      head(id, standing),
      `    public  ${publicKey}`,
    ]),
  ].join('\n');
}

const head = (name: string, standing: KeyStanding | null): string =>
  `  ${name}  ${standing ?? 'unknown'}`;

function section<Part>(
  title: string,
  { file, problem, keys }: PublicKeysOf<Part>,
  linesOf: (part: Part) => string[],
): string[] {
  const none = problem ?? 'none';
  return [`${title}: ${file}`, ...(keys.length === 0 ? [`  ${none}`] : keys.flatMap(linesOf))];
}
