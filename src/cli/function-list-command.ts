import { Command } from 'commander';
import { hash160ToAddress } from '../base/hash.js';
import {
  type FunctionWithCode,
  MAX_FUNCTIONS_READ,
  readFunctions,
} from '../chain/read-functions.js';
import { codePlaces } from '../node/open-functions.js';
import { type ChainOptions, chainSettings, withChainOptions } from './chain-options.js';
import type { CommandContext } from './command-context.js';
import { EXIT_CODE_HELP } from './command-options.js';
import { type OpenChain, openChain } from './open-chain.js';
import { textTable } from './text-table.js';

const HELP = `
Code: "chain" (the source is at the gateway), "uri" (where it can be fetched), "store" (this node
has a copy), or several of them; "nowhere" when nobody can run it. --json has the whole hashes, and
the uris.

Examples:
  dodona function list
  dodona function list --rpc https://rpc.example:443 --gateway 0x5a2c… --json
${EXIT_CODE_HELP}`;

const MAX_FUNCTIONS = 10_000;

interface ListedFunction extends FunctionWithCode {
  readonly places: readonly string[];
}

export function functionListCommand(context: CommandContext): Command {
  return withChainOptions(new Command('list'))
    .description("the gateway's functions, with where their code is")
    .addHelpText('after', HELP)
    .action(async (options: ChainOptions) => {
      const chain = await openChain(chainSettings(options), context.clock);
      try {
        const functions = await listFunctions(chain);
        if (options.json === true) {
          const listed = functions.map((each) => ({ ...each, id: each.id.toString() }));
          context.print(JSON.stringify({ functions: listed }));
        } else context.print(tableOf(functions));
      } finally {
        chain.close();
      }
    });
}

async function listFunctions({ rpc, config }: OpenChain): Promise<ListedFunction[]> {
  const { hash } = config.gateway;
  const functions: ListedFunction[] = [];
  for (let from = 1; from <= MAX_FUNCTIONS; from += MAX_FUNCTIONS_READ) {
    const page = await readFunctions(rpc, hash, { from: BigInt(from), count: MAX_FUNCTIONS_READ });
    functions.push(...page.map((each) => ({ ...each, places: codePlaces(config, each) })));
    if (page.length < MAX_FUNCTIONS_READ) return functions;
  }
  return functions;
}

function tableOf(functions: readonly ListedFunction[]): string {
  if (functions.length === 0) return 'No function is registered.';
  return textTable(
    [
      { title: 'ID', align: 'right' },
      { title: 'NAME' },
      { title: 'OWNER' },
      { title: 'CODE' },
      { title: 'SHA256' },
    ],
    functions.map(({ id, name, owner, places, codeHash }) => [
      id.toString(),
      name,
      hash160ToAddress(owner),
      places.join(', ') || 'nowhere',
      codeHash,
    ]),
  );
}
