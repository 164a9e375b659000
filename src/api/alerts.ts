import { formatGas } from '../base/datoshi.js';
import type { FeedConfig } from '../config/feed-config.js';
import type { ApiReads } from './api-sources.js';
import type { NodeStatus } from './node-status.js';
import type { Alert } from './shapes/alert-shape.js';
import { isoTime } from './shapes/values.js';

/** Lines of trouble lately that are told as alerts, errors only. */
const MAX_LOG_ALERTS = 5;

/** An alert, and what of several it is about, as the rule's labels name it. */
type FoundAlert = Alert & { readonly about?: string };

/** What is told at once, and by a rule of its own when it lasts: then the rule's word stands. */
export const RULES_OF: Readonly<Record<string, readonly string[]>> = {
  NOT_READY: ['DodonaNotReady'],
  SPENDING_STOPPED: ['DodonaSpendingStopped'],
  SPENDING_HELD: ['DodonaWalletEmpty', 'DodonaBudgetHolds'],
  WALLET_EMPTY: ['DodonaWalletEmpty'],
  WALLET_LOW: ['DodonaWalletLow'],
  ENDPOINT_DOWN: ['DodonaEndpointDown'],
  REQUESTS_STUCK: ['DodonaRequestsStuck'],
  REQUESTS_OVERDUE: ['DodonaRefundsLate'],
  UPKEEPS_PAUSED: ['DodonaUpkeepsPaused'],
  RANDOM_KEYS: ['DodonaRandomKeyMissing'],
  RANDOM_KEY_NOT_HELD: ['DodonaRandomKeyMissing'],
  PRICE_NO_QUORUM: ['DodonaPriceBelowQuorum'],
  PRICE_STALE: ['DodonaPriceStale'],
};

/** What somebody should look at now, the worst first, and what the rules found before the rest. */
export function alertsOf(
  status: NodeStatus,
  reads: Pick<ApiReads, 'polls' | 'rounds' | 'upkeeps'>,
  feeds: readonly FeedConfig[],
  nowMs: number,
): Alert[] {
  const alerts: FoundAlert[] = [
    ...readinessAlerts(status),
    ...moneyAlerts(status),
    ...endpointAlerts(status),
    ...queueAlerts(status, reads),
    ...randomAlerts(status),
    ...feeds.flatMap((feed) => priceAlerts(feed, reads, nowMs)),
    ...logAlerts(status),
  ];
  const rest = alerts.filter((each) => !status.alerts.some((rule) => tellsOf(rule, each)));
  const all = [...status.alerts.map(ruleAlert), ...rest.map(({ about: _, ...told }) => told)];
  return [...ofSeverity(all, 'critical'), ...ofSeverity(all, 'warning')];
}

/** Whether a rule that fires tells of the same, and, of several, of the same one. */
const tellsOf = (rule: NodeStatus['alerts'][number], { code, about }: FoundAlert): boolean =>
  RULES_OF[code]?.includes(rule.alert) === true &&
  (about === undefined || Object.values(rule.labels).includes(about));

const ofSeverity = (alerts: readonly Alert[], severity: Alert['severity']): Alert[] =>
  alerts.filter((alert) => alert.severity === severity);

const critical = (code: string, summary: string, detail: string, sinceMs?: number): Alert =>
  alert('critical', code, summary, detail, sinceMs);
const warning = (code: string, summary: string, detail: string, sinceMs?: number): Alert =>
  alert('warning', code, summary, detail, sinceMs);
const alert = (
  severity: Alert['severity'],
  code: string,
  summary: string,
  detail: string,
  sinceMs?: number,
): Alert => {
  const since = sinceMs === undefined ? null : isoTime(sinceMs);
  return { code, severity, summary, detail, since };
};

const ruleAlert = (found: NodeStatus['alerts'][number]): Alert =>
  alert(found.severity, found.alert, found.summary, `see ${found.runbook}`, found.sinceMs);

function readinessAlerts({ readiness }: NodeStatus): Alert[] {
  const reasons = readiness?.reasons ?? [];
  return reasons.map((reason) => critical('NOT_READY', 'The node cannot answer', reason));
}

