import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Hash160, Hash256 } from '../../src/base/hash.js';
import { ResponseCode } from '../../src/base/outcome.js';
import { createEvidenceStore } from '../../src/evidence/evidence-store.js';
import { creditOf } from '../../src/gasbank/accounts.js';
import { createLedgerStore } from '../../src/gasbank/ledger-store.js';
import { createRequestStore, type NewRequest } from '../../src/requests/request-store.js';
import { createRequestViews } from '../../src/requests/request-view-store.js';
import { inTransaction, openDatabase } from '../../src/storage/database.js';

export const hash160Of = (byte: number): Hash160 => `0x${Buffer.alloc(20, byte).toString('hex')}`;
export const hash256Of = (byte: number): Hash256 => `0x${Buffer.alloc(32, byte).toString('hex')}`;
export const AT_MS = Date.UTC(2025, 0, 2, 3, 4, 5);

/** A real database with requests in several states, and its views. */
export function openRequestBook(path?: string) {
  const dir = path === undefined ? mkdtempSync(join(tmpdir(), 'dodona-book-')) : null;
  const db = openDatabase(path ?? join(dir ?? '', 'node.sqlite'));
  const store = createRequestStore(db);
  const views = createRequestViews(db);

  function add(id: bigint, request: Partial<NewRequest> = {}): void {
    const full: NewRequest = {
      id,
      kind: 'http',
      requester: hash160Of(0xaa),
      payer: hash160Of(0xbb),
      subject: '{"url":"https://api.example/price"}',
      filter: '$.price',
      maxFee: 100_000_000n,
      deadline: 340,
      block: 100,
      blockTimeMs: AT_MS,
      tx: hash256Of(1),
      ...request,
    };
    const step = { atMs: AT_MS, block: full.block, tx: full.tx, what: 'requested' };
    inTransaction(db, () => store.add(full, 'waits for its turn', step));
  }

  function resolve(id: bigint, code: ResponseCode, why: string): void {
    const step = { atMs: AT_MS + 800, what: 'resolved', why };
    const result = code === ResponseCode.Success ? Buffer.from('[1.5]') : Buffer.alloc(0);
    const change = { reason: why, code, result, attempts: 1 };
    inTransaction(db, () => store.move(id, 'answerFound', change, step));
  }

  function answer(id: bigint): void {
    const tx = hash256Of(2);
    const end = { atMs: AT_MS + 2_000, block: 102, tx, what: 'answered', fee: 1_234_567n };
    const charge = { delivered: true, fee: 1_234_567n, lost: 0n, premium: 0n };
    const change = { reason: 'answered', ...charge, endedBlock: 102, endedTx: tx };
    inTransaction(db, () => {
      const sent = { atMs: AT_MS + 900, tx, what: 'answer sent' };
      store.move(id, 'answerSigned', { reason: 'its answer is on the way', tx }, sent);
      store.move(id, 'answeredOnChain', change, end);
    });
  }

  /** Its evidence, of which views read the lines that were logged. */
  function log(id: bigint, logs: readonly string[]): void {
    const bundle = { hash: Buffer.alloc(32), text: JSON.stringify({ logs }), blobs: new Map() };
    inTransaction(db, () => createEvidenceStore(db).add(id, bundle, AT_MS));
  }

  /** Credit of an owner, on the books. */
  function deposit(owner: Hash160): void {
    const moved = { debit: 'outside', credit: creditOf(owner), amount: 5n } as const;
    const about = { cause: 'deposit', block: 1, tx: null, requestId: null } as const;
    const transfer = { id: `deposit of ${owner}`, ...moved, ...about };
    inTransaction(db, () => createLedgerStore(db).transfer(transfer, AT_MS));
  }

  return {
    db,
    store,
    views,
    add,
    deposit,
    resolve,
    answer,
    log,
    close(): void {
      db.close();
      if (dir !== null) rmSync(dir, { recursive: true, force: true });
    },
  };
}
