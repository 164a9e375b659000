import assert from 'node:assert/strict';
import { systemClock } from '../../src/base/clock.js';
import { NodeError } from '../../src/base/node-error.js';
import { createRpcClient, type RpcClient, type RpcClientOptions } from '../../src/chain/rpc.js';
import { holds } from './holds.js';
import { type JsonRequest, type LocalEndpoint, startEndpoint } from './local-endpoint.js';

type Answer = Parameters<typeof startEndpoint>[0];

/** An endpoint for the tests of a suite, and clients of it that are closed after each of them. */
export function rpcUnderTest() {
  let endpoint: LocalEndpoint;
  let clients: RpcClient[] = [];
  const rpc = {
    /** How the endpoint answers from now on. */
    answer: (() => {}) as Answer,
    answerWith(fields: (request: JsonRequest) => Record<string, unknown>): void {
      rpc.answer = (body, response) => {
        const request = asked(body);
        response.end(JSON.stringify({ jsonrpc: '2.0', id: request.id, ...fields(request) }));
      };
    },
    endpoint: () => endpoint,
    client(options: Partial<RpcClientOptions> = {}): RpcClient {
      const made = createRpcClient({ url: endpoint.url, clock: systemClock, ...options });
      clients.push(made);
      return made;
    },
  };
  before(async () => {
    endpoint = await startEndpoint((...all) => rpc.answer(...all));
  });
  afterEach(() => {
    for (const client of clients) client.close();
    clients = [];
  });
  after(() => endpoint.stop());
  return rpc;
}

export const asked = (body: string) => JSON.parse(body) as JsonRequest;

export const rejects = (promise: Promise<unknown>, code: string, message: RegExp) =>
  assert.rejects(promise, (thrown: unknown) => {
    holds(thrown instanceof NodeError, String(thrown));
    assert.equal(thrown.code, code);
    assert.match(thrown.message, message);
    return true;
  });
