import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { NodeError } from '../base/node-error.js';
import { publicKeyId } from '../base/sealed-box.js';
import { type GatewayKeys, readGatewayKeys } from '../chain/gateway-keys.js';
import type { Signer } from '../chain/signer.js';
import { DATABASE_FILE } from '../node/node-options.js';
import { openKeys } from '../node/open-keys.js';
import { openRandomKeys } from '../node/open-random.js';
import { createCursorStore } from '../pipeline/cursor-store.js';
import { openDatabaseReadOnly } from '../storage/database.js';
import { possessionProof } from '../vrf/possession.js';
import type { CommandContext } from './command-context.js';
import type { OpenChain } from './open-chain.js';
import { withVault } from './open-vault-desk.js';
import { drawsUnderKeys } from './random-key-draws.js';
import {
  booksOfRotation,
  createWalletSigners,
  settleRepeatable,
  waitingOn,
} from './rotation-desk.js';
import { carryOut, openDesk } from './run-order.js';
import { createSentNote } from './sent-note.js';
import { labelled } from './text-table.js';

/** A node that runs and is in step has a block in its books at once. */
const TAKEN_IN_LIMIT_MS = 10_000;
const LOOK_MS = 50;

export interface RandomRotationParts {
  readonly context: CommandContext;
  readonly open: OpenChain;
  /** Makes a new key where the newest is in use already. */
  readonly begins: boolean;
  /** The gateway's owner, who proposes in the place of the node account; null: not here. */
  readonly owner: Signer | null;
  readonly isDryRun: boolean;
  readonly tell: (text: string) => void;
}

/** What is left to do, found anew each time from the file, the chain and the books. */
interface RandomRotation {
  readonly chain: GatewayKeys;
  /** To be proposed; null: the newest is in use. */
  readonly next: Buffer | null;
  readonly formers: readonly Buffer[];
}

/** What `keys rotate --kind random --json` prints of what was done. */
export interface RandomRotationReport {
  readonly created: string | null;
  readonly proposed: string | null;
  readonly retired: readonly string[];
}

/**
 * Makes a key of random numbers, proposes it, and moves former ones aside under which no request
 * waits. Throws a NodeError RANDOM_KEY_NEEDED (retryable) where requests wait under one,
 * NODE_BEHIND (retryable) where that cannot be known yet.
 */
export async function rotateRandomKey(parts: RandomRotationParts): Promise<RandomRotationReport> {
  const { open, context, isDryRun, tell } = parts;
  const keys = openRandomKeys(open.config);
  const read = async (): Promise<RandomRotation> => {
    const chain = await readGatewayKeys(open.rpc, open.config.gateway.hash);
    const current = chain.randomKey.publicKey;
    const held = keys.publicKeys();
    const newest = held.at(-1) ?? null;
    const next = newest !== null && current?.equals(newest) !== true ? newest : null;
    const formers = held.filter((key) => key !== newest && current?.equals(key) !== true);
    // The newest of the file is a former one where another, that is not here, was proposed since.
    return { chain, next, formers };
  };
  const note = createSentNote(open.config);
  if (!isDryRun) {
    // A proposal of an earlier run may be on its way.
    const wait = waitingOn(open, context.clock);
    await note.settle(wait);
    await settleRepeatable(open.config, wait);
  }
  const before = await read();
  const isUnderWay = before.next !== null || before.formers.length > 0;
  const creates = parts.begins && !isUnderWay;
  if (parts.begins && isUnderWay) {
    tell(labelled('note', 'a rotation is under way: this finishes it, and begins no other'));
  }
  if (isDryRun) {
    if (creates) tell(labelled('create', 'make a new key in random.keyFile'));
    if (creates || before.next !== null) tell(labelled('propose', 'tell the gateway of it'));
    tell(labelled('retire', 'move former keys aside, once no request waits under them'));
    tell('Nothing was changed (--dry-run).');
    return { created: null, proposed: null, retired: [] };
  }
  const created = creates ? await createKey(parts) : null;
  if (creates) context.passed?.('create');
  const { next } = creates ? await read() : before;
  if (next !== null) await propose(parts, next, note);
  if (next !== null) context.passed?.('propose');
  const { formers, chain } = await read();
  const retired = await retire(parts, formers, chain);
  context.passed?.('retire');
  const proposed = next === null ? null : publicKeyId(next);
  return { created, proposed, retired };
}

