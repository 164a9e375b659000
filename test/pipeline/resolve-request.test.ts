import assert from 'node:assert/strict';
import type { Outcome } from '../../src/base/outcome.js';
import { resolverByKind } from '../../src/pipeline/resolve-request.js';
import type { RequestKind } from '../../src/requests/request-machine.js';
import type { FunctionWork } from '../../src/resolvers/function.js';
import type { HttpWork } from '../../src/resolvers/http.js';
import type { RandomWork } from '../../src/resolvers/random.js';
import { createStages, type Stages } from './stage-fixture.js';

describe('resolving a request by its kind', () => {
  let stages: Stages;
  beforeEach(() => {
    stages = createStages();
  });
  afterEach(() => stages.close());

  const resolve = async (kind: RequestKind, subject: string) => {
    stages.add(1n, [], { kind, subject, filter: '$' });
    const row = stages.requests.get(1n);
    assert.ok(row);
    const asked: HttpWork[] = [];
    const found: Outcome = { kind: 'answer', code: 0, result: Buffer.from('1'), reason: 'found' };
    const http = async (work: HttpWork) => {
      asked.push(work);
      return found;
    };
    const functions: FunctionWork[] = [];
    const byFunction = async (work: FunctionWork) => {
      functions.push(work);
      return found;
    };
    const draws: RandomWork[] = [];
    const random = async (work: RandomWork) => {
      draws.push(work);
      return found;
    };
    const place = { magic: 5, gateway: `0x${'9'.repeat(40)}` } as const;
    const resolvers = { http: () => http, function: () => byFunction, random: () => random };
    const resolver = resolverByKind(resolvers, place);
    const outcome = await resolver(row, new AbortController().signal);
    return { asked: asked.map(({ style }) => style), functions, draws, found: outcome === found };
  };

  it('gives web requests to the resolver of web requests, each in its own style', async () => {
    const { asked, found } = await resolve('oracle', 'https://x.org');
    assert.deepEqual([asked, found], [['native'], true]);
    stages.close();
    stages = createStages();
    assert.deepEqual((await resolve('http', '{}')).asked, ['spec']);
  });

  it('gives functions to theirs, with what the chain tells of the request', async () => {
    const codeHash = 'ab'.repeat(32);
    const { asked, functions } = await resolve('function', `function 7, code ${codeHash}`);
    assert.deepEqual(asked, []);
    const [work] = functions;
    assert.ok(work);
    assert.deepEqual([work.functionId, work.codeHash, work.args], [7n, codeHash, '$']);
    const row = stages.requests.get(1n);
    assert.deepEqual(work.block, { index: row?.createdBlock, timeMs: row?.createdTimeMs });
    assert.equal(work.seed, `5:0x${'9'.repeat(40)}:${row?.createdTx}:1`);
  });

  it('gives random requests to theirs, with key and seed', async () => {
    const seed = 'cd'.repeat(32);
    const { asked, draws } = await resolve('random', `key 4, seed ${seed}`);
    const expected = { requestId: 1n, keyId: 4n, seed: Buffer.from(seed, 'hex') };
    assert.deepEqual([asked, draws], [[], [expected]]);
  });
});
