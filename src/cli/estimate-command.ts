import { Command } from 'commander';
import { jsonText } from '../api/json-text.js';
import { sha256 } from '../base/bytes.js';
import { type Datoshi, formatGas } from '../base/datoshi.js';
import { type Hash160, hash160ToAddress } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import { ResponseCode, responseCodeName } from '../base/outcome.js';
import { tryAsking } from '../pipeline/ask-trial.js';
import { type Estimate, type EstimateQuestion, estimateMaxFee } from '../pipeline/estimate.js';
import { ESTIMATE_KINDS, type EstimatedKind } from '../pipeline/estimate-kinds.js';
import { chainSettings, withChainOptions } from './chain-options.js';
import type { CommandContext } from './command-context.js';
import { EXIT_CODE_HELP } from './command-options.js';
import {
  ASSUMED_RESULT_BYTES,
  type EstimateOptions,
  type ReadEstimate,
  readEstimate,
  readUpkeepEstimate,
} from './estimate-options.js';
import { noNodeAccount } from './estimate-refusals.js';
import { makeUpkeepReport, upkeepText } from './estimate-upkeep.js';
import { fetchAnswer } from './fetch-answer.js';
import { type OpenChain, openChain } from './open-chain.js';
import { labelled } from './text-table.js';
import { witnessOfNode } from './witness-of-node.js';

const HELP = `
Tells what maxFee a request needs so that its answer is delivered, by trial runs on an RPC node: the
gateway's rehearse calls the callback as an answer would, and respond itself is tried. Nothing is
sent. The estimate is itemised, with the margin added; what an answer does not cost comes back.

A callback often looks for what its contract stored when it asked. So the surest way is to have the
contract ask on trial: --ask CONTRACT.method with its arguments as JSON (texts, numbers, null,
{"hash160":"0x…"}), called by --as. The trial lends the contract credit if it has none.

An upkeep is tried as it is registered: register it with a generous maxFee first (what a run does
not use stays the owner's), then ask with --upkeep ID what its runs need. It must be funded, and of
every: an occurrence must be due, of when: the condition hold; --wait waits for it.

Examples:
  dodona estimate --url https://api.example.org/gas --filter '$.usd' --callback 0x….onAnswer --fetch
  dodona estimate --spec '{"url":"https://api.example.org/gas"}' --result-bytes 40
  dodona estimate --random --callback 0x….onNumber
  dodona estimate --ask 0x….askHttp --ask-args '["{…}", "$.usd", 100000000]' --as N… --fetch
  dodona estimate --upkeep 12 --wait
${EXIT_CODE_HELP}`;

const DEFAULT_MARGIN = '10';

/** What `estimate --json` prints, with amounts as decimal datoshi. */
export interface EstimateReport extends Estimate {
  readonly ok: true;
  readonly kind: EstimatedKind;
  /** The gateway's method that asks. */
  readonly method: string;
  readonly requester: Hash160 | null;
  /** Null: the result is kept at the gateway. */
  readonly callback: string | null;
  readonly result: {
    readonly bytes: number;
    readonly code: number;
    readonly from: ReadEstimate['result']['from'] | 'always';
    readonly reason: string | null;
  };
  readonly marginBps: bigint;
  readonly notes: readonly string[];
}

