import type { Wire } from '../api/json-text.js';
import type { NodeStatus } from '../api/node-status.js';
import { type Datoshi, formatGas, parseGas } from '../base/datoshi.js';
import { type Hash160, hash160ToAddress } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import type { Signer } from '../chain/signer.js';
import type { NodeConfig } from '../config/node-config.js';
import { MIN_FORECAST_PERIOD_MS } from '../gasbank/forecast.js';
import { readHoldings } from '../gasbank/read-holdings.js';
import { createRecentFlow } from '../gasbank/recent-flow-store.js';
import { judgeWallet, TOP_UP_DAYS, type WalletVerdict } from '../operations/empty-wallet.js';
import type { CommandContext } from './command-context.js';
import { durationText } from './human-time.js';
import { withBooks } from './open-books.js';
import type { OpenChain } from './open-chain.js';
import { withVault } from './open-vault-desk.js';
import { ownAccount } from './own-account.js';
import { carryOut, openDesk } from './run-order.js';
import { labelled } from './text-table.js';
import { withNodeView } from './with-node-view.js';

const DAY_MS = 86_400_000;
const LOOK_MS = 500;
/** Requests that are looked through for what they wait for. */
const MAX_LOOKED_AT = 1_000;
/** What a request says that waits for the wallet (pipeline/submit). */
const WAITS_FOR_WALLET = /gasbank\.walletFloor/;

/** What `drill empty-wallet --json` prints, with amounts as decimal datoshi. */
export interface WalletReport {
  readonly state: WalletVerdict['state'];
  readonly account: Hash160;
  readonly gasDatoshi: Datoshi;
  readonly floorDatoshi: Datoshi;
  readonly warningDatoshi: Datoshi;
  /** Fees of late, by day; null: not known yet. */
  readonly spentPerDayDatoshi: Datoshi | null;
  /** Of the node's account at the gateway. */
  readonly earnedDatoshi: Datoshi;
  readonly creditDatoshi: Datoshi;
  /** What to send it; 0 where it is fine. */
  readonly topUpDatoshi: Datoshi;
  readonly isNodeRunning: boolean;
  /** Requests that have not ended. */
  readonly open: number;
  /** Of these, those that wait for the wallet. */
  readonly waiting: readonly { readonly id: string; readonly reason: string }[];
  /** Why work waits for the wallet; null where none does. */
  readonly held: string | null;
  /** Alerts about money that fire. */
  readonly alerts: readonly { readonly alert: string; readonly sinceMs: number }[];
}

/** How the wallet is, by chain, node and books. Throws a NodeError WALLET_FILE, or RPC trouble. */
export async function lookAtWallet(
  context: CommandContext,
  { config, rpc }: Pick<OpenChain, 'config' | 'rpc'>,
): Promise<WalletReport> {
  const { answer, source } = await withNodeView(context, config, async (view) => ({
    status: await view.status(),
    resolved: await view.requests({ state: 'resolved', limit: MAX_LOOKED_AT }),
  }));
  const { status, resolved } = answer;
  const account =
    (status.wallet?.account as Hash160 | undefined) ?? (await ownAccount(config, context.clock));
  if (account === null) throw noWallet();
  const has = await readHoldings(rpc, config.gateway.hash, account);
  const waiting = resolved.requests.filter(({ reason }) => WAITS_FOR_WALLET.test(reason));
  const { walletFloorDatoshi: floor, walletWarningDatoshi: warning } = config.gasbank;
  const spentPerDay = await spentLately(context, config, account);
  const held = status.spending?.held.find(({ cause }) => cause === 'floor')?.reason ?? null;
  const heldFees = dearestOf([
    ...(held === null ? [] : [held]),
    ...waiting.map(({ reason }) => reason),
  ]);
  const given = { gas: has.gas, floor, warning, spentPerDay, heldFees };
  const { state, topUp } = judgeWallet(given);
  return {
    state,
    account,
    gasDatoshi: has.gas,
    floorDatoshi: floor,
    warningDatoshi: warning,
    spentPerDayDatoshi: spentPerDay,
    earnedDatoshi: has.earned,
    creditDatoshi: has.credit,
    topUpDatoshi: topUp,
    isNodeRunning: source.from === 'node',
    open: openIn(status),
    waiting: waiting.map(({ id, reason }) => ({ id, reason })),
    held,
    alerts: status.alerts
      .filter(({ alert }) => /Wallet/.test(alert))
      .map(({ alert, sinceMs }) => ({ alert, sinceMs })),
  };
}

/** The highest fees that these reasons tell of; null where there are none. */
function dearestOf(reasons: readonly string[]): Datoshi | null {
  if (reasons.length === 0) return null;
  const fees = reasons.map((reason) => parseGas(/needs (\d+\.\d{8}) GAS/.exec(reason)?.[1] ?? '0'));
  return fees.reduce((most, each) => (each > most ? each : most));
}

