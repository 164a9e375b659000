import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { createAccount } from '../../scripts/devnet/account.js';
import { writeNodeFiles } from '../../scripts/devnet/node-files.js';
import { MIN_BLOCK_MS } from '../../scripts/devnet/private-network.js';
import { loadConfig } from '../../src/config/load-config.js';
import type { NodeConfig } from '../../src/config/node-config.js';
import { DATABASE_FILE } from '../../src/node.js';
import { ask } from './asking.js';
import type { NodeFixture } from './node-fixture.js';
import { type RunningNode, startNode } from './running-node.js';

/**
 * Asks by these scripts, in one transaction, and starts a node that has all the answers at hand, so
 * that it sends them together. They were found by a node that could send nothing: it ran on one
 * database, but its key is not that of the gateway's account.
 */
export async function askedTogether(
  fixture: NodeFixture,
  config: NodeConfig,
  scripts: readonly Buffer[],
): Promise<{ readonly running: RunningNode; readonly ids: readonly bigint[] }> {
  const { ids } = await ask(fixture, scripts);
  const mute = await startNode({ ...config, wallet: await walletOfAStranger(fixture) });
  try {
    const answers = () => ids.filter((id) => mute.explain(id).code !== null).length;
    await mute.until('all answers are found', () => answers() === ids.length);
  } finally {
    await mute.stop();
  }
  // What was held back is due at once, as if it had not been tried in vain.
  const db = new SqliteDatabase(join(config.storage.dir, DATABASE_FILE));
  db.prepare("UPDATE request SET due_ms = 0 WHERE state = 'resolved'").run();
  db.close();
  return { running: await startNode(config), ids };
}

async function walletOfAStranger(fixture: NodeFixture): Promise<NodeConfig['wallet']> {
  const { network, gateway } = fixture;
  const folder = join(fixture.folder, 'stranger');
  await mkdir(folder, { recursive: true });
  const file = await writeNodeFiles({
    folder,
    rpcUrl: network.rpcUrl,
    wsUrl: network.wsUrl,
    magic: network.magic,
    gateway,
    node: createAccount(),
    apiPort: 0,
    blockMs: MIN_BLOCK_MS,
  });
  return loadConfig(file).wallet;
}
