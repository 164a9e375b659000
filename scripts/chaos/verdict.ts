import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import type { Hash256 } from '../../src/base/hash.js';
import { messageOf } from '../../src/base/node-error.js';
import { DATABASE_FILE } from '../../src/node.js';
import { openDatabase } from '../../src/storage/database.js';
import { assertBooksMatchChain } from '../../test/node/books.js';
import {
  endingsOf,
  gatewayEvents,
  type PlacedEvent,
  wastedTransactions,
} from '../../test/node/chain-history.js';
import { type Figures, figuresOf } from './figures.js';
import { findTraces } from './find-traces.js';
import { judgeMemory, type MemoryVerdict } from './judge-memory.js';
import type { World } from './world.js';

/** One thing that must hold, and what was seen of it. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly seen: string;
}

export interface Verdict {
  readonly checks: readonly Check[];
  readonly memory: MemoryVerdict;
  readonly figures: Figures;
}

const SHOWN = 5;

/** Judges what is left after the load; the node still runs, and nothing is under way. */
export async function judge(world: World, restores: number): Promise<Verdict> {
  const { devnet, node } = world;
  const events = await gatewayEvents(devnet, devnet.gateway, 0);
  const memory = judgeMemory(node.lives);
  const checks: Check[] = [
    ...checkEndings(events),
    await checkWaste(world, events, restores),
    await attempt('ledger = chain, by a comparison of its own', () => compareBooks(world)),
    await attempt('ledger = chain, by dodona gasbank reconcile', () =>
      succeeds(world, ['gasbank', 'reconcile']),
    ),
    await attempt('the audit log is whole', () => succeeds(world, ['audit', 'verify'])),
    await attempt('memory is flat', async () => {
      if (!memory.ok) throw new Error(memory.seen);
      return memory.seen;
    }),
    await attempt('the node stops in good order', () => stops(world)),
    checkExits(world),
    await attempt('the database is sound', async () => checkDatabase(world)),
    await attempt('no secret is anywhere', () => findTraces(world)),
  ];
  return { checks, memory, figures: figuresOf(world, events, await devnet.height()) };
}

async function attempt(name: string, look: () => Promise<string>): Promise<Check> {
  try {
    return { name, ok: true, seen: await look() };
  } catch (error) {
    return { name, ok: false, seen: messageOf(error) };
  }
}

function checkEndings(events: readonly PlacedEvent[]): Check[] {
  const endings = endingsOf(events);
  const wrong = [...endings].filter(([, ended]) => ended.length !== 1);
  const dues = events.flatMap((event) =>
    event.name === 'UpkeepPerformed' ? [`${event.id}@${event.due}`] : [],
  );
  const twice = dues.filter((due, at) => dues.indexOf(due) !== at);
  const told = wrong.slice(0, SHOWN).map(([id, ended]) => `${id} ${ended.length} times`);
  return [
    {
      name: 'each request ended once',
      ok: wrong.length === 0 && endings.size > 0,
      seen: `${endings.size} requests${told.length === 0 ? '' : `, but ${told.join(', ')}`}`,
    },
    {
      name: 'each occurrence of an upkeep ran once at most',
      ok: twice.length === 0 && dues.length > 0,
      seen: `${dues.length} runs${twice.length === 0 ? '' : `, twice ${twice.slice(0, SHOWN)}`}`,
    },
  ];
}

/**
 * Answers that were paid for though all of their requests had ended. A restored node does not know
 * what it had sent after its backup, and may send it again: the gateway skips it.
 */
async function checkWaste(
  { devnet }: World,
  events: readonly PlacedEvent[],
  restores: number,
): Promise<Check> {
  const name = 'no answer was paid for twice, but by a restored node';
  const answers: Hash256[] = [];
  for (const tx of wastedTransactions(events)) {
    const { script } = await devnet.rpc.call<{ script: string }>('getrawtransaction', [tx, true]);
    if (Buffer.from(script, 'base64').includes('respond')) answers.push(tx);
  }
  const seen = `${answers.length} transactions, ${restores} restores ${answers.join(' ')}`.trim();
  return { name, ok: answers.length === 0 || restores > 0, seen };
}

async function compareBooks({ devnet, storageDir }: World): Promise<string> {
  const db = openDatabase(join(storageDir, DATABASE_FILE));
  try {
    await assertBooksMatchChain(devnet, devnet.gateway, db);
    return 'every account to the datoshi';
  } finally {
    db.close();
  }
}

async function succeeds({ node }: World, words: readonly string[]): Promise<string> {
  const { exitCode, text } = await node.command(words);
  if (exitCode !== 0) throw new Error(`exit code ${exitCode}: ${text.slice(-2_000)}`);
  return text.trim().split('\n')[0] ?? '';
}

async function stops({ node }: World): Promise<string> {
  const code = await node.stop();
  if (code !== 0) throw new Error(`exit code ${code}`);
  return 'exit code 0';
}

/** A service may be started again after 75, never after a bug. */
function checkExits({ exits }: World): Check {
  const codes = exits.map(({ exitCode }) => exitCode ?? -1);
  return {
    name: 'the node ended by itself only for trouble outside',
    ok: codes.every((code) => code === 75),
    seen: codes.length === 0 ? 'never' : `exit codes ${codes.join(', ')}`,
  };
}

function checkDatabase({ storageDir }: World): string {
  const db = new SqliteDatabase(join(storageDir, DATABASE_FILE), { readonly: true });
  try {
    const broken = [
      ...db.prepare("SELECT * FROM pragma_integrity_check WHERE integrity_check <> 'ok'").all(),
      ...db.prepare('SELECT * FROM pragma_foreign_key_check').all(),
      ...db
        .prepare("SELECT id, state FROM request WHERE state NOT IN ('answered', 'expired')")
        .all(),
    ];
    if (broken.length > 0) throw new Error(JSON.stringify(broken.slice(0, SHOWN)));
    return 'pages, references and states';
  } finally {
    db.close();
  }
}
