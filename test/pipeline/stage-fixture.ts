import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOwnerStore } from '../../src/automation/owner-store.js';
import { createUpkeepStore } from '../../src/automation/upkeep-store.js';
import { createWatchStore } from '../../src/automation/watch-store.js';
import type { Clock } from '../../src/base/clock.js';
import { type Hash256, hash160, hash256 } from '../../src/base/hash.js';
import { buildTransaction, withWitnesses } from '../../src/chain/transaction.js';
import type { TransactionState } from '../../src/chain/transaction-state.js';
import { OUTSIDE, walletOf } from '../../src/gasbank/accounts.js';
import { createCallbackFaults } from '../../src/gasbank/callback-fault-store.js';
import { createFaultStore } from '../../src/gasbank/fault-store.js';
import { createHeldWork } from '../../src/gasbank/held-spending.js';
import { createLedgerStore } from '../../src/gasbank/ledger-store.js';
import { createSpending, NO_BUDGETS } from '../../src/gasbank/spending.js';
import type { AnswerItem } from '../../src/pipeline/answer.js';
import type {
  Broadcast,
  ChainPort,
  PendingTerms,
  Preflight,
  TransactionTerms,
} from '../../src/pipeline/chain-port.js';
import { createCursorStore } from '../../src/pipeline/cursor-store.js';
import { nonceOf } from '../../src/pipeline/planning.js';
import { createTransactionEnding } from '../../src/pipeline/transaction-ending.js';
import { createTransactionStore } from '../../src/pipeline/transaction-store.js';
import type { RequestEvent } from '../../src/requests/request-machine.js';
import { createRequestStore, type NewRequest } from '../../src/requests/request-store.js';
import { inTransaction, openDatabase } from '../../src/storage/database.js';
import { silentLog } from '../../src/telemetry/log.js';
import type { RetriedStep } from '../../src/telemetry/metrics-work.js';

export const ACCOUNT = hash160(`0x${'a1'.repeat(20)}`);
export const REQUESTER = hash160(`0x${'c3'.repeat(20)}`);
export const WALLET = walletOf(ACCOUNT);

/** A hash that is told from others by a small number. */
export const hashOf = (number: number): Hash256 =>
  hash256(`0x${number.toString(16).padStart(64, '0')}`);

export type Stages = ReturnType<typeof createStages>;

/** The stores on a real database, and a chain whose answers a test decides. */
export function createStages() {
  const dir = mkdtempSync(join(tmpdir(), 'dodona-stages-'));
  const db = openDatabase(join(dir, 'node.sqlite'));
  const requests = createRequestStore(db);
  const ledger = createLedgerStore(db);
  const transactions = createTransactionStore(db);
  const cursor = createCursorStore(db);
  const faults = createFaultStore(db);
  const upkeeps = createUpkeepStore(db);
  const owners = createOwnerStore(db);
  const watches = createWatchStore(db);
  const ending = createTransactionEnding({
    ...{ upkeeps, owners, requests, ledger, transactions, faults },
  });
  const chain = createFakeChain();
  const retries: RetriedStep[] = [];
  let nowMs = 1_000;
  const clock: Clock = {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    sleep: async () => {},
  };
  const kept = { db, requests, ledger, transactions, faults, upkeeps, owners, watches };
  const stores = { ...kept, cursor, ending };
  const step = { atMs: 0, what: 'test' };
  return {
    ...stores,
    chain,
    clock,
    log: silentLog,
    crashPoint: () => {},
    spending: createSpending(db, NO_BUDGETS, () => nowMs),
    callbackFaults: createCallbackFaults(db, { faults: 0, durationMs: 1 }),
    held: createHeldWork(),
    onRetry: (retried: RetriedStep) => void retries.push(retried),
    /** The steps that told so, in order. */
    retries,
    /** The books always agree with the chain here. */
    requireSpendable: () => {},
    reconcile: async () => {},
    advance: (ms: number) => {
      nowMs += ms;
    },
    fund: (amount: bigint) =>
      inTransaction(db, () =>
        ledger.transfer(
          {
            id: `fund ${nowMs++}`,
            debit: OUTSIDE,
            credit: WALLET,
            amount,
            cause: 'wallet funded',
            block: 1,
            tx: null,
            requestId: null,
          },
          1,
        ),
      ),
    /** A request that was received, and then went through these events. */
    add(id: bigint, events: readonly RequestEvent[] = [], more: Partial<NewRequest> = {}): void {
      inTransaction(db, () => {
        requests.add({ ...REQUEST, id, ...more }, 'new', step);
        for (const event of events) {
          const change = { reason: event, code: 0 as const, result: Buffer.from('[1]') };
          if (!requests.move(id, event, change, step)) throw new Error(`bug: no ${event}`);
        }
      });
    },
    stateOf: (id: bigint) => requests.get(id)?.state,
    close(): void {
      db.close();
      rmSync(dir, { recursive: true });
    },
  };
}

