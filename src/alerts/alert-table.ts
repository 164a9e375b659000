import { CHAIN_METRICS as chain } from '../telemetry/metrics-chain.js';
import { HOST_METRICS as host } from '../telemetry/metrics-host.js';
import { MONEY_METRICS as money } from '../telemetry/metrics-money.js';
import { WORK_METRICS as work } from '../telemetry/metrics-work.js';
import type { AlertCondition } from './alert-condition.js';
import { SECURITY_ALERTS } from './security-alerts.js';

export type Severity = 'critical' | 'warning';

/** An alert, for Prometheus and for the node's own messages. */
export interface AlertDeclaration {
  readonly name: `Dodona${string}`;
  /** critical: somebody should look now; warning: today. */
  readonly severity: Severity;
  readonly area: 'service' | 'money' | 'prices' | 'automation' | 'host' | 'security';
  readonly when: AlertCondition;
  /** The condition must hold for so long. */
  readonly forS: number;
  /** One sentence; `{{ $labels.x }}` stands for what the series' label x says. */
  readonly summary: string;
}

const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;
const GIB = 1_073_741_824;

const above = (
  metric: (AlertCondition & { kind: 'value' })['of']['metric'],
  than: number,
  labels?: Readonly<Record<string, string>>,
): AlertCondition => ({
  ...{ kind: 'value', is: 'above', than },
  of: labels === undefined ? { metric } : { metric, labels },
});
const below = (
  metric: (AlertCondition & { kind: 'value' })['of']['metric'],
  than: number,
): AlertCondition => ({ kind: 'value', of: { metric }, is: 'below', than });

const SERVICE_ALERTS: readonly AlertDeclaration[] = [
  {
    name: 'DodonaDown',
    severity: 'critical',
    area: 'service',
    when: {
      kind: 'prometheus',
      expression: 'up{job="dodona"} == 0 or absent(up{job="dodona"})',
    },
    forS: 2 * MINUTE,
    summary: 'The node does not answer: nothing is taken in and nothing is answered.',
  },
  {
    name: 'DodonaNotReady',
    severity: 'critical',
    area: 'service',
    when: below(work.ready, 1),
    forS: 5 * MINUTE,
    summary: 'The node runs but is not ready; /readyz says why.',
  },
  {
    name: 'DodonaChainHalted',
    severity: 'critical',
    area: 'service',
    when: {
      kind: 'age',
      of: { metric: chain.lastBlock },
      than: { metric: chain.stallAfter, times: 1 },
    },
    forS: MINUTE,
    summary: 'No block came for longer than network.stallAfter.',
  },
  {
    name: 'DodonaChainLag',
    severity: 'warning',
    area: 'service',
    when: above(chain.lag, 20),
    forS: 5 * MINUTE,
    summary: 'The node is more than 20 blocks behind the chain.',
  },
  {
    name: 'DodonaEndpointDown',
    severity: 'warning',
    area: 'service',
    when: below(chain.up, 1),
    forS: 5 * MINUTE,
    summary: 'The RPC endpoint {{ $labels.endpoint }} is not used.',
  },
  {
    name: 'DodonaAllEndpointsDown',
    severity: 'critical',
    area: 'service',
    when: { kind: 'value', of: { metric: chain.up }, is: 'below', than: 1, over: 'best' },
    forS: MINUTE,
    summary: 'No RPC endpoint is up: the node sees nothing and can send nothing.',
  },
  {
    name: 'DodonaSignerDown',
    severity: 'critical',
    area: 'service',
    when: below(host.signerUp, 1),
    forS: MINUTE,
    summary: 'The remote signer does not answer: nothing is signed, and everything waits.',
  },
  {
    name: 'DodonaRequestsWaitLong',
    severity: 'warning',
    area: 'service',
    when: above(work.oldest, 5 * MINUTE),
    forS: 2 * MINUTE,
    summary: 'A request has been open for more than 5 minutes (state {{ $labels.state }}).',
  },
  {
    name: 'DodonaRequestsStuck',
    severity: 'warning',
    area: 'service',
    when: above(work.requests, 0, { state: 'stuck' }),
    forS: 5 * MINUTE,
    summary: 'Requests cannot be answered and will be refunded.',
  },
  {
    name: 'DodonaRequestsUnanswered',
    severity: 'warning',
    area: 'service',
    when: { kind: 'increase', of: { metric: work.unanswered }, withinS: HOUR, above: 0 },
    forS: 0,
    summary: 'Requests of kind {{ $labels.kind }} ended without an answer in the last hour.',
  },
  {
    name: 'DodonaRefundsLate',
    severity: 'warning',
    area: 'service',
    when: above(work.requests, 0, { state: 'overdue' }),
    forS: 15 * MINUTE,
    summary: 'Requests past their deadline wait for their refund.',
  },
  {
    name: 'DodonaCanaryFailing',
    severity: 'critical',
    area: 'service',
    when: above(host.canaryFailures, 1),
    forS: 0,
    summary: 'Two canary requests in a row were not answered as they should be.',
  },
  {
    name: 'DodonaCanarySilent',
    severity: 'warning',
    area: 'service',
    when: {
      kind: 'age',
      of: { metric: host.canarySuccessAt },
      than: { metric: host.canaryInterval, times: 4 },
    },
    forS: MINUTE,
    summary: 'No canary request was answered for four times canary.every.',
  },
];