const openIn = ({ queue }: Wire<NodeStatus>): number =>
  Object.entries(queue)
    .filter(([state]) => state !== 'answered' && state !== 'expired')
    .reduce((sum, [, count]) => sum + (count ?? 0), 0);

async function spentLately(
  { clock }: CommandContext,
  config: NodeConfig,
  account: Hash160,
): Promise<Datoshi | null> {
  const nowMs = clock.nowMs();
  const since = nowMs - Number(TOP_UP_DAYS) * DAY_MS;
  const flow = await withBooks(config, (db) => createRecentFlow(db, account)(since, nowMs));
  if (flow === null) return null;
  if (flow.periodMs < MIN_FORECAST_PERIOD_MS) return null;
  return (flow.spent * BigInt(DAY_MS)) / BigInt(Math.round(flow.periodMs));
}

const noWallet = (): NodeError =>
  new NodeError('WALLET_FILE', 'the wallet of the node is not here', {
    hint: 'run this where wallet.file of the configuration is',
  });

/** For people. */
export function walletLines(report: WalletReport, nowMs: number): string[] {
  const { state, gasDatoshi, floorDatoshi, topUpDatoshi, open, waiting, held } = report;
  const address = hash160ToAddress(report.account);
  const word = { empty: 'EMPTY, nothing more is sent', low: 'LOW', fine: 'fine' }[state];
  const keeps = `it keeps ${formatGas(floorDatoshi)} (gasbank.walletFloor)`;
  const pace = report.spentPerDayDatoshi;
  const [first] = waiting;
  const why = held ?? first?.reason ?? null;
  const own = [
    ...(report.earnedDatoshi > 0n
      ? [`${formatGas(report.earnedDatoshi)} GAS earned: dodona gasbank collect all`]
      : []),
    ...(report.creditDatoshi > 0n
      ? [`${formatGas(report.creditDatoshi)} GAS of credit: dodona gasbank withdraw all`]
      : []),
  ];
  const send = [
    `send ${formatGas(topUpDatoshi)} GAS to ${address}, from any wallet; work goes on by itself`,
    `dodona drill empty-wallet --fund ${formatGas(topUpDatoshi)} --wallet FILE --wait`,
  ];
  return [
    labelled('wallet', `${address}, ${formatGas(gasDatoshi)} GAS: ${word}; ${keeps}`),
    labelled('pace', pace === null ? 'not known yet' : `${formatGas(pace)} GAS of fees a day`),
    labelled('waits', `${open} open requests, ${waiting.length} of them for the wallet`),
    ...(why === null ? [] : [labelled('', why)]),
    ...report.alerts.map(({ alert, sinceMs }) =>
      labelled('alert', `${alert} for ${durationText(nowMs - sinceMs)}`),
    ),
    ...(report.isNodeRunning ? [] : [labelled('node', 'none runs: dodona start')]),
    ...own.map((text, at) => labelled(at === 0 ? 'own' : '', text)),
    ...(topUpDatoshi === 0n ? [] : send.map((text, at) => labelled(at === 0 ? 'to do' : '', text))),
  ];
}

/** Sends GAS of another wallet to the node's account; resolves once it is in a block. */
export async function fundNode(
  context: CommandContext,
  open: OpenChain,
  given: {
    readonly payer: Signer;
    readonly amount: Datoshi;
    readonly to: Hash160;
    readonly tell: (text: string) => void;
  },
): Promise<string | null> {
  const { payer, amount, to, tell } = given;
  const desk = await openDesk(open, { signer: payer, hasBooks: false, note: null }, context);
  const order = { kind: 'transfer', amount, to, empties: false } as const;
  await withVault(context, open.config, ({ audit, actor }) => {
    const object = `wallet:${hash160ToAddress(to)}`;
    const note = `ordered: ${formatGas(amount)} GAS of ${hash160ToAddress(payer.account)}`;
    const fact = { actor, action: 'wallet.fund', object, note, outcome: 'done' } as const;
    audit.record((append) => append({ ...fact, requestId: null }));
  });
  const { sent } = await carryOut(desk, () => order, {}, { ...context, print: tell });
  return sent?.tx ?? null;
}

/** Waits until the wallet is not empty, and nothing that waited for it does any longer. */
export async function untilFunded(
  context: CommandContext,
  open: Pick<OpenChain, 'config' | 'rpc'>,
  first: WalletReport,
): Promise<WalletReport> {
  for (let report = first; ; report = await lookAtWallet(context, open)) {
    if (report.state !== 'empty') return report;
    await context.clock.sleep(LOOK_MS);
  }
}
