import { CHAIN_METRICS as chain } from '../telemetry/metrics-chain.js';
import { HOST_METRICS as host } from '../telemetry/metrics-host.js';
import { MONEY_METRICS as money } from '../telemetry/metrics-money.js';
import { WORK_METRICS as work } from '../telemetry/metrics-work.js';
import type { AlertDeclaration } from './alert-table.js';

const MINUTE = 60;
const HOUR = 3_600;

/** What points at somebody who should not be there, or at a promise that is broken. */
export const SECURITY_ALERTS: readonly AlertDeclaration[] = [
  {
    name: 'DodonaBooksDiffer',
    severity: 'critical',
    area: 'security',
    when: { kind: 'value', of: { metric: money.differing }, is: 'above', than: 0 },
    forS: 0,
    summary: 'The ledger and the chain tell different balances.',
  },
  {
    name: 'DodonaForeignTransaction',
    severity: 'critical',
    area: 'security',
    when: {
      ...{ kind: 'increase', of: { metric: money.foreign } },
      ...{ withinS: HOUR, above: 0, fromStart: true },
    },
    forS: 0,
    summary: "An own account's transaction was not sent by this node ({{ $labels.what }}).",
  },
  {
    name: 'DodonaEndpointsDiffer',
    severity: 'warning',
    area: 'security',
    when: { kind: 'increase', of: { metric: chain.contradictions }, withinS: HOUR, above: 0 },
    forS: 0,
    summary: 'RPC endpoints tell different things of the same blocks: one of them lies.',
  },
  {
    name: 'DodonaDrawsSuppressed',
    severity: 'critical',
    area: 'security',
    when: {
      ...{ kind: 'increase', of: { metric: work.unanswered, labels: { kind: 'random' } } },
      ...{ withinS: HOUR, above: 0 },
    },
    forS: 0,
    summary: 'A random number was asked for and not drawn: to users that looks like cheating.',
  },
  {
    name: 'DodonaRandomKeyMissing',
    severity: 'critical',
    area: 'security',
    when: { kind: 'value', of: { metric: work.randomKeyHeld }, is: 'below', than: 1 },
    forS: MINUTE,
    summary: "This node does not hold the gateway's random key: draws will be refunded.",
  },
  {
    name: 'DodonaApiKeysTried',
    severity: 'warning',
    area: 'security',
    when: {
      ...{ kind: 'increase', of: { metric: host.apiRejected, labels: { reason: 'credentials' } } },
      ...{ withinS: 10 * MINUTE, above: 30 },
    },
    forS: 0,
    summary: 'More than 30 requests with wrong credentials came to the API in 10 minutes.',
  },
  {
    name: 'DodonaSignerRefuses',
    severity: 'critical',
    area: 'security',
    when: {
      ...{ kind: 'increase', of: { metric: host.signerRefusals } },
      ...{ withinS: 15 * MINUTE, above: 0 },
    },
    forS: 0,
    summary: 'The remote signer would not sign what it was given ({{ $labels.reason }}).',
  },
  {
    name: 'DodonaSandboxBroken',
    severity: 'critical',
    area: 'security',
    when: {
      ...{ kind: 'increase', of: { metric: work.functionRuns, labels: { outcome: 'crashed' } } },
      ...{ withinS: 15 * MINUTE, above: 0 },
    },
    forS: 0,
    summary: 'The engine or a thread broke down under a function.',
  },
  {
    name: 'DodonaFunctionsReachOut',
    severity: 'warning',
    area: 'security',
    when: {
      ...{ kind: 'increase', of: { metric: work.functionRuns, labels: { outcome: 'forbidden' } } },
      ...{ withinS: 15 * MINUTE, above: 10 },
    },
    forS: 0,
    summary: 'Functions asked for hosts or secrets that they were not granted, more than 10 times.',
  },
  {
    name: 'DodonaPrivateAddressesAsked',
    severity: 'warning',
    area: 'security',
    when: { kind: 'increase', of: { metric: work.blocked }, withinS: 15 * MINUTE, above: 10 },
    forS: 0,
    summary: 'Requests asked for private addresses or ports, more than 10 times in 15 minutes.',
  },
];
