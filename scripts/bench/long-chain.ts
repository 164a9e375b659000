import { parseGas } from '../../src/base/datoshi.js';
import { type GatewayAnswer, gatewayCalls } from '../../src/chain/gateway-calls.js';
import { callScript, utf8 } from '../../src/chain/script.js';
import { asInteger } from '../../src/chain/stack-item-values.js';
import { type BlockContent, createBlockMaker } from '../devnet/block-maker.js';
import type { Devnet } from '../devnet/devnet.js';

/** One block in so many holds a request; the block after it holds its answer. */
const REQUEST_EVERY = 100;
const MAX_FEE = parseGas('0.5');
const NODE_GAS_FOR_ANSWER = parseGas('0.3');

export interface LongChain {
  /** Index of the first block that was added. */
  readonly first: number;
  readonly requests: number;
}

/** True for the places, counted from the first added block, that hold a request or an answer. */
export const holdsEvents = (place: number): boolean => place % REQUEST_EVERY < 2;

/**
 * Adds that many blocks to a devnet's chain, 1% of them with a request of the example consumer, and
 * as many with its answer. Every transaction of it must HALT; the gateway's state says whether.
 */
export async function addLongChain(devnet: Devnet, blocks: number): Promise<LongChain> {
  const maker = createBlockMaker(devnet);
  const requests = Math.floor(blocks / REQUEST_EVERY);
  await devnet.fund(devnet.node.hash, NODE_GAS_FOR_ANSWER * BigInt(requests + 1));
  const validUntilBlock = (await devnet.height()) + blocks + REQUEST_EVERY;
  const prepare = await preparations(devnet, maker, validUntilBlock);
  const content: BlockContent[] = [];
  for (let place = 0; place < blocks; place++) {
    const number = Math.floor(place / REQUEST_EVERY);
    const isFull = number < requests && holdsEvents(place);
    if (!isFull) content.push([]);
    else if (place % REQUEST_EVERY === 0) content.push([await prepare.request()]);
    else content.push([await prepare.answer(number)]);
  }
  const first = await maker.add(content);
  const pending = asInteger(await devnet.read(devnet.gateway, 'pendingCount'), 'pendingCount');
  if (pending !== 0n) throw new Error(`bug: ${pending} requests of the chain have no answer`);
  return { first, requests };
}

/** Asks and answers once to learn the fees and the first id; the others are like them. */
async function preparations(
  devnet: Devnet,
  maker: ReturnType<typeof createBlockMaker>,
  validUntilBlock: number,
) {
  const spec = utf8(JSON.stringify({ method: 'GET', url: 'https://example.org/price' }));
  const ask = callScript(devnet.consumer, 'askHttp', [spec, utf8('$.price'), MAX_FEE]);
  const { respond } = gatewayCalls(devnet.gateway);
  const answerTo = (requestId: bigint): Buffer => {
    const result = Buffer.from('["4.813"]');
    const answer: GatewayAnswer = { requestId, code: 0, result, deliver: true, lostTx: null };
    return respond([answer]);
  };
  const trial = await devnet.trial(devnet.owner, ask);
  const askFee = (trial.gasConsumed * 11n) / 10n;
  const [askedId] = trial.stack;
  if (askedId === undefined) throw new Error(`a request can't be asked: ${trial.exception}`);
  const firstId = asInteger(askedId, 'id');
  await maker.add([[await devnet.prepare(devnet.owner, ask, { systemFee: askFee })]]);
  const answerTrial = await devnet.trial(devnet.node, answerTo(firstId));
  const answerFee = (answerTrial.gasConsumed * 12n) / 10n;
  const sent = await devnet.prepare(devnet.node, answerTo(firstId), { systemFee: answerFee });
  await maker.add([[sent]]);
  return {
    request: () => devnet.prepare(devnet.owner, ask, { systemFee: askFee, validUntilBlock }),
    /** `number`: which of the requests after the first, from 0. */
    answer: (number: number) => {
      const script = answerTo(firstId + 1n + BigInt(number));
      return devnet.prepare(devnet.node, script, { systemFee: answerFee, validUntilBlock });
    },
  };
}
