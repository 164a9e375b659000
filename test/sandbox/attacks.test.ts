import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import type { Execution } from '../../src/sandbox/execution.js';
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.js';
import type { Attack, Attempt } from './attack.js';
import { callOf, hostOf, returned } from './function-calls.js';

const folder = new URL('./attacks/', import.meta.url);
const attacks = await Promise.all(
  readdirSync(folder)
    .sort()
    .map(async (file) => (await import(new URL(file, folder).href)).default as Attack),
);

function judge(attempt: Attempt, execution: Execution): void {
  const { end, wallMs } = execution;
  const allowed: readonly string[] = [attempt.ends].flat();
  const told = JSON.stringify({ ...end, bytes: undefined }).slice(0, 300);
  assert.ok(allowed.includes(end.kind), `expected ${allowed.join(' or ')}, not ${told}`);
  if ('returns' in attempt) assert.deepEqual(returned(execution), attempt.returns);
  attempt.holds?.(execution);
  assert.ok(wallMs <= attempt.withinMs, `took ${wallMs} ms, more than ${attempt.withinMs}`);
}

describe('the sandbox, attacked', () => {
  let sandbox: Sandbox;
  before(async () => {
    sandbox = createSandbox({ workers: 1 });
    await sandbox.ready();
  });
  after(() => sandbox.close());

  for (const { against, attempts } of attacks) {
    describe(`by ${against}`, () => {
      for (const attempt of attempts) {
        it(attempt.it, async () => {
          const host = hostOf(undefined, { known: 'granted value' });
          judge(attempt, await sandbox.run(callOf(attempt.source, attempt.call), host));
        });
      }
    });
  }

  it('serves an honest function after all of it', async () => {
    const execution = await sandbox.run(
      callOf('export default ({ a }) => a', { args: '{"a":1}' }),
      hostOf(),
    );
    assert.equal(returned(execution), 1);
  });
});
