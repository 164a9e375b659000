import assert from 'node:assert/strict';
import SqliteDatabase from 'better-sqlite3';
import { createOwnerStore } from '../../../src/automation/owner-store.js';
import { createUpkeepStore } from '../../../src/automation/upkeep-store.js';
import { createWatchStore } from '../../../src/automation/watch-store.js';
import type { Clock } from '../../../src/base/clock.js';
import type { Hash160, Hash256 } from '../../../src/base/hash.js';
import type { TailedBlock } from '../../../src/chain/block-source.js';
import { BURNT, walletOf } from '../../../src/gasbank/accounts.js';
import { createCheckedBalances } from '../../../src/gasbank/checked-balance-store.js';
import { createFaultStore } from '../../../src/gasbank/fault-store.js';
import { createLedgerStore, type LedgerStore } from '../../../src/gasbank/ledger-store.js';
import { createOwnAccountStore } from '../../../src/gasbank/own-account-store.js';
import type { ChainPort } from '../../../src/pipeline/chain-port.js';
import { createConfirm } from '../../../src/pipeline/confirm.js';
import { createCursorStore } from '../../../src/pipeline/cursor-store.js';
import { createIntake } from '../../../src/pipeline/intake.js';
import { createOpenWallets } from '../../../src/pipeline/open-wallets.js';
import { createTransactionEnding, drawIdOf } from '../../../src/pipeline/transaction-ending.js';
import { createTransactionStore } from '../../../src/pipeline/transaction-store.js';
import { createRequestStore } from '../../../src/requests/request-store.js';
import { type Database, inTransaction, type Statement } from '../../../src/storage/database.js';
import { MIGRATIONS } from '../../../src/storage/migrations.js';
import { silentLog } from '../../../src/telemetry/log.js';
import { GATEWAY, type ModelChain, type ModelTransaction, of } from './model-chain.js';

/** What a crash in the middle of a step throws. */
export class Crash extends Error {}

type Written = { readonly do: 'transfer' | 'draw' | 'post' | 'void'; readonly with: unknown[] };

let image: Buffer | null = null;

/** A database as the node makes it, in memory: real SQLite, without a disk to wait for. */
function freshDatabase(): Database {
  if (image === null) {
    const made = new SqliteDatabase(':memory:').unsafeMode();
    for (const migration of MIGRATIONS) made.exec(migration);
    image = made.serialize();
    made.close();
  }
  const db = new SqliteDatabase(image);
  db.defaultSafeIntegers(true);
  db.pragma('foreign_keys = ON');
  // Most of the time would go into preparing the same statements after each restart.
  const prepare = db.prepare.bind(db);
  const prepared = new Map<string, Statement>();
  db.prepare = ((sql: string) => {
    const statement = prepared.get(sql) ?? prepare(sql);
    prepared.set(sql, statement);
    return statement;
  }) as typeof db.prepare;
  return db;
}

