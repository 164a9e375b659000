import { toHex } from '../base/bytes.js';
import type { Hash160, Hash256 } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import { ResponseCode, responseCodeName } from '../base/outcome.js';
import { readContract } from '../chain/contract-read.js';
import { decodeGatewayEvent, isAskEvent, type KnownGatewayEvent } from '../chain/gateway-events.js';
import { parseNotifications } from '../chain/gateway-notification.js';
import { gatewayReads } from '../chain/gateway-reads.js';
import { parseTransaction } from '../chain/parse-transaction.js';
import { readCallScript } from '../chain/read-script.js';
import { isRpcError, type Rpc } from '../chain/rpc.js';
import { rpcCount, rpcList, rpcObject, rpcText } from '../chain/rpc-fields.js';
import { type Bundle, blobHash } from '../evidence/bundle.js';
import type { AnsweredIn } from '../evidence/bundle-file.js';
import { askedFor } from '../requests/asked-for.js';
import type { Check } from './verify-bundle.js';

/**
 * Holds a bundle against the chain: its request against the event that the gateway emitted, its
 * answer against the script of the transaction that brought it. Rejects as `Rpc` does when the
 * endpoint cannot be asked.
 */
export async function compareWithChain(
  { bundle, answeredIn }: { readonly bundle: Bundle; readonly answeredIn: AnsweredIn | null },
  rpc: Rpc,
): Promise<Check[]> {
  const network = await checkNetwork(bundle, rpc);
  if (network.found !== 'holds') return [network];
  return [network, await checkRequest(bundle, rpc), await checkAnswer(bundle, answeredIn, rpc)];
}

const judged = (what: string, problems: readonly string[]): Check => ({
  what,
  found: problems.length === 0 ? 'holds' : 'fails',
  details: problems,
});

async function checkNetwork({ node }: Bundle, rpc: Rpc): Promise<Check> {
  const version = rpcObject(await rpc.call('getversion'), 'getversion');
  const protocol = rpcObject(version.protocol, 'protocol of getversion');
  const magic = rpcCount(protocol.network, 'network of getversion');
  const problem = `the endpoint is of the network ${magic}, the bundle of ${node.magic}`;
  return judged("the endpoint is of the bundle's network", magic === node.magic ? [] : [problem]);
}

/** A transaction's log: what the gateway emitted in it; null where the endpoint knows no such. */
async function eventsOf(
  tx: string,
  { node }: Bundle,
  rpc: Rpc,
): Promise<KnownGatewayEvent[] | null> {
  let log: unknown;
  try {
    log = await rpc.call('getapplicationlog', [tx]);
  } catch (error) {
    if (isRpcError(error)) return null;
    throw error;
  }
  const what = `log of ${tx}`;
  const executions = rpcList(rpcObject(log, what).executions, `executions in the ${what}`);
  return executions.flatMap((entry) => {
    const execution = rpcObject(entry, `an execution in the ${what}`);
    if (rpcText(execution.vmstate, `vmstate in the ${what}`) !== 'HALT') return [];
    const notifications = rpcList(execution.notifications, `notifications in the ${what}`);
    return parseNotifications(notifications, node.gateway as Hash160, tx as Hash256, 0)
      .map(decodeGatewayEvent)
      .filter((event): event is KnownGatewayEvent => event.name !== 'unknown');
  });
}

async function checkRequest(bundle: Bundle, rpc: Rpc): Promise<Check> {
  const { request } = bundle;
  const what = 'the request is the one on the chain';
  const events = await eventsOf(request.tx, bundle, rpc);
  if (events === null) return judged(what, [`the endpoint knows no transaction ${request.tx}`]);
  const event = events.filter(isAskEvent).find(({ id }) => String(id) === request.id);
  if (event === undefined) {
    return judged(what, [`${request.tx} made no request ${request.id} at the gateway`]);
  }
  const height = rpcCount(await rpc.call('gettransactionheight', [request.tx]), 'height');
  const header = rpcObject(await rpc.call('getblockheader', [height, true]), 'block header');
  const asked = askedFor(event);
  const pairs: readonly (readonly [string, unknown, unknown])[] = [
    ['kind', asked.kind, request.kind],
    ['requester', event.requester, request.requester],
    ['payer', event.payer, request.payer],
    ['subject', asked.subject, request.subject],
    ['filter', asked.filter, request.filter],
    ['maxFee', String(event.maxFee), request.maxFee],
    ['deadline', event.deadline, request.deadline],
    ['block', height, request.block],
    ['blockTimeMs', rpcCount(header.time, 'time of the block'), request.blockTimeMs],
  ];
  const wrong = pairs
    .filter(([, chain, bundled]) => chain !== bundled)
    .map(([name, chain, bundled]) => `${name}: ${bundled} in the bundle, ${chain} on chain`);
  return judged(what, wrong);
}

