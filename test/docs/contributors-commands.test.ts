import assert from 'node:assert/strict';
import { COMMAND_RULES } from './command-rules.js';
import { runBlocks } from './doc-shell.js';
import { fencedBlocks } from './fenced-blocks.js';

describe('the commands of docs/contributors.md', () => {
  it('work in this checkout', async () => {
    const { exitCode, outputOf, transcript } = await runBlocks(
      fencedBlocks('docs/contributors.md', 'sh'),
      COMMAND_RULES,
    );
    assert.equal(exitCode, 0, transcript);
    assert.match(outputOf('npm test -- '), /^[1-9]\d* passed, 0 failed$/m);
    assert.match(outputOf('npx mocha '), /[1-9]\d* passing/);
  }).timeout(240_000);
});