/** The node's own code that writes the books, on a real database, beside a model of the chain. */
export class BooksUnderTest {
  readonly db = freshDatabase();
  /** Everything that was ever written to the ledger, to be offered again. */
  readonly written: Written[] = [];
  /** The next transaction of the database ends by a crash when its cursor moves. */
  crashInIntake = false;
  crashInConfirm = false;
  lies = false;
  readonly #charges = this.db.prepare(`SELECT tx, request_id AS id, lost_tx AS lostTx
    FROM ledger_transfer WHERE cause = 'lost'`);
  #atMs = 1_000;
  #parts: ReturnType<BooksUnderTest['create']>;

  constructor(
    private readonly chain: ModelChain,
    signer: Hash160,
  ) {
    this.signer = signer;
    inTransaction(this.db, () => {
      createCursorStore(this.db).begin(1, GATEWAY, chain.height + 1);
      createOwnAccountStore(this.db).remember([signer], chain.height + 1);
    });
    this.#parts = this.create();
  }

  signer: Hash160;

  /** The process begins anew on what is in the database. */
  restart(): void {
    this.#parts = this.create();
  }

  get ledger(): LedgerStore {
    return this.#parts.ledger;
  }
  get requests() {
    return this.#parts.requests;
  }
  get transactions() {
    return this.#parts.transactions;
  }
  get ownAccounts() {
    return this.#parts.ownAccounts;
  }

  /** The node's parts on what is in the database. */
  private create() {
    const { db } = this;
    const clock: Clock = {
      nowMs: () => this.#atMs++,
      monotonicMs: () => this.#atMs,
      sleep: async () => {},
    };
    const ledger = this.#noting(createLedgerStore(db));
    const requests = createRequestStore(db);
    const transactions = createTransactionStore(db);
    const faults = createFaultStore(db);
    const upkeeps = createUpkeepStore(db);
    const watches = createWatchStore(db);
    const ownAccounts = createOwnAccountStore(db);
    const ending = createTransactionEnding({
      ...{ upkeeps, requests, ledger, transactions, faults },
      owners: createOwnerStore(db),
    });
    const cursor = createCursorStore(db);
    const advance: typeof cursor.advance = (...given) => {
      cursor.advance(...given);
      if (this.crashInIntake) throw new Crash('killed while a block was taken in');
    };
    const ofUpkeeps = { upkeeps, watches };
    const kept = { db, requests, ledger, transactions, faults, ending, ownAccounts };
    const stores = { ...kept, ...ofUpkeeps };
    const accounts = { gateway: GATEWAY, own: ownAccounts.all() };
    const own = { clock, log: silentLog, heightNow: () => cursor.read()?.height ?? -1 };
    return {
      ...stores,
      takeIn: createIntake({ ...stores, cursor: { ...cursor, advance } }, clock, accounts),
      confirm: createConfirm({
        ...stores,
        ...own,
        chain: this.#port(),
        onRetry: () => {},
        crashPoint: (at) => {
          if (at === 'confirmed' && this.crashInConfirm) throw new Crash('killed after a step');
        },
      }),
      openWallets: createOpenWallets({
        ...stores,
        ...own,
        booksAt: async (height) =>
          height === own.heightNow() ? (id) => createCheckedBalances(db).balance(id) : null,
        reader: {
          latest: async (asked) => ({
            height: this.chain.height,
            balances: new Map(
              asked.map((id) => [id, of(this.chain.gas, id.slice('wallet:'.length) as Hash160)]),
            ),
          }),
        },
      }),
    };
  }

  /** What the stages ask of the chain here: how transactions ended, by endpoints that may lie. */
  #port(): ChainPort {
    const fates: ChainPort['fates'] = async (hashes) =>
      hashes.map((hash) => {
        const fate = this.chain.fates.get(hash);
        return fate === undefined || this.lies ? { kind: 'unknown' } : fate;
      });
    const broadcast: ChainPort['broadcast'] = async () => ({ kind: 'accepted' });
    return { fates, broadcast } as Partial<ChainPort> as ChainPort;
  }

  #noting(ledger: LedgerStore): LedgerStore {
    const noted =
      <A extends unknown[]>(name: Written['do'], write: (...given: A) => void) =>
      (...given: A): void => {
        write(...given);
        this.written.push({ do: name, with: given });
      };
    return {
      ...ledger,
      transfer: noted('transfer', ledger.transfer),
      draw: noted('draw', ledger.draw),
      post: noted('post', ledger.post),
      void: noted('void', ledger.void),
    };
  }

  /** Takes a block in; where asked for by way of a crash in the middle, and with one after it. */
  takeIn(block: TailedBlock, crashes: boolean): void {
    if (crashes) {
      this.crashInIntake = true;
      this.#leavesNoTrace(block, Crash);
      this.crashInIntake = false;
      this.restart();
    }
    this.#parts.takeIn([block]);
    if (crashes) this.restart();
  }

  refuseToTakeInAgain = (block: TailedBlock): void => this.#leavesNoTrace(block, Error);

  #leavesNoTrace(block: TailedBlock, reason: new () => Error): void {
    const written = this.written.length;
    assert.throws(() => this.#parts.takeIn([block]), reason);
    this.written.length = written;
  }

  /** As `submit` does: persisted with its draw before anybody else sees it. Null when refused. */
  send(
    transaction: ModelTransaction,
    purpose: 'respond' | 'expire' | 'upkeep' | 'price',
    ids: readonly bigint[],
  ): void {
    const { hash, nonce, systemFee, networkFee, validUntilBlock } = transaction;
    const raw = Buffer.alloc(5);
    raw.writeUInt32LE(nonce, 1);
    const account = this.signer;
    inTransaction(this.db, () => {
      const step = { atMs: this.#atMs, what: 'sent' };
      const event = purpose === 'respond' ? 'answerSigned' : 'refundSigned';
      for (const id of ids) {
        if (!this.requests.move(id, event, { reason: 'sent', tx: hash }, step)) {
          throw new Error(`bug: request ${id} cannot be ${event}`);
        }
      }
      const amount = systemFee + networkFee;
      const fees = { debit: walletOf(account), credit: BURNT, amount } as const;
      const what = { cause: `${purpose} fees`, block: null, tx: hash, requestId: null };
      this.ledger.draw({ ...fees, ...what, id: drawIdOf(hash) }, this.#atMs);
      const terms = { systemFee, networkFee, validUntilBlock, signedMs: this.#atMs };
      this.transactions.add({ hash, raw, purpose, account, ...terms });
    });
  }

  async confirm(): Promise<void> {
    try {
      await this.#parts.confirm(this.chain.height);
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      this.restart();
    }
  }

  openWallets = (): Promise<boolean> => this.#parts.openWallets();

  /** Signs with another account from the next block on. */
  changeSigner(signer: Hash160): void {
    this.signer = signer;
    inTransaction(this.db, () => this.ownAccounts.remember([signer], this.chain.height + 1));
    this.restart();
  }

  /** Offers something again that was written before; it is nothing new. */
  offerAgain(which: number): void {
    const once = this.written[which % Math.max(this.written.length, 1)];
    if (once === undefined) return;
    const write = this.ledger[once.do] as (...given: unknown[]) => void;
    inTransaction(this.db, () => write(...once.with));
    this.written.pop();
  }

  /** Offers something that was written with another amount. */
  offerChanged(which: number): string | null {
    const transfers = this.written.filter((each) => each.do === 'transfer');
    const once = transfers[which % Math.max(transfers.length, 1)];
    if (once === undefined) return null;
    const [transfer, atMs] = once.with as Parameters<LedgerStore['transfer']>;
    const changed = { ...transfer, amount: transfer.amount + 1n };
    try {
      inTransaction(this.db, () => this.ledger.transfer(changed, atMs));
    } catch (error) {
      return (error as { code?: string }).code ?? String(error);
    }
    return 'taken';
  }

  /** Every charge for lost fees, with the FAULTed transaction that it is booked with. */
  chargesForLost(): { tx: Hash256; id: bigint; lostTx: Hash256 | null }[] {
    return this.#charges.all() as { tx: Hash256; id: bigint; lostTx: Hash256 | null }[];
  }

  close(): void {
    this.db.close();
  }
}
