import assert from 'node:assert/strict';
import { COMMAND_RULES } from './command-rules.js';
import { runBlocks } from './doc-shell.js';
import { fencedBlocks } from './fenced-blocks.js';

describe('the commands of docs/keys.md', () => {
  it('rotate every key of a running node, and replace a stolen one', async () => {
    const blocks = fencedBlocks('docs/keys.md', 'sh');
    const { exitCode, outputOf, transcript } = await runBlocks(blocks, COMMAND_RULES);
    assert.equal(exitCode, 0, transcript);
    const rotate = 'npx dodona keys rotate --kind node';
    assert.match(outputOf(`${rotate} --dry-run`), /^propose .*\n[\s\S]*Nothing was changed/m);
    assert.match(outputOf(`${rotate} --fund 10`), /The rotation is done\./);
    assert.match(outputOf(`${rotate} --continue`), /No rotation is under way\./);
    assert.match(outputOf('npx dodona keys rotate --kind random'), /retired {4}\w{16}: /);
    assert.match(outputOf('npx dodona keys revoke'), /revokes the node account/);
    assert.match(outputOf(`${rotate} --wallet`), /The rotation is done\./);
    const status = outputOf('npx dodona keys status');
    assert.match(status, /No rotation of the node account is under way\./);
    assert.match(status, /node {7}N\w+, its key is in the wallet here/);
  }).timeout(240_000);
});