const REQUEST: Omit<NewRequest, 'id'> = {
  kind: 'http',
  requester: REQUESTER,
  payer: REQUESTER,
  subject: '{}',
  filter: '',
  maxFee: 1_000n,
  deadline: 240,
  block: 1,
  blockTimeMs: 1,
  tx: hashOf(0xbb),
};

/** How a script would end, by what it holds. */
export type Judge = (items: readonly AnswerItem[], terms: TransactionTerms) => Preflight;

/**
 * A chain port that does nothing of itself: a script is the number of what it holds; preflights,
 * fates and broadcasts are what the test sets.
 */
export function createFakeChain() {
  let signed = 0;
  const fake = {
    judge: (() => {
      throw new Error('no preflight is expected');
    }) as Judge,
    judgeExpiry: ((): Preflight => {
      throw new Error('no preflight of a refund is expected');
    }) as (ids: readonly bigint[]) => Preflight,
    fates: new Map<Hash256, TransactionState>(),
    broadcasts: [] as Hash256[],
    onBroadcast: (): Broadcast | Promise<Broadcast> => ({ kind: 'accepted' }),
    networkFee: 10n,
    pending: (_id: bigint): PendingTerms | null => ({
      requester: REQUESTER,
      callback: 'onAnswer',
      premium: 0n,
      networkFeeCeiling: 1_000n,
    }),
    hasMethod: true,
  };
  const hashes = new Map<string, Hash256>();
  const scripts: { items: readonly AnswerItem[] | null; ids: readonly bigint[] }[] = [];
  const scriptFor = (held: (typeof scripts)[number]): Buffer => {
    const script = Buffer.alloc(4);
    script.writeUInt32LE(scripts.push(held) - 1);
    return script;
  };
  const port: ChainPort = {
    account: ACCOUNT,
    respondScript: (items) => scriptFor({ items, ids: [] }),
    expireScript: (ids) => scriptFor({ items: null, ids }),
    pricesScript: () => scriptFor({ items: null, ids: [] }),
    collectScript: () => scriptFor({ items: null, ids: [] }),
    pendingTerms: async (id) => fake.pending(id),
    hasMethod: async () => fake.hasMethod,
    networkFee: () => fake.networkFee,
    preflight: async (script, terms) => {
      const { items, ids } = scripts[script.readUInt32LE()] ?? { items: null, ids: [] };
      return items === null ? fake.judgeExpiry(ids) : fake.judge(items, terms);
    },
    sign: async (_, { nonce }) => {
      const raw = rawOf(nonce, ++signed);
      const hash = hashOf(signed);
      hashes.set(raw.toString('hex'), hash);
      return { hash, raw };
    },
    broadcast: async (raw) => {
      fake.broadcasts.push(hashes.get(raw.toString('hex')) ?? hashOf(0));
      return fake.onBroadcast();
    },
    fates: async (asked) => asked.map((hash) => fake.fates.get(hash) ?? { kind: 'unknown' }),
  };
  return Object.assign(fake, { port });
}

/** A transaction with this nonce as it goes over the wire; `number` tells it from others. */
export function rawOf(nonce: number, number = 0): Buffer {
  const terms = { systemFee: BigInt(number), networkFee: 0n, validUntilBlock: 9, nonce };
  const signers = [{ account: ACCOUNT, scope: 'CalledByEntry' as const }];
  const unsigned = buildTransaction({ ...terms, signers, script: Buffer.from([0x40]) });
  const witness = { invocationScript: Buffer.alloc(0), verificationScript: Buffer.alloc(0) };
  return withWitnesses(unsigned, [witness]).raw;
}

export const rawFor = (id: bigint): Buffer => rawOf(nonceOf(id));
