import assert from 'node:assert/strict';
import { freePorts } from '../../scripts/devnet/free-port.js';
import { isRpcError, isRpcTrouble, RpcCode, RpcError } from '../../src/chain/rpc.js';
import { holds } from './holds.js';
import type { JsonRequest } from './local-endpoint.js';
import { asked, rejects, rpcUnderTest } from './rpc-fixture.js';

describe('rpc client', () => {
  const rpc = rpcUnderTest();
  const { endpoint, client, answerWith } = rpc;

  it('sends the method and parameters and returns the result, also null', async () => {
    answerWith(({ method, params }) => ({ result: { method, params } }));
    const expected = { method: 'getblock', params: [7, true] };
    assert.deepEqual(await client().call('getblock', [7, true]), expected);
    answerWith(() => ({ result: null }));
    assert.equal(await client().call('getblock'), null);
  });

  it('never uses an id twice', async () => {
    const ids: number[] = [];
    answerWith(({ id }) => {
      ids.push(id);
      return { result: id };
    });
    const one = client();
    await Promise.all(Array.from({ length: 20 }, () => one.call('getversion')));
    assert.equal(new Set(ids).size, 20);
  });

  it('keeps code, message and data of an error answer, whatever the HTTP status', async () => {
    for (const status of [200, 422, 500]) {
      rpc.answer = (body, response) => {
        const error = { code: -511, message: 'Insufficient funds', data: 'needs 5' };
        response.writeHead(status).end(JSON.stringify({ id: asked(body).id, error }));
      };
      const thrown = await client()
        .call('sendrawtransaction')
        .catch((error: unknown) => error);
      holds(thrown instanceof RpcError);
      holds(isRpcError(thrown, RpcCode.InsufficientFunds));
      assert.equal(thrown.data, 'needs 5');
      assert.equal(thrown.retryable, false);
      assert.match(thrown.message, /sendrawtransaction.*-511: Insufficient funds \(needs 5\)/);
    }
  });

  it('tells what a server in front of a node refuses for now from what a node refuses', async () => {
    const isRetryable = async (code: number): Promise<boolean> => {
      rpc.answer = (_body, response) => {
        const error = { code, message: 'no' };
        response.writeHead(429).end(JSON.stringify({ jsonrpc: '2.0', id: null, error }));
      };
      const call = client().call('getblockcount');
      const thrown = await call.catch((error: unknown) => error);
      holds(isRpcError(thrown, code));
      return thrown.retryable;
    };
    for (const code of [429, -32_005, -32_029]) assert.equal(await isRetryable(code), true);
    for (const code of [-32_602, -500, -103]) assert.equal(await isRetryable(code), false);
  });

  it('matches the answers of a batch by id, not by position', async () => {
    rpc.answer = (body, response) => {
      const requests = JSON.parse(body) as JsonRequest[];
      const answers = requests.map(({ id, params }) =>
        params[0] === 1 ? { id, error: { code: -101, message: 'x' } } : { id, result: params[0] },
      );
      response.end(JSON.stringify(answers.reverse()));
    };
    const calls = [0, 1, 2].map((index) => ({ method: 'getblock', params: [index] }));
    const [first, second, third] = await client().batch(calls);
    assert.deepEqual(first, { ok: true, result: 0 });
    assert.deepEqual(third, { ok: true, result: 2 });
    holds(second && !second.ok && second.error.rpcCode === -101);
  });

  it('splits a batch of more than 100 calls, and sends nothing for none', async () => {
    const sizes: number[] = [];
    rpc.answer = (body, response) => {
      const requests = JSON.parse(body) as JsonRequest[];
      sizes.push(requests.length);
      const answers = requests.map(({ id, params }) => ({ id, result: params[0] }));
      response.end(JSON.stringify(answers));
    };
    const calls = Array.from({ length: 250 }, (_, at) => ({ method: 'm', params: [at] }));
    const results = await client().batch(calls);
    assert.deepEqual(
      results.map((result) => result.ok && result.result),
      calls.map((_, at) => at),
    );
    assert.deepEqual(sizes.sort(), [100, 100, 50]);
    assert.deepEqual(await client().batch([]), []);
    assert.equal(sizes.length, 3);
    await client({ batchCalls: 60 }).batch(calls.slice(0, 100));
    assert.deepEqual(sizes.slice(3).sort(), [40, 60]);
  });

  it('refuses a batch answer that lacks, repeats or invents an id', async () => {
    const calls = [0, 1].map((index) => ({ method: 'm', params: [index] }));
    const cases: [(ids: number[]) => unknown, RegExp][] = [
      [([id]) => [{ id, result: 0 }], /a batch of 2 calls with 1 answers/],
      [
        ([id]) => [
          { id, result: 0 },
          { id, result: 0 },
        ],
        /the id \d+ twice/,
      ],
      [
        ([id]) => [
          { id, result: 0 },
          { id: 'x', result: 0 },
        ],
        /nothing for the call with id/,
      ],
      [() => 'nothing', /neither an object nor an array/],
      [() => ({ result: 1 }), /something else than a list/],
      [() => [1, 2], /an entry that is not an object/],
    ];
    for (const [reply, message] of cases) {
      rpc.answer = (body, response) => {
        const ids = (JSON.parse(body) as JsonRequest[]).map(({ id }) => id);
        response.end(JSON.stringify(reply(ids)));
      };
      await rejects(client().batch(calls), 'RPC_MALFORMED', message);
    }
  });

  it('throws the one error that answers a whole batch', async () => {
    rpc.answer = (_body, response) => {
      const error = { code: -32600, message: 'Invalid request', data: 'too many requests' };
      response.end(JSON.stringify({ id: null, error }));
    };
    const calls = [{ method: 'm', params: [] }];
    await assert.rejects(client().batch(calls), (thrown) => isRpcError(thrown, -32600));
  });

  it('refuses an answer that is none, and says what came instead', async () => {
    const cases: [string, RegExp][] = [
      ['<html>', /something that is not JSON/],
      ['3', /neither an object nor an array/],
      ['[]', /a list instead of one answer/],
      ['{"id":0,"result":1}', /the id 0 instead of/],
      ['{"id":ID}', /neither result nor error/],
      ['{"id":ID,"error":"bad"}', /an error that has no code/],
    ];
    for (const [reply, message] of cases) {
      rpc.answer = (body, response) => response.end(reply.replace('ID', String(asked(body).id)));
      await rejects(client().call('getversion'), 'RPC_MALFORMED', message);
    }
  });

  it('reports a HTTP status without a JSON answer', async () => {
    rpc.answer = (_body, response) => response.writeHead(429).end('slow down');
    await rejects(client().call('getversion'), 'RPC_HTTP_STATUS', /HTTP status 429/);
  });

  it('gives up after the time limit, also in the middle of an answer', async () => {
    rpc.answer = () => {};
    const call = client().call('getversion', [], { timeoutMs: 30 });
    await rejects(call, 'RPC_TIMEOUT', /did not answer within 30 ms/);
    rpc.answer = (_body, response) => response.write('{"jsonrpc"');
    const drip = client().call('getversion', [], { timeoutMs: 30 });
    await rejects(drip, 'RPC_TIMEOUT', /did not answer within 30 ms/);
  });

  it('ends with the reason of the signal that aborts it', async () => {
    rpc.answer = () => {};
    const stop = new AbortController();
    const call = client().call('getversion', [], { signal: stop.signal });
    stop.abort(new Error('stopping'));
    await assert.rejects(call, /stopping/);
    const late = client().call('getversion', [], { signal: stop.signal });
    await assert.rejects(late, /stopping/);
  });

  it('reads no more than the bound of an answer', async () => {
    answerWith(() => ({ result: 'x'.repeat(2000) }));
    const small = client({ maxResponseBytes: 1000 });
    await rejects(small.call('getblock'), 'RPC_TOO_LARGE', /more than 1000 bytes/);
  });

  it('asks for a batch in halves when its answer would be too large', async () => {
    const sizes: number[] = [];
    rpc.answer = (body, response) => {
      const requests = JSON.parse(body) as JsonRequest[];
      sizes.push(requests.length);
      const text = 'x'.repeat(200);
      response.end(
        JSON.stringify(requests.map(({ id, params }) => ({ id, result: [params, text] }))),
      );
    };
    const calls = Array.from({ length: 9 }, (_, at) => ({ method: 'm', params: [at] }));
    const results = await client({ maxResponseBytes: 1000 }).batch(calls);
    const order = results.map((result) => result.ok && (result.result as unknown[][])[0]?.[0]);
    assert.deepEqual(order, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
    assert.deepEqual(sizes, [9, 5, 4, 3, 2]);
    const tiny = client({ maxResponseBytes: 100 }).batch(calls);
    await rejects(tiny, 'RPC_TOO_LARGE', /more than 100 bytes/);
  });

  it('shares a signal among many calls', async () => {
    rpc.answer = () => {};
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    process.on('warning', onWarning);
    const stop = new AbortController();
    const { signal } = stop;
    const one = client();
    const calls = Array.from({ length: 40 }, () => one.call('getversion', [], { signal }));
    const ends = Promise.allSettled(calls);
    stop.abort(new Error('stopping'));
    for (const end of await ends) holds(end.status === 'rejected');
    await new Promise(setImmediate);
    process.off('warning', onWarning);
    assert.deepEqual(warnings, []);
  });

  it('reports an endpoint that refuses connections or cuts the answer short', async () => {
    const nobody = client({ url: `http://127.0.0.1:${await freePorts(1)}` });
    await rejects(nobody.call('getversion'), 'RPC_UNREACHABLE', /could not be reached/);
    rpc.answer = (_body, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"jsonrpc":', () => response.destroy());
    };
    await rejects(client().call('getversion'), 'RPC_UNREACHABLE', /could not be reached/);
    const calls = await Promise.allSettled([nobody.call('getversion')]);
    holds(calls[0]?.status === 'rejected' && isRpcTrouble(calls[0].reason));
  });

  it('puts user and password into a header, and path or password into no message', async () => {
    let seen: string | undefined;
    rpc.answer = (_body, response, request) => {
      seen = `${request.headers.authorization} ${request.url}`;
      response.writeHead(503).end();
    };
    const url = endpoint().url.replace('//', '//user:geheim@');
    const one = client({ url: `${url}/v1/key-123?token=abc` });
    const thrown = await one.call('getversion').catch((error: unknown) => error);
    assert.equal(seen, `Basic ${btoa('user:geheim')} /v1/key-123?token=abc`);
    assert.doesNotMatch(JSON.stringify([thrown, String(thrown)]), /geheim|key-123|abc/);
  });

  it('refuses what is not a http URL, without repeating it', () => {
    assert.throws(
      () => client({ url: 'ws://user:geheim@host' }),
      (thrown: Error) => {
        assert.match(thrown.message, /not an http:\/\/ or https:\/\/ URL/);
        assert.doesNotMatch(thrown.message, /geheim/);
        return true;
      },
    );
  });
});
