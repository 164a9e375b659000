import { CHAIN_METRICS as chain } from '../../src/telemetry/metrics-chain.js';
import { HOST_METRICS as host } from '../../src/telemetry/metrics-host.js';
import { MONEY_METRICS as money } from '../../src/telemetry/metrics-money.js';
import { PROCESS_METRICS as process } from '../../src/telemetry/metrics-process.js';
import { WORK_METRICS as work } from '../../src/telemetry/metrics-work.js';
import {
  type Dashboard,
  type Panel,
  type Query,
  quantile,
  rate,
  since,
  value,
} from './dashboard.js';

const stat = (title: string, query: Query, unit = 'short', width: Panel['width'] = 4): Panel => ({
  ...{ title, kind: 'stat', unit, queries: [query], width },
});
const graph = (title: string, unit: string, ...queries: readonly Query[]): Panel => ({
  ...{ title, kind: 'timeseries', unit, queries },
});

const firing: Panel = {
  title: 'Firing alerts',
  kind: 'table',
  unit: 'short',
  width: 24,
  queries: [
    {
      expression: 'ALERTS{alertname=~"Dodona.*", alertstate="firing"}',
      legend: '',
      metrics: [],
    },
  ],
};

const SERVICE: Dashboard = {
  uid: 'dodona-service',
  title: 'Dodona: service',
  rows: [
    {
      title: 'Now',
      panels: [
        stat('Ready', value(work.ready)),
        stat('Chain lag', value(chain.lag)),
        stat('Last block', since(chain.lastBlock, 'ago'), 's'),
        stat('Open for longest', value(work.oldest, '{{state}}'), 's'),
        stat('Wallet', value(money.wallet)),
        stat('Canary failures in a row', value(host.canaryFailures)),
        firing,
      ],
    },
    {
      title: 'Requests',
      panels: [
        graph('Queue', 'short', value(work.requests, '{{state}}')),
        graph('Oldest open request', 's', value(work.oldest, '{{state}}')),
        graph('Answers by code', 'ops', rate(work.responses, 'code')),
        graph(
          'From request to answer',
          's',
          quantile(work.delay, 0.5, 'kind'),
          quantile(work.delay, 0.99, 'kind'),
        ),
        graph('Unanswered in an hour', 'short', rate(work.unanswered, 'kind', '1h')),
        graph(
          'Canary',
          's',
          quantile(host.canaryDuration, 0.5, ''),
          quantile(host.canaryDuration, 0.99, ''),
        ),
        graph('Canary requests in an hour', 'short', rate(host.canaryRuns, 'outcome', '1h')),
        graph('Steps', 's', quantile(work.steps, 0.99, 'step')),
        graph('Tried again', 'ops', rate(work.retries, 'step')),
      ],
    },
    {
      title: 'Chain',
      panels: [
        graph(
          'Height',
          'short',
          value(chain.height, 'network'),
          value(chain.processed, 'taken in'),
        ),
        graph('Endpoints', 'short', value(chain.up, '{{endpoint}}')),
        graph('Height of endpoints', 'short', value(chain.heights, '{{endpoint}}')),
        graph('RPC', 's', quantile(chain.calls, 0.99, 'method')),
        graph('RPC failures', 'ops', rate(chain.errors, 'failure')),
        graph('Endpoints differed', 'short', value(chain.contradictions, 'since the start')),
      ],
    },
    {
      title: 'Upkeeps',
      panels: [
        graph(
          'Upkeeps',
          'short',
          value(chain.upkeeps, '{{state}}'),
          value(chain.upkeepsDue, 'due'),
        ),
        graph('Due for longest', 's', value(chain.upkeepOverdue, 'due')),
        graph('Runs', 'ops', rate(chain.upkeepRuns, 'trigger')),
        graph('Lag in blocks', 'short', quantile(chain.upkeepLagBlocks, 0.99, 'trigger')),
        graph('Lag of cron', 's', quantile(chain.upkeepLagSeconds, 0.99, '')),
      ],
    },
  ],
};

