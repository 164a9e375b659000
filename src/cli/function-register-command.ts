import { Command } from 'commander';
import { parseRequestId } from '../api/request-query.js';
import { NodeError } from '../base/node-error.js';
import { MAX_SOURCE_ON_CHAIN_BYTES } from '../chain/gateway-calls.js';
import { sha256Hex } from '../resolvers/function-code.js';
import type { CommandContext } from './command-context.js';
import { EXIT_CODE_HELP } from './command-options.js';
import { ORDER_HELP, type OrderOptions, withOrderOptions } from './order-options.js';
import { readFunctionFile } from './read-function.js';
import { runOrder } from './run-order.js';

const HELP = `
Without --uri the source is stored at the gateway, up to ${MAX_SOURCE_ON_CHAIN_BYTES} bytes, which
costs GAS for each byte. With --uri only its sha256 and the uri are; the node takes what the uri
leads to if it has that sha256, so whoever serves it cannot change it.
${ORDER_HELP}

Examples:
  dodona function register price.js --name price
  dodona function register price.js --name price --uri https://example.org/price.js --dry-run
  dodona function update 3 price.js
${EXIT_CODE_HELP}`;

interface CodeOptions extends OrderOptions {
  readonly uri?: string;
}

export function functionRegisterCommand(context: CommandContext): Command {
  return withOrderOptions(new Command('register'))
    .argument('<file>', 'source of the function')
    .requiredOption('--name <name>', 'what it is called, for people')
    .option('--uri <uri>', 'https URL that leads to the source, in the place of storing it')
    .description('register a function at the gateway')
    .addHelpText('after', HELP)
    .action(async (file: string, options: CodeOptions & { readonly name: string }) => {
      const code = codeOf(file, options.uri);
      const order = { kind: 'registerFunction', name: options.name, code } as const;
      await runOrder(context, options, () => order);
    });
}

export function functionUpdateCommand(context: CommandContext): Command {
  return withOrderOptions(new Command('update'))
    .argument('<id>', 'decimal id of a function of this account')
    .argument('<file>', 'its new source')
    .option('--uri <uri>', 'https URL that leads to the source, in the place of storing it')
    .description('give a function other code; requests under way keep theirs')
    .addHelpText('after', HELP)
    .action(async (id: string, file: string, options: CodeOptions) => {
      const code = codeOf(file, options.uri);
      const functionId = parseRequestId(id);
      await runOrder(context, options, () => ({ kind: 'updateFunction', functionId, code }));
    });
}

function codeOf(file: string, uri: string | undefined) {
  const source = readFunctionFile(file);
  const codeHash = sha256Hex(source);
  if (uri !== undefined) {
    if (URL.canParse(uri) && new URL(uri).protocol === 'https:') {
      return { codeHash, source: '', uri };
    }
    throw new NodeError('BAD_QUERY', '--uri is no https URL', {
      hint: 'expected such as https://example.org/price.js',
    });
  }
  if (source.length > MAX_SOURCE_ON_CHAIN_BYTES) {
    const most = `the gateway stores ${MAX_SOURCE_ON_CHAIN_BYTES}`;
    const what = `${file} has ${source.length} bytes, ${most}`;
    throw new NodeError('FUNCTION_TOO_LARGE', what, { hint: 'serve it, and name it with --uri' });
  }
  return { codeHash, source: source.toString(), uri: '' };
}
