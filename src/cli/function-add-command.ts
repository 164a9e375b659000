import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Command } from 'commander';
import { loadConfig } from '../config/load-config.js';
import { storedCodeFile } from '../node/open-functions.js';
import { sha256Hex } from '../resolvers/function-code.js';
import type { CommandContext } from './command-context.js';
import { type CommonOptions, EXIT_CODE_HELP, withCommonOptions } from './command-options.js';
import { readFunctionFile } from './read-function.js';

const HELP = `
The node looks into its store first, so code that is there runs although its uri is gone. It is
looked up by its sha256: what is here runs only for functions that were registered with that hash.

Examples:
  dodona function add price.js
${EXIT_CODE_HELP}`;

export function functionAddCommand(context: CommandContext): Command {
  return withCommonOptions(new Command('add'))
    .argument('<file>', 'source of a function')
    .description("put a copy of a function's code into the node's store")
    .addHelpText('after', HELP)
    .action((file: string, { config, json }: CommonOptions) => {
      const source = readFunctionFile(file);
      const codeHash = sha256Hex(source);
      const path = storedCodeFile(loadConfig(config), codeHash);
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      writeFileSync(path, source);
      if (json === true) context.print(JSON.stringify({ ok: true, codeHash, file: path }));
      else context.print(`${path}: ${source.length} bytes, sha256 ${codeHash}`);
    });
}
