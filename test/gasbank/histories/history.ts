import assert from 'node:assert/strict';
import type { Hash160, Hash256 } from '../../../src/base/hash.js';
import { walletOf } from '../../../src/gasbank/accounts.js';
import { inTransaction } from '../../../src/storage/database.js';
import type { Action } from './any-history.js';
import { assertAgree } from './assert-agree.js';
import { BooksUnderTest } from './books-under-test.js';
import { type ModelCall, ModelChain, type ModelTransaction, numbered, of } from './model-chain.js';
import { fundOrCancel, registeredFee, someRuns } from './upkeep-actions.js';

const PAYERS = [numbered(0xc0, 1), numbered(0xc0, 2), numbered(0xc0, 3)] as const;
const SIGNERS = [numbered(0xa0, 1), numbered(0xa0, 2)] as const;
const STRANGER = numbered(0xd0, 1);
const FIRST_GAS = 5_000n;
const FIRST_CREDIT = 4_000n;

type Purpose = Parameters<BooksUnderTest['send']>[1];

/** Plays a history on the model and on the real books, and compares them after each step. */
export async function play(history: readonly Action[]): Promise<void> {
  const run = new Run();
  try {
    await run.begin(history.length % 3 > 0);
    for (const action of history) {
      await run.step(action);
      run.compare();
    }
    await run.settle();
    run.compare();
    assert.deepEqual(run.books.ledger.openDraws(), [], 'in the end nothing is in doubt');
  } finally {
    run.books.close();
  }
}

class Run {
  readonly chain = new ModelChain();
  readonly books: BooksUnderTest;
  /** Transactions of everybody that are in no block yet. */
  #pool: ModelTransaction[] = [];
  /** Those of the node, while their draws are open. */
  readonly #drawn = new Map<Hash256, ModelTransaction>();
  /** What each of the node's transactions names as lost, by request. */
  readonly #named = new Map<string, Hash256>();
  #isOpened = false;

  constructor() {
    const [signer, next] = SIGNERS;
    for (const account of SIGNERS) this.chain.gas.set(account, FIRST_GAS);
    this.chain.own.set(signer, { since: this.chain.height + 1, before: FIRST_GAS });
    this.chain.credit.set(next, 0n);
    this.books = new BooksUnderTest(this.chain, signer);
  }

  /** A block by which everybody has something to spend. */
  async begin(opensWallets: boolean): Promise<void> {
    for (const to of PAYERS) this.#user({ kind: 'deposit', to, amount: FIRST_CREDIT });
    this.#mine(1_023, 0, 1);
    if (opensWallets) await this.#openWallets();
  }

