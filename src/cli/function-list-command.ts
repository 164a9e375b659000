import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { hash160ToAddress } from '../base/hash.js';
import { readTogether } from '../chain/contract-read.js';
import { gatewayReads, type RegisteredFunction } from '../chain/gateway-reads.js';
import { storedCodeFile } from '../node/open-functions.js';
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

/** Ids that are asked for in one exchange, and at most in all. */
const PAGE = 40;
const MAX_FUNCTIONS = 10_000;

interface ListedFunction extends RegisteredFunction {
  readonly id: bigint;
  readonly places: readonly string[];
  readonly uris: readonly string[];
  readonly sourceBytes: number;
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

async function listFunctions(chain: OpenChain): Promise<ListedFunction[]> {
  const { rpc, config } = chain;
  const reads = gatewayReads(config.gateway.hash);
  const functions: ListedFunction[] = [];
  for (let from = 1; from <= MAX_FUNCTIONS; from += PAGE) {
    const ids = Array.from({ length: PAGE }, (_, at) => BigInt(from + at));
    const { values } = await readTogether(
      rpc,
      ids.map((id) => reads.functionOf(id)),
    );
    for (const [at, found] of values.entries()) {
      if (found === null) return functions;
      functions.push(await placed(chain, BigInt(from + at), found));
    }
  }
  return functions;
}

async function placed(
  { rpc, config }: OpenChain,
  id: bigint,
  found: RegisteredFunction,
): Promise<ListedFunction> {
  const read = gatewayReads(config.gateway.hash).codeOf(found.codeHash);
  const { values } = await readTogether(rpc, [read]);
  const [code] = values;
  const sourceBytes = code?.source.length ?? 0;
  const uris = code?.uris ?? [];
  const places = [
    ...(sourceBytes > 0 ? ['chain'] : []),
    ...(uris.length > 0 ? ['uri'] : []),
    ...(existsSync(storedCodeFile(config, found.codeHash)) ? ['store'] : []),
  ];
  return { id, ...found, places, uris, sourceBytes };
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