async function checkAnswer(
  bundle: Bundle,
  answeredIn: AnsweredIn | null,
  rpc: Rpc,
): Promise<Check> {
  const what = 'the answer is the one on the chain';
  if (answeredIn === null) return { what, ...(await unanswered(bundle, rpc)) };
  const { tx } = answeredIn;
  const id = BigInt(bundle.request.id);
  const events = await eventsOf(tx, bundle, rpc);
  if (events === null) return judged(what, [`the endpoint knows no transaction ${tx}`]);
  if (events.some((event) => event.name === 'Expired' && event.id === id)) {
    const details = [`the request expired in ${tx}: it was never answered`];
    return { what, found: 'skipped', details };
  }
  const event = events.find((one) => one.name === 'Response' && one.id === id);
  if (event?.name !== 'Response') {
    return judged(what, [`${tx} did not answer request ${id} at the gateway`]);
  }
  const answer = await answerInScript(tx, id, bundle.node.gateway, rpc);
  if (typeof answer === 'string') return judged(what, [answer]);
  if (answer.code !== event.code) {
    return judged(what, [`the script of ${tx} gives code ${answer.code}, its event ${event.code}`]);
  }
  return compareAnswers(what, bundle, answer);
}

/** What is outside of the hash can be taken away: an answer that was given must be named. */
async function unanswered(
  { node, request }: Bundle,
  rpc: Rpc,
): Promise<Pick<Check, 'found' | 'details'>> {
  const reads = gatewayReads(node.gateway as Hash160);
  const pending = await readContract(rpc, reads.requestOf(BigInt(request.id))).catch((error) => {
    if (error instanceof NodeError && error.code === 'CONTRACT_READ_FAILED') return null;
    throw error;
  });
  if (pending !== null) return { found: 'skipped', details: ['it is not answered yet'] };
  const details = ['the request has ended, and the bundle names no transaction in which it did'];
  return { found: 'unproven', details };
}

interface ScriptAnswer {
  readonly code: number;
  readonly result: Buffer;
}

/** The answer that a transaction's script carries for a request; a text says why there is none. */
async function answerInScript(
  tx: string,
  id: bigint,
  gateway: string,
  rpc: Rpc,
): Promise<ScriptAnswer | string> {
  const raw = rpcText(await rpc.call('getrawtransaction', [tx, false]), 'getrawtransaction');
  try {
    const transaction = parseTransaction(Buffer.from(raw, 'base64'));
    if (transaction.hash !== tx) return `the endpoint gave ${transaction.hash} for ${tx}`;
    const { contract, method, args } = readCallScript(transaction.script);
    if (contract !== gateway || method !== 'respond') return `${tx} does not call respond`;
    const [items] = args;
    const item = Array.isArray(items)
      ? items.find((one) => Array.isArray(one) && one[0] === id)
      : undefined;
    const [, code, result] = Array.isArray(item) ? item : [];
    if (typeof code !== 'bigint' || !Buffer.isBuffer(result)) return `${tx} brings no answer to it`;
    return { code: Number(code), result };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return `the script of ${tx} cannot be read: ${error.message}`;
  }
}

/** What is answered where maxFee, or one transaction, does not carry the result that was found. */
const LESSER: ReadonlySet<number> = new Set([
  ResponseCode.InsufficientFunds,
  ResponseCode.ResponseTooLarge,
]);

function compareAnswers(what: string, { outcome }: Bundle, answer: ScriptAnswer): Check {
  const { code, result } = answer;
  const isLesser = outcome.code === ResponseCode.Success && LESSER.has(code) && result.length === 0;
  if (isLesser) {
    const reason = `${responseCodeName(code)} was sent: the result that was found did not fit`;
    return { what, found: 'holds', details: [reason] };
  }
  const problems: string[] = [];
  if (code !== outcome.code) problems.push(`code: ${outcome.code} in the bundle, ${code} on chain`);
  const hash = blobHash(result);
  if (hash !== outcome.result.sha256) {
    const { size, sha256 } = outcome.result;
    problems.push(
      `result: ${size} bytes (sha256 ${sha256}) in the bundle, ` +
        `${result.length} bytes (sha256 ${hash}) on chain, beginning with ` +
        toHex(result.subarray(0, 16)),
    );
  }
  return judged(what, problems);
}