  async step({ what, a, b, c }: Action): Promise<void> {
    const { chain, books } = this;
    const amount = BigInt(a);
    const payer = PAYERS[b % PAYERS.length] as Hash160;
    const own = SIGNERS[c % 2] as Hash160;
    const open = [...chain.open.keys()];
    const anyId = open[b % Math.max(open.length, 1)];
    switch (what) {
      case 'ask':
        return this.#user({ kind: 'ask', payer, maxFee: amount, life: 1 + (c % 24) });
      case 'fund credit':
        return this.#user({ kind: 'deposit', to: payer, amount: amount * 3n });
      case 'answer':
        return this.#answer(2 + (b % 2), a, c);
      case 'answer alone':
        return this.#answer(1, a, c);
      case 'answer that FAULTs':
        this.#answer(1, a, c);
        this.#mine(1_023, 255, c, ({ sender }) => sender === books.signer);
        return b % 2 === 0 ? books.confirm() : undefined;
      case 'expire':
        return this.#expire(a, c);
      case 'mine':
        return this.#mine(a, b, c);
      case 'confirm':
        books.crashInConfirm = c % 3 === 0;
        await books.confirm();
        return;
      case 'twin answers':
      case 'stranger answers': {
        if (anyId === undefined) return;
        const isTwin = what === 'twin answers';
        const nonce = c % 2 === 0 ? Number(anyId) : a;
        const items = [
          { id: anyId, fee: amount % 90n, lostTx: isTwin ? this.#lostOf(anyId) : null },
        ];
        return this.#others(isTwin ? books.signer : STRANGER, { kind: 'respond', items }, nonce);
      }
      case 'twin wastes':
        return this.#others(own, { kind: 'nothing' }, 1_000_000 + a);
      case 'stranger expires':
        return this.#others(STRANGER, { kind: 'expire', ids: open }, a);
      case 'register upkeep':
        return this.#user({ kind: 'register', owner: payer, maxFee: registeredFee(amount, b) });
      case 'fund or cancel':
        for (const call of fundOrCancel(chain.upkeeps.all, a, b)) this.#user(call);
        return;
      case 'run upkeeps':
        return this.#run(1 + (b % 3), a, c);
      case 'run that FAULTs':
        this.#run(1, a, c);
        return this.#mine(1_023, 255, c, ({ sender }) => sender === books.signer);
      case 'others run': {
        const sender = b % 2 === 0 ? books.signer : STRANGER;
        const runs = someRuns(chain, sender, { count: 2, a, c });
        return this.#others(sender, { kind: 'perform', runs }, Number(runs[0]?.id ?? 0n));
      }
      case 'publish prices': {
        const rounds = Array.from({ length: 1 + (b % 3) }, (_, at) => {
          return { payer: PAYERS[(b + at) % 4] ?? null, fee: amount % 200n };
        });
        return this.#send('price', { kind: 'publish', rounds }, 4_000_000 + a, [], a, c);
      }
      case 'fund wallet':
        return this.#user({ kind: 'pay', to: own, amount: amount * 2n });
      case 'spend elsewhere':
        return this.#others(own, { kind: 'pay', to: STRANGER, amount: amount * 3n }, a);
      case 'deposit own':
        return this.#others(own, { kind: 'deposit', to: b % 2 ? own : payer, amount }, a);
      case 'withdraw to own':
        return this.#user({ kind: 'withdraw', of: b % 2 ? own : payer, to: own, amount });
      case 'collect':
        return this.#collect(own, b % 2 ? own : STRANGER, amount);
      case 'between own':
        return this.#others(own, { kind: 'pay', to: SIGNERS[b % 2] as Hash160, amount }, a);
      case 'change policy':
        chain.premium = BigInt(b % 20);
        chain.ceiling = BigInt(c % 60);
        return;
      case 'change signer':
        return this.#changeSigner();
      case 'open wallets':
        return this.#openWallets();
      case 'restart':
        return books.restart();
      case 'again':
        return books.offerAgain(a);
      case 'changed':
        assert.match(books.offerChanged(a) ?? 'LEDGER_CONFLICT', /^LEDGER_CONFLICT$/);
        return;
      case 'lie':
        books.lies = !books.lies;
        return;
    }
  }

  #collect(own: Hash160, to: Hash160, most: bigint): void {
    const earned = of(this.chain.earned, own);
    const amount = most < earned ? most : earned;
    this.#others(own, { kind: 'collect', to, amount }, 0);
  }

  #user = (call: ModelCall): void => void this.#others(STRANGER, call, 0);

