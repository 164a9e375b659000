import { Command } from 'commander';
import type { Wire } from '../api/json-text.js';
import type { NodeStatus } from '../api/node-status.js';
import { formatGas } from '../base/datoshi.js';
import { loadConfig } from '../config/load-config.js';
import { REQUEST_STATES } from '../requests/request-machine.js';
import type { CommandContext } from './command-context.js';
import { type CommonOptions, EXIT_CODE_HELP, withCommonOptions } from './command-options.js';
import { durationText, timeText } from './human-time.js';
import type { ViewSource } from './node-view.js';
import { labelled } from './text-table.js';
import { visible } from './visible-text.js';
import { sourceNote, withNodeView } from './with-node-view.js';

const HELP = `
Asks the running node; when none answers, reads its database and says so.

Examples:
  dodona status
  dodona status --config /etc/dodona/node.yaml --json
${EXIT_CODE_HELP}`;

type Status = Wire<NodeStatus>;

export function statusCommand(context: CommandContext): Command {
  return withCommonOptions(new Command('status'))
    .description('how the node is: height, lag, queue, wallet, credit, latest trouble')
    .addHelpText('after', HELP)
    .action(async (options: CommonOptions) => {
      const config = loadConfig(options.config);
      const { answer, source } = await withNodeView(context, config, (view) => view.status());
      if (options.json === true) context.print(JSON.stringify({ source, ...answer }));
      else context.print(statusText(answer, source, context.clock.nowMs()));
    });
}

/** The status for people. */
export function statusText(status: Status, source: ViewSource, nowMs: number): string {
  const lines = [
    ...headLines(status, source, nowMs),
    '',
    labelled('chain', chainText(status, nowMs)),
    labelled('network', `magic ${status.magic}, gateway ${status.gateway}`),
    ...endpointLines(status),
    labelled('queue', queueText(status, nowMs)),
    labelled('wallet', walletText(status)),
    ...signerLines(status, nowMs),
    labelled('gateway', moneyText(status)),
    labelled('books', booksText(status, nowMs)),
    ...spendingLines(status),
    ...randomLines(status),
    ...priceLines(status),
    labelled('attested', attestationText(status, nowMs)),
    alertsText(status.alerts, nowMs),
    ...troubleLines(status),
  ];
  return lines.join('\n');
}

function headLines(status: Status, source: ViewSource, nowMs: number): string[] {
  const note = sourceNote(source);
  if (note !== null) return [`Dodona ${status.version}`, note];
  const since = status.startedAtMs ?? nowMs;
  const running = `running since ${timeText(since)} UTC (${durationText(nowMs - since)})`;
  const { readiness } = status;
  const ready =
    readiness === null || readiness.ready
      ? ['ready']
      : ['NOT READY:', ...readiness.reasons.map((reason) => labelled('  -', reason, 4))];
  return [`Dodona ${status.version}, ${running}`, ...ready];
}

function chainText({ chain }: Status, nowMs: number): string {
  const parts = [
    chain.processed === null ? 'no block taken in yet' : `taken in up to block ${chain.processed}`,
    ...(chain.height === null ? [] : [`the network is at ${chain.height}`]),
    ...(chain.lagBlocks === null ? [] : [`lag ${count(chain.lagBlocks, 'block')}`]),
    ...(chain.latestBlockAtMs === null
      ? []
      : [`newest block seen ${durationText(nowMs - chain.latestBlockAtMs)} ago`]),
  ];
  return parts.join(', ');
}

function endpointLines({ endpoints }: Status): string[] {
  return endpoints.map(({ endpoint, healthy, height, why }, index) => {
    const state = healthy ? 'in use' : `left: ${why ?? 'no reason known'}`;
    const at = height === null ? '' : `, at block ${height}`;
    return labelled(index === 0 ? 'endpoints' : '', `${endpoint} ${state}${at}`);
  });
}

function queueText({ queue, oldestOpenAtMs }: Status, nowMs: number): string {
  const counts = REQUEST_STATES.flatMap((state) => {
    const number = queue[state] ?? 0;
    return number === 0 ? [] : [`${number} ${state}`];
  });
  const oldest =
    oldestOpenAtMs === null ? [] : [`oldest open ${durationText(nowMs - oldestOpenAtMs)}`];
  return counts.length === 0 ? 'no request yet' : [...counts, ...oldest].join(', ');
}

function walletText({ wallet }: Status): string {
  if (wallet === null) return 'not known';
  const { address, balanceDatoshi, floorDatoshi, warningDatoshi } = wallet;
  if (balanceDatoshi === null) return `${address}, balance not known`;
  const balance = BigInt(balanceDatoshi);
  const [floor, warning] = [BigInt(floorDatoshi), BigInt(warningDatoshi)];
  const advice =
    balance <= floor
      ? `EMPTY: at its floor of ${formatGas(floor)} GAS, nothing is sent; send GAS to it`
      : balance < warning
        ? `LOW: below ${formatGas(warning)} GAS; send GAS to it`
        : `floor ${formatGas(floor)} GAS`;
  return `${address}, ${formatGas(balance)} GAS, ${advice}`;
}

const gasText = (datoshi: string): string => formatGas(BigInt(datoshi));