function moneyAlerts({ books, wallet, spending }: NodeStatus): FoundAlert[] {
  const alerts: FoundAlert[] = [];
  if (books.stopped !== null) {
    const detail = `${books.stopped}; run dodona gasbank reconcile`;
    const agreed = books.agreedAtMs ?? undefined;
    alerts.push(critical('SPENDING_STOPPED', 'Nothing is spent', detail, agreed));
  }
  if (wallet !== null && wallet.balanceDatoshi !== null) {
    const has = `it has ${formatGas(wallet.balanceDatoshi)} GAS`;
    if (wallet.balanceDatoshi <= wallet.floorDatoshi) {
      const detail = `${has}, its floor is ${formatGas(wallet.floorDatoshi)}; send GAS to it`;
      alerts.push(critical('WALLET_EMPTY', 'The wallet is at its floor', detail));
    } else if (wallet.balanceDatoshi < wallet.warningDatoshi) {
      const detail = `${has}, less than ${formatGas(wallet.warningDatoshi)}; send GAS to it`;
      alerts.push(warning('WALLET_LOW', 'The wallet runs low', detail));
    }
  }
  for (const { cause, reason } of spending?.held ?? []) {
    // That nothing is spent is told already.
    if (cause === 'stopped' && books.stopped !== null) continue;
    alerts.push({ ...warning('SPENDING_HELD', `Work waits (${cause})`, reason), about: cause });
  }
  for (const { requester, reason } of spending?.inboxOnly ?? []) {
    alerts.push(warning('INBOX_ONLY', `Answers to ${requester} are kept`, reason));
  }
  return alerts;
}

const endpointAlerts = ({ endpoints }: NodeStatus): FoundAlert[] =>
  endpoints
    .filter(({ healthy }) => !healthy)
    .map(({ endpoint, why }) => ({
      ...warning('ENDPOINT_DOWN', `${endpoint} is not used`, why ?? 'no reason is known'),
      about: endpoint,
    }));

function queueAlerts({ queue }: NodeStatus, { upkeeps }: Pick<ApiReads, 'upkeeps'>): Alert[] {
  const alerts: Alert[] = [];
  const { stuck = 0, overdue = 0 } = queue;
  if (stuck > 0) {
    const detail = `${stuck}: see /v1/requests?state=stuck`;
    alerts.push(warning('REQUESTS_STUCK', 'Requests cannot be answered', detail));
  }
  if (overdue > 0) {
    const detail = `${overdue}: see /v1/requests?state=overdue`;
    alerts.push(warning('REQUESTS_OVERDUE', 'Requests are past their deadline', detail));
  }
  const { paused = 0 } = upkeeps.countByState();
  if (paused > 0) {
    const detail = `${paused}: see /v1/upkeeps?state=paused`;
    alerts.push(warning('UPKEEPS_PAUSED', 'Upkeeps failed too often', detail));
  }
  return alerts;
}

function randomAlerts({ random }: NodeStatus): Alert[] {
  if (random === null) return [];
  if (random.problem !== null) {
    return [critical('RANDOM_KEYS', 'The random keys cannot be read', random.problem)];
  }
  if (random.publicKeyId === null || random.isHeld) return [];
  const detail = `new requests use key ${random.keyId} (${random.publicKeyId})`;
  return [critical('RANDOM_KEY_NOT_HELD', 'Random numbers cannot be drawn', detail)];
}

function priceAlerts(
  feed: FeedConfig,
  { polls, rounds }: Pick<ApiReads, 'polls' | 'rounds'>,
  nowMs: number,
): FoundAlert[] {
  const { pair } = feed;
  const alerts: Alert[] = [];
  const poll = polls.latest(pair);
  if (poll !== null && poll.decision === 'none') {
    alerts.push(warning('PRICE_NO_QUORUM', `${pair}: no price`, poll.why, poll.atMs));
  }
  const round = rounds.latest(pair);
  if (feed.isPublished && round !== null && nowMs - round.timestampMs > 2 * feed.heartbeatMs) {
    const detail = `round ${round.round} is older than two heartbeats`;
    alerts.push(critical('PRICE_STALE', `${pair}: not published`, detail, round.timestampMs));
  }
  return alerts.map((each) => ({ ...each, about: pair }));
}

const logAlerts = ({ recentTrouble }: NodeStatus): Alert[] =>
  recentTrouble
    .filter(({ level }) => level === 'error')
    .slice(0, MAX_LOG_ALERTS)
    .map(({ atMs, message }) => critical('LOGGED_ERROR', 'The log has an error', message, atMs));
