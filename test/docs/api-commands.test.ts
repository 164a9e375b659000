import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { projectRoot } from '../../scripts/ensure/paths.mjs';
import { type NodeFixture, nodeFixture } from '../node/node-fixture.js';
import { type RunningNode, startNode } from '../node/running-node.js';
import { fencedBlocks } from './fenced-blocks.js';

const SHIMS = join(projectRoot, 'test', 'docs', 'shims');

describe('the commands of docs/api.md', function () {
  this.timeout(120_000);
  let fixture: NodeFixture;
  let running: RunningNode;
  before(async () => {
    fixture = await nodeFixture(await sharedNetwork());
    running = await startNode(fixture.config);
  });
  after(async () => {
    await running?.stop();
    await fixture?.stop();
  });

  it('ask a running node, with the answers that the page tells of', async () => {
    const blocks = fencedBlocks('docs/api.md', 'sh').map(({ text }) => text);
    const script = ['set -euo pipefail', ...blocks].join('\necho "--- block"\n');
    const { stdout } = await promisify(execFile)('bash', ['-c', script], {
      cwd: projectRoot,
      env: {
        ...process.env,
        PATH: `${SHIMS}:${process.env.PATH}`,
        NODE_CONFIG: fixture.config.file,
        DATA: fixture.config.storage.dir,
      },
    });
    const [local = '', key = '', challenge = '', events = '', errors = ''] = stdout
      .split('--- block\n')
      .slice(1);
    assert.match(local, /^\{"kind":"local"/);
    assert.match(key, /"isReady":true/);
    assert.match(key, /"items":\[\],"next":null/);
    assert.match(key, /grafana +read +living/);
    assert.match(JSON.parse(challenge).message, /^account: NNLi44dJNXtDNSBkofB48aTVYtb1zZrNEs$/m);
    assert.match(events, /^retry: 2000\n\nid: \d+\nevent: block\ndata: \{"event":"block"/);
    assert.match(errors, /"code":"NOT_SIGNED_IN"[\s\S]*"code":"BAD_QUERY"/);
  });
});
