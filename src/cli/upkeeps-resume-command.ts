import { join } from 'node:path';
import { Command } from 'commander';
import { jsonText } from '../api/json-text.js';
import { parseUpkeepId } from '../api/upkeep-query.js';
import { NodeError } from '../base/node-error.js';
import { loadConfig } from '../config/load-config.js';
import type { CommandContext } from './command-context.js';
import { type CommonOptions, EXIT_CODE_HELP, withCommonOptions } from './command-options.js';
import { noSuchUpkeep } from './no-such-upkeep.js';

const HELP = `
Has an upkeep tried again that was paused, or waits after a failure. What was missed meanwhile is
made up for as its trigger says. Works beside the running node, which looks with its next block.

Example:
  dodona upkeeps resume 12
${EXIT_CODE_HELP}`;

export function upkeepsResumeCommand(context: CommandContext): Command {
  return withCommonOptions(new Command('resume'))
    .argument('<id>', 'decimal id of the upkeep')
    .description('have a paused upkeep tried again')
    .addHelpText('after', HELP)
    .action(async (text: string, options: CommonOptions) => {
      const id = parseUpkeepId(text);
      await resume(loadConfig(options.config).storage.dir, id);
      const told = `Upkeep ${id} is tried again with the next block.`;
      context.print(options.json === true ? jsonText({ ok: true, id }) : told);
    });
}

async function resume(storageDir: string, id: bigint): Promise<void> {
  const { inTransaction, openDatabase, openDatabaseReadOnly } = await import(
    '../storage/database.js'
  );
  const { createUpkeepStore } = await import('../automation/upkeep-store.js');
  const { DATABASE_FILE } = await import('../node/node-options.js');
  const path = join(storageDir, DATABASE_FILE);
  // Proves the schema to be this program's: migrating is for the node, which may be running.
  openDatabaseReadOnly(path).close();
  const db = openDatabase(path);
  try {
    inTransaction(db, () => {
      const upkeeps = createUpkeepStore(db);
      const row = upkeeps.get(id);
      if (row === null) throw noSuchUpkeep(id);
      const change = { reason: 'resumed by the operator', failures: 0, retryMs: 0 };
      const again = { ...change, groupFaults: 0, alone: 'no' as const };
      if (row.state === 'waiting' && row.retryMs > 0) return upkeeps.note(id, again);
      if (!upkeeps.move(id, 'resumed', again)) throw notPaused(id, row);
    });
  } finally {
    db.close();
  }
}

const notPaused = (id: bigint, { state, reason }: { state: string; reason: string }): NodeError =>
  new NodeError('UPKEEP_NOT_PAUSED', `upkeep ${id} is ${state}: ${reason}`, {
    hint: `dodona upkeeps show ${id} says what it waits for`,
  });
