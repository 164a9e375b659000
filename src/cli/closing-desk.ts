import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../base/clock.js';
import type { Datoshi } from '../base/datoshi.js';
import { contractRead, readTogether } from '../chain/contract-read.js';
import { gatewayReads } from '../chain/gateway-reads.js';
import { GAS_TOKEN } from '../chain/native-contracts.js';
import { asInteger } from '../chain/stack-item-values.js';
import type { NodeConfig } from '../config/node-config.js';
import { createLedgerViews } from '../gasbank/ledger-view-store.js';
import { DATABASE_FILE } from '../node/node-options.js';
import { withKeys } from '../node/open-keys.js';
import type { ClosingFacts, OpenRequest } from '../operations/closing-plan.js';
import { createRequestViews } from '../requests/request-view-store.js';
import { withBooks } from './open-books.js';
import type { OpenChain } from './open-chain.js';
import { booksOfRotation, nodeRunsIn, readWalletHoldings, stillOpen } from './rotation-desk.js';

/** Requests that the gateway is asked for at once. */
const MAX_READ = 64;

/** Where the closing stands, by chain, books and wallet. */
export async function readClosing({
  rpc,
  config,
  clock,
}: Pick<OpenChain, 'rpc' | 'config'> & { readonly clock: Clock }): Promise<ClosingFacts> {
  const isNodeRunning = nodeRunsIn(config);
  const reads = gatewayReads(config.gateway.hash);
  const figures = [reads.isPaused(), reads.pendingCount()] as const;
  const { height, values } = await readTogether(rpc, figures);
  const [isPaused, pending] = values;
  const accounts = await withKeys(config, clock, (keys) => keys.accounts());
  const inFlight = await stillOpen({ rpc }, booksOfRotation(config).inFlight);
  return {
    height,
    isPaused,
    pending,
    open: pending === 0 ? [] : await openAtGateway({ rpc, config }),
    isNodeRunning,
    inFlight: inFlight.length,
    accounts,
    holdings: await readWalletHoldings({ rpc, config }, accounts),
  };
}

/** Of the requests that the books hold open, those that the gateway does, too. */
async function openAtGateway({
  rpc,
  config,
}: Pick<OpenChain, 'rpc' | 'config'>): Promise<OpenRequest[]> {
  if (!existsSync(join(config.storage.dir, DATABASE_FILE))) return [];
  const known = await withBooks(config, (db) => createRequestViews(db).openDeadlines());
  const reads = gatewayReads(config.gateway.hash);
  const open: OpenRequest[] = [];
  for (let at = 0; at < known.length; at += MAX_READ) {
    const page = known.slice(at, at + MAX_READ);
    const asked = page.map(({ id }) => reads.requestOf(id));
    const { values } = await readTogether(rpc, asked);
    open.push(...page.filter((_, place) => values[place] !== null));
  }
  return open;
}

/** What stays at the gateway when the service is closed: of others, and what is not worth a fee. */
export interface LeftAtGateway {
  /** All GAS that the gateway holds, by the chain. */
  readonly heldDatoshi: Datoshi;
  /** Of this node's accounts, of whatever kind. */
  readonly ownDatoshi: Datoshi;
  /** Accounts of others with credit, by the books. */
  readonly creditors: number;
  readonly creditDatoshi: Datoshi;
  /** Locked for runs of upkeeps: their owners have it back when they cancel. */
  readonly lockedDatoshi: Datoshi;
}

export async function readLeft(
  { rpc, config }: Pick<OpenChain, 'rpc' | 'config'>,
  { accounts, holdings }: ClosingFacts,
): Promise<LeftAtGateway> {
  const { hash } = config.gateway;
  const balance = contractRead(GAS_TOKEN, 'balanceOf', [hash], asInteger);
  const { values } = await readTogether(rpc, [balance]);
  const own = accounts.map(({ account }) => account);
  const ownDatoshi = own.reduce((sum, account) => {
    const { earned = 0n, credit = 0n, reserved = 0n } = holdings.get(account) ?? {};
    return sum + earned + credit + reserved;
  }, 0n);
  return { heldDatoshi: values[0], ownDatoshi, ...(await creditOfOthers(config, own)) };
}

async function creditOfOthers(config: NodeConfig, own: readonly string[]) {
  const accounts = await withBooks(config, (db) => createLedgerViews(db).accounts());
  const of = (kind: string) =>
    accounts.filter(({ account, postedDatoshi }) => {
      const [place, owner = ''] = account.split(':');
      return place === kind && postedDatoshi > 0n && !own.includes(owner);
    });
  const sum = (some: typeof accounts): Datoshi =>
    some.reduce((all, { postedDatoshi }) => all + postedDatoshi, 0n);
  const [credit, locked] = [of('credit'), of('reserved')];
  return {
    creditors: new Set([...credit, ...locked].map(({ account }) => account.split(':')[1])).size,
    creditDatoshi: sum(credit),
    lockedDatoshi: sum(locked),
  };
}