async function createKey({ context, open, tell }: RandomRotationParts): Promise<string> {
  return withVault(context, open.config, async ({ audit, actor }) => {
    const { publicKey } = await openRandomKeys(open.config).add();
    const id = publicKeyId(publicKey);
    const done = { actor, action: 'random-key.create', object: `random-key:${id}` };
    audit.record((append) => append({ ...done, outcome: 'done', requestId: null, note: '' }));
    tell(labelled('made', `${id}: back random.keyFile up`));
    return id;
  });
}

async function propose(
  { context, open, owner, tell }: RandomRotationParts,
  publicKey: Buffer,
  note: ReturnType<typeof createSentNote>,
): Promise<void> {
  const { config } = open;
  const key = await openRandomKeys(config).find(publicKey);
  if (key === null) throw new Error('bug: a key that was listed is not in the file');
  const current = open.facts.nodeAccount;
  const signerOf = createWalletSigners(openKeys(config, context.clock));
  const signer = owner ?? (await signerOf(requireNode(current), 'no proposal'));
  const hasBooks = booksOfRotation(config).own.includes(signer.account);
  const desk = await openDesk(open, { signer, hasBooks, note: null }, context);
  const proof = possessionProof(config.gateway.hash, key, randomBytes);
  const order = { kind: 'proposeRandomKey', publicKey, possessionProof: proof } as const;
  await carryOut(desk, () => order, {}, { ...context, print: tell }, note.write);
  note.forget();
}

function requireNode<T>(account: T | null): T {
  if (account !== null) return account;
  throw new NodeError('KEY_NOT_HERE', 'the gateway has no node account now: it was revoked', {
    hint: "let the gateway's owner propose: --wallet and --password-file of the owner's wallet",
  });
}

async function retire(
  { context, open, tell }: RandomRotationParts,
  formers: readonly Buffer[],
  { height }: GatewayKeys,
): Promise<string[]> {
  const { config } = open;
  if (formers.length === 0) return [];
  await untilTakenIn(context, open, height);
  const draws = (await drawsUnderKeys(open, config)) ?? [];
  const waitingUnder = (key: Buffer): number =>
    draws.find(({ id }) => id === publicKeyId(key))?.waiting ?? 0;
  const free = formers.filter((key) => waitingUnder(key) === 0);
  await withVault(context, config, async ({ audit, actor }) => {
    for (const key of free) {
      const id = publicKeyId(key);
      const aside = openRandomKeys(config).setAside(key);
      const done = { actor, action: 'random-key.retire', object: `random-key:${id}` };
      audit.record((append) => append({ ...done, outcome: 'done', requestId: null, note: '' }));
      tell(labelled('retired', `${id}: it is in ${aside} now, and nowhere else`));
    }
  });
  const needed = formers.filter((key) => !free.includes(key));
  if (needed.length === 0) return free.map(publicKeyId);
  const counts = needed.map((key) => `${waitingUnder(key)} under ${publicKeyId(key)}`).join(', ');
  throw new NodeError('RANDOM_KEY_NEEDED', `requests wait under former keys: ${counts}`, {
    retryable: true,
    hint: 'the new key is in use; later: dodona keys rotate --kind random --continue',
  });
}

/** Requests of blocks that are not taken in yet may be under a former key. */
async function untilTakenIn(
  { clock }: CommandContext,
  { config }: OpenChain,
  height: number,
): Promise<void> {
  const endMs = clock.monotonicMs() + TAKEN_IN_LIMIT_MS;
  for (;;) {
    const taken = takenIn(config);
    if (taken !== null && taken >= height) return;
    if (clock.monotonicMs() > endMs) throw behind(taken, height);
    await clock.sleep(LOOK_MS);
  }
}

function takenIn({ storage }: OpenChain['config']): number | null {
  const path = join(storage.dir, DATABASE_FILE);
  if (!existsSync(path)) return null;
  const db = openDatabaseReadOnly(path);
  try {
    return createCursorStore(db).read()?.height ?? null;
  } finally {
    db.close();
  }
}

const behind = (taken: number | null, height: number): NodeError =>
  new NodeError(
    'NODE_BEHIND',
    `the node has taken in blocks up to ${taken ?? 'none'}, and the chain is at ${height}`,
    {
      retryable: true,
      hint: 'which former keys are needed shows once it runs and is in step; then: --continue',
    },
  );
