import assert from 'node:assert/strict';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { hash160ToAddress } from '../../src/base/hash.js';
import { loadConfig } from '../../src/config/load-config.js';
import { latestHeader } from '../../src/node/open-attestation.js';
import { type NodeFixture, nodeFixture } from '../node/node-fixture.js';
import { type RunningNode, startNode } from '../node/running-node.js';
import {
  type AgentServer,
  quoteAnswer,
  startAgent,
} from '../operations/attestation/agent-server.js';
import { createTestPlatform } from '../operations/attestation/test-platform.js';
import { COMMAND_RULES } from './command-rules.js';
import { runBlocks } from './doc-shell.js';
import { fencedBlocks } from './fenced-blocks.js';

describe('the commands of docs/attestation.md', function () {
  this.timeout(120_000);
  let fixture: NodeFixture;
  let agent: AgentServer;
  let running: RunningNode;
  before(async () => {
    fixture = await nodeFixture(await sharedNetwork());
    const platform = createTestPlatform(Date.now());
    agent = await startAgent(join(fixture.folder, 'dstack.sock'), ({ body }) => {
      const { report_data: asked } = JSON.parse(body);
      return quoteAnswer(platform.quoteOf(Buffer.from(asked, 'hex')), asked);
    });
    const section = ['attestation:', '  provider: dstack', '  dstackSocket: ./dstack.sock', ''];
    appendFileSync(fixture.config.file, section.join('\n'));
    const collateral = join(fixture.folder, 'collateral.json');
    writeFileSync(collateral, JSON.stringify(platform.collateralOf()));
    writeFileSync(join(fixture.folder, 'root.pem'), platform.rootCa);
    writeFileSync(join(fixture.folder, 'policy.yaml'), await policyText());
    const { attestation } = loadConfig(fixture.config.file);
    running = await startNode({ ...fixture.config, attestation });
  });
  after(async () => {
    await running?.stop();
    await agent?.stop();
    await fixture?.stop();
  });

  async function policyText(): Promise<string> {
    const { header } = await latestHeader(fixture.network.rpc);
    return [
      `magic: ${fixture.network.magic}`,
      `gateway: ${fixture.gateway}`,
      `nodeAccount: [${hash160ToAddress(fixture.node.hash)}]`,
      'buildDigest: any',
      `consensus: [${hash160ToAddress(header.signedBy)}]`,
      'tdx:',
      '  rootCa: ./root.pem',
      ...['mrTd', 'rtMr0', 'rtMr1', 'rtMr2', 'rtMr3'].map((name) => `  ${name}: any`),
      '',
    ].join('\n');
  }

  it('make an attestation and verify it, where a platform is', async () => {
    const { file } = fixture.config;
    const collateral = join(fixture.folder, 'collateral.json');
    const here = [
      {
        when: /^npx dodona attest --out/,
        how: { kind: 'run' as const },
        as: (command: string) => `${command} --config ${file} --collateral ${collateral}`,
      },
      {
        when: /^npx dodona status/,
        how: { kind: 'run' as const },
        as: (command: string) => `${command} --config ${file}`,
      },
    ];
    // The reader's files are in his directory, those of the test in a folder of its own.
    const { exitCode, outputOf, transcript } = await runBlocks(
      fencedBlocks('docs/attestation.md', 'sh'),
      [...here, ...COMMAND_RULES],
      {
        'attestation.json': join(fixture.folder, 'attestation.json'),
        'policy.yaml': join(fixture.folder, 'policy.yaml'),
      },
    );
    assert.equal(exitCode, 0, transcript);
    assert.match(outputOf('npx dodona attest --out'), /^attested {3}by dstack \(tdx\), in /m);
    assert.match(outputOf('npx dodona attest digest'), /^[0-9a-f]{64}$/m);
    assert.match(outputOf('npx dodona status'), /^attested {3}by dstack, last [\d.]+ s ago at/m);
    assert.match(outputOf('npx dodona attest verify'), /^Attestation: verified$/m);
  });
});
