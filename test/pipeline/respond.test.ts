import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.js';
import { hash160 } from '../../src/base/hash.js';
import { NodeError } from '../../src/base/node-error.js';
import type { ChainPort } from '../../src/pipeline/chain-port.js';
import { createRespond } from '../../src/pipeline/respond.js';
import { createRequestStore } from '../../src/requests/request-store.js';
import { type Database, inTransaction, openDatabase } from '../../src/storage/database.js';
import { silentLog } from '../../src/telemetry/log.js';

const ACCOUNT = hash160(`0x${'a1'.repeat(20)}`);

describe('responding', () => {
  let dir: string;
  let db: Database;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'dodona-respond-'));
    db = openDatabase(join(dir, 'node.sqlite'));
  });
  afterEach(() => {
    db.close();
    rmSync(dir, { recursive: true });
  });

  const addResolved = (id: bigint): void => {
    const requests = createRequestStore(db);
    const [requester, payer, kind] = [ACCOUNT, ACCOUNT, 'http' as const];
    const asked = { subject: '{}', filter: '', maxFee: 100n, deadline: 240 };
    const place = { block: 1, blockTimeMs: 1, tx: `0x${'bb'.repeat(32)}` as const };
    const found = { reason: 'found', code: 0 as const, result: Buffer.from('[1]') };
    inTransaction(db, () => {
      const request = { id, kind, requester, payer, ...asked, ...place };
      requests.add(request, 'new', { atMs: 1, what: 'requested' });
      requests.move(id, 'answerFound', found, { atMs: 1, what: 'resolved' });
    });
  };

  it('ends the node in order when what is held back cannot be written down', async () => {
    addResolved(1n);
    const failed = new Promise<unknown>((resolve) => {
      const chain = {
        account: ACCOUNT,
        respondScript() {
          // The endpoint fails just when the disk is full.
          db.pragma(`max_page_count = ${db.pragma('page_count', { simple: true })}`);
          throw new NodeError('RPC_TIMEOUT', 'no answer '.repeat(10_000), { retryable: true });
        },
      } as Partial<ChainPort> as ChainPort;
      const margin = { bps: 0n, minimum: 0n };
      const planLimits = { margin, maxSystemFee: 100n, maxNetworkFee: 100n };
      const limits = { maxBatch: 32, maxBatchBytes: 1_000, concurrency: 1, validBlocks: 10 };
      createRespond({
        db,
        requests: createRequestStore(db),
        clock: systemClock,
        log: silentLog,
        planning: { chain, limits: planLimits, plain: { last: null }, slow: new Set() },
        submit: async () => null,
        limits: { ...limits, holdMs: 10, holdMsPerAnswer: 0 },
        heightNow: () => 5,
        mayStart: () => true,
        randomNonce: () => 1,
        onDuration: () => {},
        onBug: resolve,
        signal: new AbortController().signal,
      }).pump();
    });
    const error = await failed;
    assert.ok(error instanceof NodeError, String(error));
    assert.equal(error.code, 'DB_TROUBLE');
  });
});
