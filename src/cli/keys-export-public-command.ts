import { Command, Option } from 'commander';
import { loadConfig } from '../config/load-config.js';
import type { CommandContext } from './command-context.js';
import { type CommonOptions, EXIT_CODE_HELP, withCommonOptions } from './command-options.js';
import type { KeyKind } from './key-kind.js';

const HELP = `
Prints what others may know of the node's keys, one key a line, and nothing of this machine: the
kind, the address or id, and the public keys. No password is asked for. To check that a key is the
one in use, compare it with the gateway's (nodeAccount, randomKey), not with a page on the web.

Examples:
  dodona keys export-public
  dodona keys export-public --kind node --json > node-keys.json
${EXIT_CODE_HELP}`;

interface ExportOptions extends CommonOptions {
  readonly kind?: KeyKind;
}

export function keysExportPublicCommand(context: CommandContext): Command {
  return withCommonOptions(new Command('export-public'))
    .addOption(
      new Option('--kind <kind>', 'only these').choices(['node', 'random', 'vault'] as const),
    )
    .description("the public parts of the node's keys, to be given to others")
    .addHelpText('after', HELP)
    .action(async (options: ExportOptions) => {
      const { listKeys } = await import('./list-keys.js');
      const config = loadConfig(options.config);
      const { node, random, vault } = await listKeys(config, context.clock);
      const isWanted = (kind: KeyKind): boolean => (options.kind ?? kind) === kind;
      for (const [kind, { problem }] of Object.entries({ node, random, vault })) {
        if (problem !== null && isWanted(kind as KeyKind)) context.complain(`${kind}: ${problem}`);
      }
      const keys = [
        ...node.keys.map(({ label: _, isDefault: __, canSign: ___, ...key }) => key),
        ...random.keys,
        ...vault.keys,
      ].filter(({ kind }) => isWanted(kind));
      if (options.json === true) context.print(JSON.stringify({ ok: true, keys }));
      else for (const key of keys) context.print(lineOf(key));
    });
}

function lineOf(
  key:
    | { readonly kind: 'node'; readonly address: string; readonly publicKeys: readonly string[] }
    | { readonly kind: 'random' | 'vault'; readonly id: string; readonly publicKey: string },
): string {
  if (key.kind === 'node') return ['node', key.address, ...key.publicKeys].join(' ');
  return `${key.kind} ${key.id} ${key.publicKey}`;
}
