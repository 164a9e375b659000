import { toHex } from '../base/bytes.js';
import type { Hash160 } from '../base/hash.js';
import { NodeError } from '../base/node-error.js';
import { ResponseCode, responseCodeName } from '../base/outcome.js';
import { readContract } from '../chain/contract-read.js';
import { isAskEvent } from '../chain/gateway-events.js';
import { gatewayReads } from '../chain/gateway-reads.js';
import type { Rpc } from '../chain/rpc.js';
import { rpcCount, rpcObject } from '../chain/rpc-fields.js';
import { type Bundle, blobHash } from '../evidence/bundle.js';
import type { AnsweredIn } from '../evidence/bundle-file.js';
import { askedFor } from '../requests/asked-for.js';
import { answerInScript, gatewayEventsOf, magicOf, type ScriptAnswer } from './read-answer.js';
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
  const magic = await magicOf(rpc);
  const problem = `the endpoint is of the network ${magic}, the bundle of ${node.magic}`;
  return judged("the endpoint is of the bundle's network", magic === node.magic ? [] : [problem]);
}

async function checkRequest(bundle: Bundle, rpc: Rpc): Promise<Check> {
  const { request } = bundle;
  const what = 'the request is the one on the chain';
  const events = await gatewayEventsOf(request.tx, bundle.node.gateway, rpc);
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
  const events = await gatewayEventsOf(tx, bundle.node.gateway, rpc);
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
