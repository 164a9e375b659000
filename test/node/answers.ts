import assert from 'node:assert/strict';
import { parseGas } from '../../src/base/datoshi.js';
import { readContract } from '../../src/chain/contract-read.js';
import { gatewayReads, type KeptResult } from '../../src/chain/gateway-reads.js';
import { asBytes, asInteger, asItems, isNull } from '../../src/chain/stack-item-values.js';
import { endingsOf, gatewayEvents, type PlacedEvent, type Response } from './chain-history.js';
import type { NodeFixture } from './node-fixture.js';
import type { RunningNode } from './running-node.js';

const BOUND_MS = 60_000;
/** Of an honest answer: far below what any culprit's transaction costs. */
const HONEST_FEE = parseGas('1');

export const eventsOf = ({ network, gateway, fromBlock }: NodeFixture): Promise<PlacedEvent[]> =>
  gatewayEvents(network, gateway, fromBlock);

/** Waits for the answers; the one Response of each request, in the order of the ids. */
export async function responsesTo(
  fixture: NodeFixture,
  running: RunningNode,
  ids: readonly bigint[],
): Promise<Response[]> {
  await running.untilEnded(ids, BOUND_MS);
  const endings = endingsOf(await eventsOf(fixture));
  return ids.map((id) => {
    const ended = endings.get(id) ?? [];
    assert.deepEqual(
      ended.map(({ name }) => name),
      ['Response'],
      `request ${id} ends once, by an answer`,
    );
    return ended[0] as Response;
  });
}

/** Methods of the example consumer that tell an answer. */
export type StoredBy = 'answerOf' | 'httpAnswerOf' | 'functionAnswerOf';

/** What the example consumer stored of a question of `ask` or a request of `askHttp`. */
export async function storedAnswer(
  { network, consumer }: NodeFixture,
  method: StoredBy,
  key: bigint,
): Promise<{ code: bigint; result: string }> {
  const item = await network.read(consumer, method, [key]);
  assert.ok(!isNull(item), `the consumer has no answer ${key}`);
  const [, code, result] = asItems(item, method, 3);
  if (code === undefined || result === undefined) throw new Error('bug: no such items');
  return { code: asInteger(code, 'code'), result: asBytes(result, 'result').toString('utf8') };
}

/** The answer that the gateway keeps for a request, null when it keeps none. */
export const keptAnswer = ({ network, gateway }: NodeFixture, id: bigint) =>
  readContract(network.rpc, gatewayReads(gateway).resultOf(id)) as Promise<KeptResult | null>;

/** The example consumer has these answers, at its own cost alone, and after few retries. */
export async function assertHonest(
  fixture: NodeFixture,
  running: RunningNode,
  responses: readonly Response[],
  maxRetries: number,
): Promise<void> {
  for (const { id, code, delivered, lost, fee } of responses) {
    assert.deepEqual({ id, code, delivered, lost }, { id, code: 0, delivered: true, lost: 0n });
    assert.ok(fee < HONEST_FEE, `request ${id} was charged ${fee}`);
    assert.equal((await storedAnswer(fixture, 'httpAnswerOf', id)).code, 0n);
    const retries = running.explain(id).steps.filter(({ what }) => /FAULT|dead/i.test(what));
    const told = retries.map(({ why }) => why).join('; ');
    assert.ok(retries.length <= maxRetries, `request ${id} was tried again: ${told}`);
  }
}

/** The answer to a hostile contract is in its inbox. */
export async function assertKept(
  fixture: NodeFixture,
  { id, code, delivered }: Response,
  who: string,
): Promise<void> {
  assert.deepEqual({ who, code, delivered }, { who, code: 0, delivered: false });
  const kept = await keptAnswer(fixture, id);
  assert.match(kept?.result.toString('utf8') ?? 'nothing kept', /hostile/, who);
}
