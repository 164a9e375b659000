import assert from 'node:assert/strict';
import type { Outcome } from '../../src/base/outcome.js';
import { resolverByKind } from '../../src/pipeline/resolve-request.js';
import type { RequestKind } from '../../src/requests/request-machine.js';
import type { HttpWork } from '../../src/resolvers/http.js';
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
    const outcome = await resolverByKind(http)(row, new AbortController().signal);
    return { asked: asked.map(({ style }) => style), found: outcome === found, outcome };
  };

  it('gives web requests to the resolver of web requests, each in its own style', async () => {
    const { asked, found } = await resolve('oracle', 'https://x.org');
    assert.deepEqual([asked, found], [['native'], true]);
    stages.close();
    stages = createStages();
    assert.deepEqual((await resolve('http', '{}')).asked, ['spec']);
  });

  it('answers a request for the result of a function: none is run here', async () => {
    const { asked, outcome } = await resolve('function', `function 7, code ${'ab'.repeat(32)}`);
    assert.deepEqual(asked, []);
    assert.ok(outcome.kind === 'answer');
    assert.deepEqual([outcome.code, outcome.result.length], [0x14, 0]);
    assert.equal(outcome.reason, 'this node runs no functions');
  });
});
