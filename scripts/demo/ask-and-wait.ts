import { formatGas } from '../../src/base/datoshi.js';
import { responseCodeName } from '../../src/base/outcome.js';
import { readContract } from '../../src/chain/contract-read.js';
import { gatewayReads } from '../../src/chain/gateway-reads.js';
import type { StackItem } from '../../src/chain/stack-item.js';
import { asBytes, asItems } from '../../src/chain/stack-item-values.js';
import { askNode } from '../devnet/ask-node.js';
import { eventually } from '../devnet/private-chain.js';
import { demoDraw } from './demo-draw.js';
import { demoRequests, requestIdOf } from './demo-requests.js';
import type { RunningDemo } from './start-demo.js';

export interface DemoAnswer {
  readonly isAnswered: boolean;
  readonly kind: string;
  readonly id: bigint;
  readonly code: number | null;
  readonly delivered: boolean | null;
  /** From the request's block to the answer's. */
  readonly blocks: number | null;
  /** Eight decimals. */
  readonly feeGas: string | null;
}

/** A request as the node's own API tells of it. */
interface Told {
  readonly kind: string;
  readonly state: string;
  readonly code: number | null;
  readonly isDelivered: boolean | null;
  readonly createdBlock: number;
  readonly endedBlock: number | null;
  readonly feeDatoshi: string | null;
  readonly lostDatoshi: string | null;
  readonly premiumDatoshi: string | null;
}

/** Asks one request after the other, shows each answer, and tells what became of them. */
export async function askAndWait(
  demo: RunningDemo,
  say: (text: string) => void,
): Promise<DemoAnswer[]> {
  const { devnet, sourceUrl } = demo;
  const answers: DemoAnswer[] = [];
  const requests = [...demoRequests(devnet, sourceUrl), await demoDraw(devnet)];
  for (const { title, script, resultOf: ownResult } of requests) {
    say(`\n${title}`);
    const hash = await devnet.send(devnet.owner, script);
    const id = requestIdOf(devnet, await devnet.applied(hash));
    say(`  asked: request ${id}`);
    const told = await eventually(`the end of request ${id}`, () => endOf(demo, id));
    const answer = answerOf(id, told);
    const where = told.isDelivered ? 'delivered to the callback' : 'kept at the gateway';
    const code = told.code === null ? 'no answer' : responseCodeName(told.code);
    const later = answer.blocks === 1 ? 'in the next block' : `${answer.blocks} blocks later`;
    say(`  ${code}, ${where} ${later}, for ${answer.feeGas} GAS`);
    const result = told.isDelivered === true ? ownResult?.(id) : undefined;
    say(`  ${await (result ?? resultOf(demo, id, told))}`);
    answers.push(answer);
  }
  return answers;
}

async function endOf({ devnet }: RunningDemo, id: bigint): Promise<Told | null> {
  const told = await askNode<Told>(devnet, `/v1/requests/${id}`);
  return told?.state === 'answered' || told?.state === 'expired' ? told : null;
}

function answerOf(id: bigint, told: Told): DemoAnswer {
  const { kind, code, isDelivered: delivered, createdBlock, endedBlock } = told;
  const parts = [told.feeDatoshi, told.lostDatoshi, told.premiumDatoshi];
  const fee = parts.reduce((sum, part) => sum + BigInt(part ?? 0), 0n);
  const isAnswered = told.state === 'answered' && code === 0;
  const blocks = endedBlock === null ? null : endedBlock - createdBlock;
  return { isAnswered, kind, id, code, delivered, blocks, feeGas: formatGas(fee) };
}

/** The result as it stands on the chain, at the consumer or kept by the gateway, and where. */
async function resultOf({ devnet }: RunningDemo, id: bigint, told: Told): Promise<string> {
  if (!told.isDelivered) {
    const kept = await readContract(devnet.rpc, gatewayReads(devnet.gateway).resultOf(id));
    const result = kept === null ? 'nothing' : kept.result.toString('utf8');
    return `the gateway's resultOf(${id}) has: ${result}`;
  }
  const last = asItems(await devnet.read(devnet.consumer, 'lastAnswer'), 'lastAnswer', 3);
  return `the contract has: ${asBytes(last[2] as StackItem, 'result').toString('utf8')}`;
}