const MONEY_ALERTS: readonly AlertDeclaration[] = [
  {
    name: 'DodonaWalletLow',
    severity: 'warning',
    area: 'money',
    when: {
      ...{ kind: 'value', of: { metric: money.wallet }, is: 'below' },
      than: { metric: money.warning, times: 1 },
    },
    forS: 5 * MINUTE,
    summary: 'The wallet has less GAS than gasbank.walletWarning.',
  },
  {
    name: 'DodonaWalletEmpty',
    severity: 'critical',
    area: 'money',
    when: above(money.held, 0, { cause: 'floor' }),
    forS: MINUTE,
    summary: 'Work waits since the wallet is at its floor: nothing more is sent.',
  },
  {
    name: 'DodonaWalletRunwayShort',
    severity: 'warning',
    area: 'money',
    when: below(money.runway, 3 * DAY),
    forS: 30 * MINUTE,
    summary: 'At the pace of the last day the money lasts less than three days.',
  },
  {
    name: 'DodonaSpendingStopped',
    severity: 'critical',
    area: 'money',
    when: above(money.stopped, 0),
    forS: 2 * MINUTE,
    summary: 'Nothing is spent: books and chain do not agree, or could not be compared.',
  },
  {
    name: 'DodonaBudgetHolds',
    severity: 'warning',
    area: 'money',
    when: above(money.held, 0, { cause: 'budget' }),
    forS: 5 * MINUTE,
    summary: 'Work waits for a limit of gasbank.budgets.',
  },
  {
    name: 'DodonaChargedOtherwise',
    severity: 'warning',
    area: 'money',
    when: { kind: 'increase', of: { metric: money.differences }, withinS: HOUR, above: 5 },
    forS: 0,
    summary: 'More than 5 charges in an hour were not as predicted ({{ $labels.reason }}).',
  },
];

const PRICE_ALERTS: readonly AlertDeclaration[] = [
  {
    name: 'DodonaPriceBelowQuorum',
    severity: 'critical',
    area: 'prices',
    when: below(money.quorum, 1),
    forS: 5 * MINUTE,
    summary: 'The sources of {{ $labels.pair }} do not agree: nothing is published.',
  },
  {
    name: 'DodonaPriceStale',
    severity: 'critical',
    area: 'prices',
    when: {
      ...{ kind: 'value', of: { metric: money.age }, is: 'above' },
      than: { metric: money.heartbeat, times: 2 },
    },
    forS: MINUTE,
    summary: 'The round of {{ $labels.pair }} on the chain is older than two heartbeats.',
  },
  {
    name: 'DodonaPriceBreakerHeld',
    severity: 'warning',
    area: 'prices',
    when: above(money.breaker, 0),
    forS: 5 * MINUTE,
    summary: "A jump of {{ $labels.pair }} over the breaker's step is not published.",
  },
  {
    name: 'DodonaPriceSourceDown',
    severity: 'warning',
    area: 'prices',
    when: below(money.sourceUp, 1),
    forS: HOUR,
    summary: 'Source {{ $labels.source }} of {{ $labels.pair }} has not counted for an hour.',
  },
];