/** The signer in another process; nothing where the node has its key itself. */
function signerLines({ signer }: Status, nowMs: number): string[] {
  if (signer === null) return [];
  const { isUp, sinceMs, problem, spentDatoshi, maxPerHourDatoshi, lastRefusal } = signer;
  const known = spentDatoshi !== null && maxPerHourDatoshi !== null;
  const spent = known
    ? `, ${gasText(spentDatoshi)} of ${gasText(maxPerHourDatoshi)} GAS in an hour`
    : '';
  const state = isUp ? `answers${spent}` : `DOWN for ${durationText(nowMs - sinceMs)}: ${problem}`;
  const refusal =
    lastRefusal === null
      ? []
      : [labelled('', `REFUSED at ${timeText(lastRefusal.atMs)}: ${lastRefusal.message}`)];
  return [labelled('signer', state), ...refusal];
}

function moneyText({ creditHeldDatoshi, earnedDatoshi }: Status): string {
  const credit = creditHeldDatoshi === null ? 'unknown' : formatGas(BigInt(creditHeldDatoshi));
  const earned = earnedDatoshi === null ? 'unknown' : formatGas(BigInt(earnedDatoshi));
  return `${credit} GAS of credit held, ${earned} GAS earned and not yet collected`;
}

function booksText({ books }: Status, nowMs: number): string {
  const { agreedBlock, agreedAtMs, accounts, stopped } = books;
  if (stopped !== null) return `NOTHING IS SPENT: ${stopped}; run dodona gasbank reconcile`;
  if (agreedBlock === null || agreedAtMs === null) return 'not yet held against the chain';
  const ago = durationText(nowMs - agreedAtMs);
  return `all ${accounts} accounts agreed with the chain at block ${agreedBlock}, ${ago} ago`;
}

/** What waits for money, in lines of their own; none where nothing does. */
function spendingLines({ spending }: Status): string[] {
  if (spending === null) return [];
  const used = spending.budgets.map(({ key, used }) => `${key} ${(used * 100).toFixed(1)}%`);
  const lines = [
    ...spending.held.map(
      ({ reason, untilMs }) => `HELD: ${reason}; tried again at ${timeText(untilMs)}`,
    ),
    ...(used.length === 0 ? [] : [`used of budgets: ${used.join(', ')}`]),
    ...spending.inboxOnly.map(({ requester, reason }) => `${requester}: ${reason}`),
  ];
  return lines.map((line, index) => labelled(index === 0 ? 'spending' : '', line));
}

/** Which random key new requests use, and whether this node can answer them. */
function randomLines({ random }: Status): string[] {
  if (random === null) return [];
  const { keyId, publicKeyId, isHeld, keysHeld, problem } = random;
  if (problem !== null) return [labelled('random', `KEYS NOT READABLE: ${problem}`)];
  const held = count(keysHeld, 'key');
  if (publicKeyId === null) {
    const propose = 'run dodona keys propose --kind random';
    const advice = keysHeld === 0 ? '' : `; this node holds ${held}: ${propose}`;
    return [labelled('random', `the gateway has no random key${advice}`)];
  }
  const key = `key ${keyId} (${publicKeyId})`;
  const state = isHeld ? `held, with ${held} in all` : 'NOT HELD: draws under it are refunded';
  return [labelled('random', `${key} ${state}`)];
}

/** Each feed that is published: its latest round, and what keeps the next one back. */
function priceLines({ prices }: Status): string[] {
  const published = (prices ?? []).filter(({ isPublished }) => isPublished);
  return published.map(({ pair, latest, ageMs, hasQuorum, isHeld, why }, at) => {
    const known =
      latest === null || ageMs === null
        ? 'not published yet'
        : `${latest.price}, round ${latest.round}, ${durationText(ageMs)} old`;
    const because = why === null ? '' : `: ${why}`;
    const trouble = [
      ...(hasQuorum === null ? ['not asked yet'] : []),
      ...(hasQuorum === false ? [`BELOW QUORUM${because}`] : []),
      ...(isHeld ? [`HELD BY THE BREAKER${because}`] : []),
    ];
    const text = [`${pair} ${known}`, ...trouble].join('; ');
    return labelled(at === 0 ? 'prices' : '', text);
  });
}

/** Whether anything vouches for the node; what it does is for `dodona attest verify` to say. */
function attestationText({ attestation }: Status, nowMs: number): string {
  const { provider, last, problem } = attestation;
  const by = provider === 'none' ? 'by nobody: attestation.provider is none' : `by ${provider}`;
  if (problem !== null) return `${by}; ${problem}`;
  if (last === null) return provider === 'none' ? by : `${by}, not yet: run dodona attest`;
  return `${by}, last ${durationText(nowMs - last.madeAtMs)} ago at block ${last.blockIndex}`;
}

/** What fires, and where to read on. */
export function alertsText(alerts: Status['alerts'], nowMs: number): string {
  if (alerts.length === 0) return labelled('alerts', 'none fires');
  const lines = alerts.map(({ alert, severity, summary, sinceMs, runbook }, index) => {
    const word = severity === 'critical' ? 'CRITICAL' : severity;
    const since = `for ${durationText(nowMs - sinceMs)}`;
    const text = `${word} ${alert} ${since}: ${visible(summary)} (${runbook})`;
    return labelled(index === 0 ? 'alerts' : '', text);
  });
  return lines.join('\n');
}

function troubleLines({ recentTrouble }: Status): string[] {
  if (recentTrouble.length === 0) return [labelled('trouble', 'none lately')];
  return recentTrouble.map(({ atMs, level, message, requestId }, index) => {
    const of = requestId === null ? '' : ` (dodona explain ${requestId})`;
    const text = `${timeText(atMs)} ${level} ${message}${of}`;
    return labelled(index === 0 ? 'trouble' : '', text);
  });
}

const count = (number: number, what: string): string =>
  `${number} ${what}${number === 1 ? '' : 's'}`;