export function estimateCommand(context: CommandContext): Command {
  return withChainOptions(new Command('estimate'))
    .option('--url <url>', 'what `request` asks for')
    .option('--spec <json>', 'what `requestHttp` asks for')
    .option('--function', 'for `requestFunction`; what its answer costs is the same for all')
    .option('--random', 'for `requestRandom`; the proof is what its answer costs')
    .option('--ask <contract.method>', 'the method by which a contract asks, run on trial')
    .option('--ask-args <json>', 'its arguments, as a list')
    .option('--as <account>', 'who calls it (default: nobody whose witness counts)')
    .option('--filter <jsonpath>', 'its filter', '')
    .option('--callback <contract.method>', 'who gets the answer (default: it is kept)')
    .option('--user-data <json>', 'what the callback gets as userData (default: null)')
    .option('--id <id>', "the id that the callback gets, of a request that's pending")
    .option('--fetch', 'fetch the data now, so that the size of the result is the real one')
    .option('--result-bytes <n>', `bytes of the result (default: ${ASSUMED_RESULT_BYTES})`)
    .option('--upkeep <id>', 'a registered upkeep: what maxFee its runs need')
    .option('--wait', 'with --upkeep: wait for its next occurrence, at most an hour')
    .option('--margin <percent>', 'safety margin on what is needed', DEFAULT_MARGIN)
    .description('what maxFee a request or an upkeep needs, itemised, from trial runs')
    .addHelpText('after', HELP)
    .action(async (options: EstimateOptions) => {
      const upkeep = readUpkeepEstimate(options);
      const asked = upkeep ?? readEstimate(options);
      const isJson = options.json === true;
      const chain = await openChain(chainSettings(options), context.clock);
      try {
        if ('upkeepId' in asked) {
          const report = await makeUpkeepReport(chain, asked, context.clock);
          context.print(isJson ? jsonText(report) : upkeepText(report));
        } else {
          const report = await makeReport(chain, asked, context);
          context.print(isJson ? jsonText(report) : reportText(report));
        }
      } finally {
        chain.close();
      }
    });
}

/** What a rehearsal of a request that nobody made may miss. */
function rehearsalNotes({ source }: ReadEstimate): string[] {
  if (source.from === 'asking' || source.request.callback === null) return [];
  const id = source.request.kind === 'oracle' ? '' : ` of id ${source.request.id}`;
  return [
    `the callback was tried without its request${id}: if it looks for what the contract stored ` +
      'when it asked, it needs more than this; estimate with --ask',
  ];
}

/** Nobody asks in a description without a callback; what is kept costs the same for all. */
const NOBODY: Hash160 = `0x${'00'.repeat(20)}`;

type Asked = Omit<EstimateQuestion, 'code' | 'result' | 'safetyBps'> & { readonly filter: string };

async function makeReport(
  chain: OpenChain,
  asked: ReadEstimate,
  { clock }: CommandContext,
): Promise<EstimateReport> {
  const { config, rpc, facts, policy } = chain;
  const { nodeAccount } = facts;
  if (nodeAccount === null) throw noNodeAccount();
  const gateway = config.gateway.hash;
  const request = await requestOf(chain, asked, nodeAccount);
  const {
    code,
    result,
    reason,
    notes,
    from = asked.result.from,
  } = await answerTo(request, asked, chain, clock);
  const { pipelineLimits } = await import('../node/pipeline-limits.js');
  const limits = pipelineLimits(config, policy.current().maxBlockSystemFee);
  const parts = {
    rpc,
    gateway,
    prices: policy.current(),
    nodeAccount,
    verificationScript: await witnessOfNode(config, nodeAccount, clock),
    nodeMargin: limits.margin,
    maxSystemFee: limits.maxSystemFee,
  };
  const { safetyBps } = asked;
  const estimate = await estimateMaxFee(parts, { ...request, code, result, safetyBps });
  return {
    ok: true,
    kind: request.kind,
    method: ESTIMATE_KINDS[request.kind].method,
    requester: request.requester === NOBODY ? null : request.requester,
    callback: request.callback === '' ? null : request.callback,
    result: { bytes: result.length, code, from, reason },
    marginBps: safetyBps,
    notes: [...notes, ...rehearsalNotes(asked)],
    ...estimate,
  };
}

async function requestOf(
  { rpc, config }: OpenChain,
  { source }: ReadEstimate,
  nodeAccount: Hash160,
): Promise<Asked> {
  if (source.from === 'asking') {
    const tried = await tryAsking(rpc, config.gateway.hash, nodeAccount, source.call);
    return { ...tried, before: tried.script, beforeSigners: tried.signers };
  }
  const { callback, ...request } = source.request;
  return {
    ...request,
    requester: callback?.contract ?? NOBODY,
    callback: callback?.method ?? '',
    before: Buffer.alloc(0),
    beforeSigners: [],
  };
}

