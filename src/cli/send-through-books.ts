import { join } from 'node:path';
import type { Clock } from '../base/clock.js';
import { formatGas } from '../base/datoshi.js';
import type { Hash160 } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import { readLatestBlockTimeMs } from '../chain/block-header.js';
import type { Rpc } from '../chain/rpc.js';
import type { NodeConfig } from '../config/node-config.js';
import { walletOf } from '../gasbank/accounts.js';
import { createLedgerStore } from '../gasbank/ledger-store.js';
import { gasTakenBy, type Order, type OrderKind } from '../gasbank/order.js';
import { createProofStore } from '../gasbank/proof-store.js';
import { createSpendStore } from '../gasbank/spend-store.js';
import { createSpending } from '../gasbank/spending.js';
import { requireProven } from '../gasbank/spending-stop.js';
import { DATABASE_FILE } from '../node/node-options.js';
import { budgetsOf } from '../node/pipeline-limits.js';
import { heightOf } from '../node/prove-books.js';
import type { ChainPort, SignedTransaction } from '../pipeline/chain-port.js';
import { noCrash } from '../pipeline/crash-point.js';
import { createCursorStore } from '../pipeline/cursor-store.js';
import type { PricedTransaction } from '../pipeline/send-order.js';
import { createSubmit } from '../pipeline/submit.js';
import { createTransactionStore } from '../pipeline/transaction-store.js';
import { createRequestStore } from '../requests/request-store.js';
import {
  type Database,
  inTransaction,
  openDatabase,
  openDatabaseReadOnly,
} from '../storage/database.js';
import { silentLog } from '../telemetry/log.js';

/** What orders are that the node also does by itself, or that its keys change by. */
const PURPOSES: Readonly<Partial<Record<OrderKind, 'collect' | 'key'>>> = {
  collect: 'collect',
  proposeRandomKey: 'key',
  proposeNodeAccount: 'key',
};

export interface BooksDesk {
  readonly config: NodeConfig;
  readonly gateway: Hash160;
  readonly rpc: Rpc;
  readonly port: ChainPort;
  readonly clock: Clock;
  /** Told what goes wrong on the way to the network, once the fee is drawn. */
  readonly onWarning: (text: string) => void;
}

/**
 * Sends an order of the node's account as the node itself would: its fees are drawn and the
 * transaction is persisted before anybody sees it. The node, running or at its next start, books
 * what became of it. Throws what `createSubmit` throws, and FUNDS_SHORT.
 */
export async function sendThroughBooks(
  { config, gateway, rpc, port, clock, onWarning }: BooksDesk,
  order: Order,
  priced: PricedTransaction,
): Promise<SignedTransaction> {
  const path = join(config.storage.dir, DATABASE_FILE);
  // Proves the schema to be this program's: migrating is for the node, which may be running.
  openDatabaseReadOnly(path).close();
  const blockTimeMs = await readLatestBlockTimeMs(rpc);
  const db = openDatabase(path);
  try {
    requireSameChain(db, config, gateway);
    requireFloor(db, port.account, order, priced, config);
    // An endpoint that tells of an earlier time than the node was told gives no budget back.
    const nowMs = Math.max(blockTimeMs, createSpendStore(db).latestMs());
    const everyBlocks = config.gasbank.reconcileEveryBlocks;
    const submit = createSubmit({
      db,
      requests: createRequestStore(db),
      ledger: createLedgerStore(db),
      transactions: createTransactionStore(db),
      spending: createSpending(db, budgetsOf(config.gasbank), () => nowMs),
      chain: port,
      clock,
      log: { ...silentLog, warn: (event, facts) => onWarning(`${event}: ${facts?.reason}`) },
      crashPoint: noCrash,
      walletFloor: floorFor(order, config),
      onWalletShort: () => {},
      requireSpendable: () => requireProven(createProofStore(db), heightOf(db), everyBlocks),
    });
    const { script, terms, fees: amount } = priced;
    const purpose = PURPOSES[order.kind] ?? 'order';
    const shares = [{ requestId: null, kind: purpose, requester: null, amount } as const];
    const none = { why: new Map<bigint, string>(), predictions: [] };
    const taken = gasTakenBy(order);
    const sent = await submit({ purpose, script, terms, shares, taken, ...none });
    if (sent === null) throw collectedMeanwhile();
    return sent;
  } finally {
    db.close();
  }
}

const collectedMeanwhile = (): NodeError =>
  new NodeError('ORDER_REFUSED', 'the earnings are being collected: a second time would FAULT', {
    retryable: true,
    hint: 'nothing was sent: wait until the node, which must run for that, has booked the first',
  });

function requireSameChain(db: Database, { network, gateway }: NodeConfig, of: Hash160): void {
  inTransaction(db, () => createCursorStore(db).begin(network.magic, of, gateway.startBlock ?? 0));
}

/** What stays in the wallet: nothing of one that is given up. */
const floorFor = (order: Order, { gasbank }: Pick<NodeConfig, 'gasbank'>): bigint =>
  order.kind === 'transfer' && order.empties ? 0n : gasbank.walletFloorDatoshi;

/** What an order takes out of the wallet, too, must leave its floor alone. */
function requireFloor(
  db: Database,
  account: Hash160,
  order: Order,
  { fees }: PricedTransaction,
  { gasbank }: NodeConfig,
): void {
  const taken = gasTakenBy(order);
  if (taken === 0n) return;
  const { available } = createLedgerStore(db).balance(walletOf(account));
  const floor = floorFor(order, { gasbank });
  if (available - taken - fees >= floor) return;
  const needs = `${formatGas(taken)} and ${formatGas(fees)} GAS of fees`;
  const keeps = `the wallet keeps ${formatGas(floor)} GAS (gasbank.walletFloor)`;
  const message = `${needs} of the ${formatGas(available)} GAS available are too much: ${keeps}`;
  throw new NodeError('FUNDS_SHORT', message, { hint: 'move less, or collect first' });
}
