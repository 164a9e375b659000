import assert from 'node:assert/strict';
import { systemClock } from '../../src/base/clock.js';
import { createRpcClient, type RpcClient } from '../../src/chain/rpc.js';
import { holds } from './holds.js';
import { type JsonRequest, type LocalEndpoint, startEndpoint } from './local-endpoint.js';

describe('a batch of which little is read', () => {
  let endpoint: LocalEndpoint;
  let client: RpcClient;
  let answer: Parameters<typeof startEndpoint>[0];

  before(async () => {
    endpoint = await startEndpoint((...all) => answer(...all));
    client = createRpcClient({ url: endpoint.url, clock: systemClock });
  });
  after(async () => {
    client.close();
    await endpoint.stop();
  });

  it('is parsed where it says something, and wholly where it is told in another form', async () => {
    const answers = (requests: JsonRequest[]): string[] =>
      requests.map(({ id, params }) => `{"id":${id},"jsonrpc":"2.0","result":${params[0]}}`);
    const seen: string[] = [];
    const saysNothing = (text: string): boolean => {
      seen.push(text);
      return !text.includes('ours');
    };
    const calls = ['{"of":"others"}', '{"is":"ours"}', '{}'].map((text) => {
      return { method: 'm', params: [text], saysNothing };
    });
    const plain = { method: 'm', params: ['{"of":"others"}'] };
    const results = async (separator: string): Promise<unknown[]> => {
      answer = (body, response) => {
        response.end(`[${answers(JSON.parse(body) as JsonRequest[]).join(separator)}]`);
      };
      const found = await client.batch([...calls, plain]);
      return found.map((result) => result.ok && result.result);
    };
    assert.deepEqual(await results(','), [{}, { is: 'ours' }, {}, { of: 'others' }]);
    assert.deepEqual(seen, ['{"of":"others"}', '{"is":"ours"}', '{}']);
    // It need not be spared where it can't be: callers take no notice of it either way.
    const others = { of: 'others' };
    assert.deepEqual(await results(' , '), [others, { is: 'ours' }, {}, others]);
  });

  it('still tells an error within it', async () => {
    answer = (body, response) => {
      const [first, second] = JSON.parse(body) as JsonRequest[];
      const error = '{"code":-109,"message":"Unknown height"}';
      response.end(
        `[{"id":${first?.id},"jsonrpc":"2.0","result":{}},` +
          `{"id":${second?.id},"jsonrpc":"2.0","error":${error}}]`,
      );
    };
    const call = { method: 'm', params: [], saysNothing: () => true };
    const [first, second] = await client.batch([call, call]);
    assert.deepEqual(first, { ok: true, result: {} });
    holds(second && !second.ok && second.error.rpcCode === -109);
  });
});