const MONEY: Dashboard = {
  uid: 'dodona-money',
  title: 'Dodona: money and prices',
  rows: [
    {
      title: 'Wallet',
      panels: [
        stat('Wallet', value(money.wallet)),
        stat('Lasts', value(money.runway), 's'),
        stat('Earned', value(money.earned)),
        stat('Credit held', value(money.credit)),
        stat('Spending stopped', value(money.stopped)),
        stat('Differences', value(money.differing)),
        graph(
          'GAS',
          'short',
          value(money.wallet, 'wallet'),
          value(money.earned, 'earned'),
          value(money.floor, 'floor'),
          value(money.warning, 'warning'),
        ),
        graph('Fees in an hour', 'short', rate(money.fees, 'kind', '1h')),
        graph('Charged in an hour', 'short', rate(money.charged, 'kind', '1h')),
        graph('Burnt since the books began', 'short', value(money.burnt, 'burnt')),
        graph('Budgets', 'percentunit', value(money.used, '{{budget}}')),
        graph(
          'Held',
          'short',
          value(money.held, '{{cause}}'),
          value(money.inboxOnly, 'inbox only'),
        ),
        graph('Charged otherwise in an hour', 'short', rate(money.differences, 'reason', '1h')),
        graph('Foreign transactions in an hour', 'short', rate(money.foreign, 'what', '1h')),
        graph('Agreed height', 'short', value(money.agreed, 'agreed')),
      ],
    },
    {
      title: 'Prices',
      panels: [
        graph(
          'Age of rounds',
          's',
          value(money.age, '{{pair}}'),
          value(money.heartbeat, '{{pair}} heartbeat'),
        ),
        graph('Quorum', 'short', value(money.quorum, '{{pair}}')),
        graph('Breaker holds', 'short', value(money.breaker, '{{pair}}')),
        graph('Sources', 'short', value(money.sourceUp, '{{pair}} {{source}}')),
        graph('Rejections', 'ops', rate(money.rejections, 'source')),
      ],
    },
  ],
};

const HOST: Dashboard = {
  uid: 'dodona-host',
  title: 'Dodona: host and safety',
  rows: [
    {
      title: 'Host',
      panels: [
        graph('Disk', 'bytes', value(host.diskFree, 'free'), value(host.diskSize, 'size')),
        graph('Database', 'bytes', value(host.fileSize, '{{file}}')),
        graph(
          'Database writes',
          's',
          quantile(host.databaseWrites, 0.5, ''),
          quantile(host.databaseWrites, 0.99, ''),
        ),
        graph('Database errors in an hour', 'short', rate(host.databaseErrors, 'code', '1h')),
      ],
    },
    {
      title: 'Process',
      panels: [
        graph('Memory', 'bytes', value(process.memory, 'resident')),
        graph('Processor', 'percentunit', rate(process.cpu, 'instance')),
        graph('Lag of the event loop', 's', value(process.eventLoopLag, 'p99')),
        graph(
          'Open files',
          'short',
          value(process.openFiles, 'open'),
          value(process.maxFiles, 'most'),
        ),
      ],
    },
    {
      title: 'What answers are found with',
      panels: [
        graph('Fetches', 's', quantile(work.fetches, 0.99, 'result')),
        graph('Filters', 's', quantile(work.filters, 0.99, 'result')),
        graph('Functions', 'ops', rate(work.functionRuns, 'outcome')),
        graph(
          'Time of functions',
          's',
          quantile(work.functionBusy, 0.5, ''),
          quantile(work.functionBusy, 0.99, ''),
        ),
        graph(
          'Sandbox',
          'short',
          value(work.executions, '{{state}}'),
          value(work.threads, 'threads'),
        ),
        graph('Proofs', 's', quantile(work.proofs, 0.99, 'part')),
      ],
    },
    {
      title: 'Safety',
      panels: [
        graph('Threads lost', 'ops', {
          ...value(work.threadsLost, 'lost'),
          expression: `rate(${work.threadsLost.name}{instance=~"$instance"}[5m])`,
        }),
        graph('Private addresses asked for', 'short', value(work.blocked, 'since the start')),
        graph('API rejections in an hour', 'short', rate(host.apiRejected, 'reason', '1h')),
        graph('Signer up', 'short', value(host.signerUp, 'up')),
        graph('Signer refusals in an hour', 'short', rate(host.signerRefusals, 'reason', '1h')),
        graph(
          'Random key held',
          'short',
          value(work.randomKeyHeld, 'held'),
          value(work.randomKeyId, 'id'),
        ),
        graph('Alerts of the node', 'short', value(host.firing, '{{alert}}')),
        graph('Messages about alerts in an hour', 'short', rate(host.deliveries, 'result', '1h')),
      ],
    },
  ],
};

export const DASHBOARDS: readonly Dashboard[] = [SERVICE, MONEY, HOST];