const AUTOMATION_ALERTS: readonly AlertDeclaration[] = [
  {
    name: 'DodonaUpkeepsLate',
    severity: 'warning',
    area: 'automation',
    when: above(chain.upkeepOverdue, 5 * MINUTE),
    forS: 2 * MINUTE,
    summary: 'An upkeep has been due for more than 5 minutes and does not run.',
  },
  {
    name: 'DodonaUpkeepsPaused',
    severity: 'warning',
    area: 'automation',
    when: above(chain.upkeeps, 0, { state: 'paused' }),
    forS: 5 * MINUTE,
    summary: 'Upkeeps are paused since they failed too often in a row.',
  },
];

const HOST_ALERTS: readonly AlertDeclaration[] = [
  {
    name: 'DodonaSandboxThreadsLost',
    severity: 'warning',
    area: 'host',
    when: { kind: 'increase', of: { metric: work.threadsLost }, withinS: 15 * MINUTE, above: 20 },
    forS: 0,
    summary: 'More than 20 threads of the sandbox were lost in 15 minutes.',
  },
  {
    name: 'DodonaDiskSpaceLow',
    severity: 'warning',
    area: 'host',
    when: below(host.diskFree, 5 * GIB),
    forS: 10 * MINUTE,
    summary: 'The disk of storage.dir has less than 5 GiB left.',
  },
  {
    name: 'DodonaDiskAlmostFull',
    severity: 'critical',
    area: 'host',
    when: below(host.diskFree, GIB / 2),
    forS: MINUTE,
    summary: 'The disk of storage.dir has less than 512 MiB left: writes will fail.',
  },
  {
    name: 'DodonaDatabaseErrors',
    severity: 'critical',
    area: 'host',
    when: {
      ...{ kind: 'increase', of: { metric: host.databaseErrors } },
      ...{ withinS: 15 * MINUTE, above: 0 },
    },
    forS: 0,
    summary: 'The database could not be written ({{ $labels.code }}).',
  },
  {
    name: 'DodonaAlertsUndelivered',
    severity: 'warning',
    area: 'host',
    when: {
      ...{ kind: 'increase', of: { metric: host.deliveries, labels: { result: 'failed' } } },
      ...{ withinS: HOUR, above: 0 },
    },
    forS: 0,
    summary: 'Messages about alerts did not get through by {{ $labels.channel }}.',
  },
];

/** Every alert, by area. */
export const ALERTS: readonly AlertDeclaration[] = [
  ...SERVICE_ALERTS,
  ...MONEY_ALERTS,
  ...PRICE_ALERTS,
  ...AUTOMATION_ALERTS,
  ...HOST_ALERTS,
  ...SECURITY_ALERTS,
];

/** Where the runbook is in the repository. */
export const RUNBOOK = 'docs/runbook.md';

/** Where the runbook tells of an alert; `runbook` is its address, where an operator gave one. */
export const runbookLink = (
  { name }: Pick<AlertDeclaration, 'name'>,
  runbook: string = RUNBOOK,
): string => `${runbook}#${name.toLowerCase()}`;

/** The summary with the labels of the series in it. */
export const summaryOf = (
  { summary }: Pick<AlertDeclaration, 'summary'>,
  labels: Readonly<Record<string, string>>,
): string => summary.replace(/\{\{ \$labels\.(\w+) \}\}/g, (_, name) => labels[name] ?? '');
