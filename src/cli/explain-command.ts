import { Command } from 'commander';
import type { Wire } from '../api/json-text.js';
import { parseRequestId } from '../api/request-query.js';
import { formatGas } from '../base/datoshi.js';
import { NodeError } from '../base/node-error.js';
import { responseCodeName } from '../base/outcome.js';
import { loadConfig } from '../config/load-config.js';
import type { RequestExplanation, RequestStepView } from '../requests/request-view.js';
import type { CommandContext } from './command-context.js';
import { type CommonOptions, EXIT_CODE_HELP, withCommonOptions } from './command-options.js';
import { durationText, timeText } from './human-time.js';
import type { ViewSource } from './node-view.js';
import { labelled } from './text-table.js';
import { sourceNote, withNodeView } from './with-node-view.js';

const HELP = `
Tells the whole life of a request: each step with its time, block, transaction and fee, why the
request is where it is, and what happens next. The id is in the event that the gateway emitted, and
in \`dodona requests list\`.

Examples:
  dodona explain 12
  dodona explain 12 --json
${EXIT_CODE_HELP}`;

type Explanation = Wire<RequestExplanation>;

export function explainCommand(context: CommandContext): Command {
  return withCommonOptions(new Command('explain'))
    .argument('<id>', 'decimal id of the request')
    .description('the whole life of one request, why it is where it is, and what happens next')
    .addHelpText('after', HELP)
    .action(async (text: string, options: CommonOptions) => {
      const id = parseRequestId(text);
      const config = loadConfig(options.config);
      const { answer, source } = await withNodeView(context, config, (view) => view.explain(id));
      if (answer === null) throw unknownRequest(id, source);
      if (options.json === true) context.print(JSON.stringify({ source, ...answer }));
      else context.print(explanationText(answer, source));
    });
}

function unknownRequest(id: bigint, source: ViewSource): NodeError {
  const where = source.from === 'node' ? 'the node' : `the database (${source.why})`;
  return new NodeError('NO_SUCH_REQUEST', `${where} knows no request ${id}`, {
    hint: 'compare the height in dodona status with the block that the request is in',
  });
}

/** The explanation for people. */
export function explanationText(request: Explanation, source: ViewSource): string {
  const note = sourceNote(source);
  const lines = [
    ...(note === null ? [] : [note, '']),
    `Request ${request.id} (${request.kind}): ${headline(request)}`,
    '',
    labelled('why', request.reason),
    labelled('next', request.next),
    '',
    ...factLines(request),
    '',
    ...stepLines(request.steps),
    ...(request.logs.length === 0 ? [] : ['']),
    ...request.logs.map((line) => labelled('log', line)),
  ];
  return lines.join('\n');
}

function headline({ state, code, delivered, resultBytes }: Explanation): string {
  if (code === null) return state;
  const size = resultBytes === null ? '' : `, ${resultBytes} bytes`;
  const how = delivered === null ? '' : delivered ? ', delivered' : ', kept at the gateway';
  return `${state}, ${responseCodeName(code)}${size}${how}`;
}

function factLines(request: Explanation): string[] {
  const { kind, subject, filter, requester, payer, createdBlock, createdTx, createdTimeMs } =
    request;
  const max = formatGas(BigInt(request.maxFeeDatoshi));
  return [
    labelled('wants', subject),
    ...(filter === '' ? [] : [labelled(kind === 'function' ? 'args' : 'filter', filter)]),
    labelled('asked by', requester),
    labelled('paid by', `${payer}${payer === requester ? ' (itself)' : ''}, at most ${max} GAS`),
    labelled('asked in', `block ${createdBlock}, ${timeText(createdTimeMs)} UTC, ${createdTx}`),
    labelled('deadline', `block ${request.deadlineBlock}, the last that can hold an answer`),
    ...chargeLines(request),
  ];
}

function chargeLines({ feeDatoshi, lostDatoshi, premiumDatoshi }: Explanation): string[] {
  if (feeDatoshi === null) return [];
  const [fee, lost, premium] = [feeDatoshi, lostDatoshi ?? '0', premiumDatoshi ?? '0'].map(BigInt);
  const parts = [
    `fee ${formatGas(fee ?? 0n)}`,
    ...(lost === 0n ? [] : [`lost before ${formatGas(lost ?? 0n)}`]),
    ...(premium === 0n ? [] : [`premium ${formatGas(premium ?? 0n)}`]),
  ];
  return [labelled('charged', `${parts.join(', ')} GAS`)];
}

const STEP_MARGIN = 22;

/** Time in the margin; then what and why, and below them where on the chain, and the fee. */
function stepLines(steps: readonly Wire<RequestStepView>[]): string[] {
  return steps.flatMap((step, index) => {
    const before = steps[index - 1];
    const time =
      before === undefined ? timeText(step.atMs) : `+ ${durationText(step.atMs - before.atMs)}`;
    const text = step.why === null ? step.what : `${step.what}: ${step.why}`;
    const place = [
      ...(step.block === null ? [] : [`block ${step.block}`]),
      ...(step.tx === null ? [] : [step.tx]),
    ];
    const fee = step.feeDatoshi === null ? [] : [`fee ${formatGas(BigInt(step.feeDatoshi))} GAS`];
    return [
      labelled(index === 0 ? time : time.padStart(STEP_MARGIN - 3), text, STEP_MARGIN),
      ...(place.length === 0 ? [] : [' '.repeat(STEP_MARGIN) + place.join(', ')]),
      ...fee.map((line) => ' '.repeat(STEP_MARGIN) + line),
    ];
  });
}