interface ExpectedAnswer {
  readonly code: number;
  readonly result: Buffer;
  readonly reason: string | null;
  readonly notes: readonly string[];
  /** Where it is not as it was asked for. */
  readonly from?: 'always';
}

async function answerTo(
  request: Asked,
  { result }: ReadEstimate,
  { config }: OpenChain,
  clock: CommandContext['clock'],
): Promise<ExpectedAnswer> {
  if (request.kind === 'random' && result.from === 'assumed') {
    return {
      code: ResponseCode.Success,
      result: SOME_NUMBER,
      reason: null,
      notes: [],
      from: 'always',
    };
  }
  if (request.kind === 'random') throw notGiven();
  if (result.from !== 'fetched') {
    const notes =
      result.from === 'given'
        ? []
        : [`a result of ${result.bytes} bytes is assumed: give --fetch or --result-bytes`];
    return { code: ResponseCode.Success, result: filler(result.bytes), reason: null, notes };
  }
  const { subject, filter, requester } = request;
  const { work: workOf, method } = ESTIMATE_KINDS[request.kind];
  if (workOf === null) throw notFetched(method);
  const work = workOf(subject, filter, requester);
  const found = await fetchAnswer(config, clock, work);
  if (found.code === ResponseCode.Success) return { ...found, notes: [] };
  const again = found.mayPass ? ' (the node would try again)' : '';
  const told = `the answer would be ${responseCodeName(found.code)} now${again}: ${found.reason}`;
  return { ...found, notes: [told] };
}

/** A result of so many bytes that a callback may read as JSON: a list with one text. */
function filler(bytes: number): Buffer {
  if (bytes < 4) return Buffer.from('1'.repeat(bytes));
  return Buffer.from(`["${'x'.repeat(bytes - 4)}"]`);
}

/** A number as the gateway delivers them. */
const SOME_NUMBER = sha256('some random number');

const notGiven = (): NodeError =>
  new NodeError('BAD_QUERY', `a random number always has ${SOME_NUMBER.length} bytes`, {
    hint: 'leave --fetch and --result-bytes out',
  });

const notFetched = (method: string): NodeError =>
  new NodeError('BAD_QUERY', `what ${method} asks for cannot be fetched here`, {
    hint: 'give --result-bytes in the place of --fetch',
  });

const AMOUNT_COLUMNS = 18;

/** The estimate for people. */
export function reportText(report: EstimateReport): string {
  const { maxFeeDatoshi, items, chargeDatoshi, keptDatoshi, callback, notes } = report;
  const line = (amount: Datoshi, what: string): string =>
    `${formatGas(amount).padStart(AMOUNT_COLUMNS)}  ${what}`;
  const back = `about ${formatGas(chargeDatoshi)} GAS is charged if nothing fails`;
  const kept = `with ${formatGas(keptDatoshi)} GAS the result would be kept at the gateway`;
  return [
    labelled('request', headText(report)),
    '',
    ...items.map(({ what, datoshi }) => line(datoshi, what)),
    line(maxFeeDatoshi, `maxFee, in GAS (${maxFeeDatoshi} datoshi)`),
    '',
    labelled('charge', `${back}; the rest of maxFee comes back`),
    ...(callback === null ? [] : [labelled('else', kept)]),
    ...notes.map((note) => labelled('note', note)),
  ].join('\n');
}

const FROM = { fetched: 'fetched', given: 'as given', assumed: 'assumed', always: 'always' };

function headText({ method, requester, callback, result }: EstimateReport): string {
  const { bytes, code, from } = result;
  const answer = `${responseCodeName(code)}, ${bytes} bytes (${FROM[from]})`;
  if (callback === null) return `${method}, answered with ${answer}, kept at the gateway`;
  const who = requester === null ? '' : ` of ${requester} (${hash160ToAddress(requester)})`;
  return `${method}, answered with ${answer}, delivered to ${callback}${who}`;
}