  /** A transaction that the node knows nothing of. */
  #others(sender: Hash160, call: ModelCall, nonce: number): void {
    this.#pool.push(this.#transaction(sender, call, nonce, 7n, 60n));
  }

  #transaction(
    sender: Hash160,
    call: ModelCall,
    nonce: number,
    systemFee: bigint,
    networkFee: bigint,
    validUntilBlock = Infinity,
  ): ModelTransaction {
    const hash = this.chain.newHash();
    return { hash, sender, nonce, systemFee, networkFee, validUntilBlock, call };
  }

  /** The latest FAULT of the account that the gateway lets an answer name. */
  #lostOf(id: bigint): Hash256 | null {
    const asked = this.chain.open.get(id)?.asked ?? Infinity;
    const fits = [...this.chain.faults.values()].filter(
      ({ transaction: { nonce, sender }, block }) =>
        nonce === Number(id) && sender === this.books.signer && block > asked,
    );
    return fits.at(-1)?.transaction.hash ?? null;
  }

  /** The node answers what it knows of, as far as the wallet pays for it. */
  #answer(count: number, a: number, c: number): void {
    const { books, chain } = this;
    const rows = this.#inStates('received', 'resolved').slice(0, count);
    if (rows.length < count) return;
    this.#resolve(rows);
    const items = rows.map((id, at) => {
      const named = books.requests.get(id)?.lostTx ?? null;
      // The signer may have changed: the gateway takes the claims of its own sender only.
      const isOwn = named !== null && chain.faults.get(named)?.transaction.sender === books.signer;
      return { id, fee: BigInt((a + at) % 400), lostTx: isOwn ? named : null };
    });
    const nonce = count === 1 ? Number(rows[0]) : 2_000_000 + a;
    this.#send('respond', { kind: 'respond', items }, nonce, rows, a, c);
  }

  #expire(a: number, c: number): void {
    const ids = this.#inStates('overdue').slice(0, 1 + (a % 2));
    if (ids.length === 0) return;
    this.#send('expire', { kind: 'expire', ids }, Number(ids[0]), ids, a, c);
  }

  #run(count: number, a: number, c: number): void {
    const runs = someRuns(this.chain, this.books.signer, { count, a, c });
    const nonce = runs.length === 1 ? Number(runs[0]?.id) : 3_000_000 + a;
    if (runs.length > 0) this.#send('upkeep', { kind: 'perform', runs }, nonce, [], a, c);
  }

  #send(
    purpose: Purpose,
    call: ModelCall,
    nonce: number,
    ids: readonly bigint[],
    a: number,
    c: number,
  ): void {
    const { books, chain } = this;
    const fees = [BigInt(1 + (a % 150)), BigInt(c % 120)] as const;
    const until = chain.height + 1 + (c % 4);
    const transaction = this.#transaction(books.signer, call, nonce, ...fees, until);
    const { available } = books.ledger.balance(walletOf(books.signer));
    const enough = available >= fees[0] + fees[1];
    try {
      books.send(transaction, purpose, ids);
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'LEDGER_FLOOR');
      assert.equal(enough, false, 'a draw that fits is made');
      return;
    }
    assert.equal(enough, true, 'a draw beyond what is there is refused');
    this.#drawn.set(transaction.hash, transaction);
    for (const item of call.kind === 'respond' ? call.items : []) {
      if (item.lostTx !== null) this.#named.set(`${transaction.hash} ${item.id}`, item.lostTx);
    }
    if (c % 5 !== 0) this.#pool.push(transaction);
  }

  /** A block of some of the pool, of which some FAULT; the node may be killed meanwhile. */
  #mine(
    a: number,
    b: number,
    c: number,
    mayFault: (transaction: ModelTransaction) => boolean = ({ hash }) =>
      (Number(hash) & c & 3) === 0,
  ): void {
    const { chain, books } = this;
    const index = chain.height + 1;
    const inTime = this.#pool.filter(({ validUntilBlock }) => index <= validUntilBlock);
    const chosen = inTime.filter((_, place) => ((a >> (place % 10)) & 3) !== 0);
    const place = new Map(chosen.map((transaction, at) => [transaction.hash, at]));
    const isFault = (transaction: ModelTransaction) =>
      mayFault(transaction) && ((b >> ((place.get(transaction.hash) ?? 0) % 8)) & 1) === 1;
    const reward = c % 16 === 1 ? { to: books.signer, amount: BigInt(c) } : null;
    const { block, included } = chain.mine(chosen, isFault, reward);
    this.#pool = inTime.filter(({ hash }) => !included.has(hash));
    for (const hash of included) this.#drawn.delete(hash);
    books.takeIn(block, c % 3 === 0);
    if (c % 8 === 0) books.refuseToTakeInAgain(block);
  }

  #changeSigner(): void {
    const { chain, books } = this;
    const next = SIGNERS[books.signer === SIGNERS[0] ? 1 : 0] as Hash160;
    if (!chain.own.has(next)) {
      chain.own.set(next, { since: chain.height + 1, before: of(chain.gas, next) });
      this.#isOpened = false;
    }
    books.changeSigner(next);
  }

  async #openWallets(): Promise<void> {
    this.#isOpened = await this.books.openWallets();
    assert.equal(this.#isOpened, true);
  }

  #inStates(...states: string[]): bigint[] {
    const places = states.map(() => '?').join(', ');
    const sql = `SELECT id FROM request WHERE state IN (${places}) ORDER BY id`;
    return this.books.db.prepare(sql).pluck().all(states) as bigint[];
  }

  #resolve(ids: readonly bigint[]): void {
    const { books } = this;
    inTransaction(books.db, () => {
      const change = { reason: 'found', code: 0 as const, result: Buffer.alloc(0) };
      for (const id of ids) {
        books.requests.move(id, 'answerFound', change, { atMs: 1, what: 'resolved' });
      }
    });
  }

  /** Everything comes to its end: wallets are opened, draws beyond their last block are void. */
  async settle(): Promise<void> {
    const { books } = this;
    this.#pool = [];
    // Once ends what is locked, and gives the rest back when its time is over.
    for (let round = 0; round < 2; round++) {
      for (const [id, { owner: by }] of this.chain.upkeeps.all) {
        this.#user({ kind: 'cancel', id, by });
      }
      this.#mine(1_023, 0, 4, () => false);
      for (let block = 0; block < 6; block++) this.#mine(0, 0, 4);
    }
    assert.equal(this.chain.upkeeps.all.size, 0);
    books.lies = false;
    books.crashInConfirm = false;
    await books.confirm();
    await this.#openWallets();
  }

  compare(): void {
    assertAgree(this.chain, this.books, this.#drawn, this.#named);
  }
}
