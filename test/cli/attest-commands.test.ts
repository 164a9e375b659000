import assert from 'node:assert/strict';
import { appendFileSync, copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { hash160ToAddress } from '../../src/base/hash.js';
import { readRawHeader } from '../../src/chain/raw-header.js';
import { loadConfig } from '../../src/config/load-config.js';
import { attestationStatus } from '../../src/node/attestation-status.js';
import {
  attestationText,
  readAttestation,
} from '../../src/operations/attestation/attestation-file.js';
import { fieldBytes, reportDataOf } from '../../src/operations/attestation/attested-fields.js';
import { type NodeFixture, nodeFixture } from '../node/node-fixture.js';
import {
  type AgentServer,
  quoteAnswer,
  startAgent,
} from '../operations/attestation/agent-server.js';
import { createKernelEntry } from '../operations/attestation/kernel-entry.js';
import { realQuote } from '../operations/attestation/quotes.js';
import { createTestPlatform } from '../operations/attestation/test-platform.js';
import { commandLine, longestLine } from './command-line.js';

describe('the commands about attestation', function () {
  this.timeout(60_000);
  const cli = commandLine();
  const platform = createTestPlatform(Date.now());
  let fixture: NodeFixture;
  let agent: AgentServer;
  before(async () => {
    fixture = await nodeFixture(await sharedNetwork(), { drawsNumbers: true });
    agent = await startAgent(join(fixture.folder, 'dstack.sock'), ({ body }) => {
      const { report_data: asked } = JSON.parse(body);
      return quoteAnswer(platform.quoteOf(Buffer.from(asked, 'hex')), asked);
    });
    writeFileSync(inFolder('root.pem'), platform.rootCa);
    writeFileSync(inFolder('collateral.json'), JSON.stringify(platform.collateralOf()));
  });
  after(async () => {
    cli.remove();
    await agent?.stop();
    await fixture?.stop();
  });

  const inFolder = (name: string): string => join(fixture.folder, name);
  /** A configuration with this provider; null: as it is without the section. */
  const configWith = (provider: string | null, ...lines: string[]): string => {
    const file = inFolder(`${provider ?? 'plain'}.yaml`);
    copyFileSync(fixture.config.file, file);
    if (provider === null) return file;
    const section = [
      'attestation:',
      `  provider: ${provider}`,
      ...lines.map((line) => `  ${line}`),
    ];
    appendFileSync(file, `${section.join('\n')}\n`);
    return file;
  };
  const dstack = () => configWith('dstack', 'dstackSocket: ./dstack.sock', 'timeout: 20s');
  const now = () => ['--at', new Date().toISOString()];
  const json = async (...words: string[]) => {
    const { exitCode, out, err } = await cli.run(...words, '--json');
    assert.equal(exitCode, 0, out + err);
    return JSON.parse(out);
  };
  /** A policy that an attestation of the fixture fits, with changes of its lines. */
  const policyFor = (file: string, changes: Record<string, string> = {}): string => {
    const { fields, blockHeader } = readAttestation(file);
    const keys = {
      magic: String(fields.magic),
      gateway: fields.gateway,
      nodeAccount: `[${hash160ToAddress(fields.nodeAccount)}]`,
      buildDigest: `[${fields.buildDigest.toString('hex')}]`,
      consensus: `[${hash160ToAddress(readRawHeader(blockHeader).signedBy)}]`,
      ...changes,
    };
    const tdx = {
      rootCa: './root.pem',
      mrTd: `[${'d1'.repeat(48)}]`,
      rtMr0: `[${'a0'.repeat(48)}]`,
      rtMr1: `[${'a1'.repeat(48)}]`,
      rtMr2: `[${'a2'.repeat(48)}]`,
      rtMr3: `[${'a3'.repeat(48)}]`,
    };
    const lines = (of: object): string[] =>
      Object.entries(of).map(([key, value]) => `${key}: ${value}`);
    const text = [...lines(keys), 'tdx:', ...lines(tdx).map((line) => `  ${line}`)].join('\n');
    const path = inFolder('policy.yaml');
    writeFileSync(path, `${text}\n`);
    return path;
  };
  const verify = (file: string, ...words: string[]) =>
    cli.run('attest', 'verify', file, ...words, ...(words.includes('--at') ? [] : now()));

  it('have nothing to show without a provider, and say what is missing', async () => {
    const cases: [string, RegExp][] = [
      [configWith(null), /provider is none: nothing here can vouch for this node\nto do: in a/],
      [configWith('configfs-tsm', 'configfsDir: ./no'), /there is no .*\/no: this machine offers/],
      [configWith('dstack', 'dstackSocket: ./no'), /no machine of dstack, or its socket is not/],
    ];
    for (const [config, pattern] of cases) {
      const { exitCode, out, err } = await cli.run('attest', '--config', config);
      assert.deepEqual([exitCode, out], [1, '']);
      assert.match(err, pattern);
    }
    assert.equal(existsSync(join(fixture.config.storage.dir, 'attestation.json')), false);
    const { out } = await cli.run('attest', '--help');
    assert.match(out, /Where there is no such environment, there is no attestation\./);
    assert.equal(longestLine(out) <= 100, true, out);
  });

  it('make an attestation that is verified offline, by consensus and by a node', async () => {
    const file = inFolder('first.json');
    const collateral = ['--collateral', inFolder('collateral.json')];
    const words = ['attest', '--config', dstack(), '--out', file, ...collateral];
    const made = await json(...words);
    assert.equal(made.file, file);
    assert.equal(made.nodeAccount, fixture.node.hash);
    assert.equal(made.hasCollateral, true);
    assert.deepEqual(made.notes, ['the node has no key for secrets yet']);
    const last = readFileSync(join(fixture.config.storage.dir, 'attestation.json'), 'utf8');
    assert.equal(last, readFileSync(file, 'utf8'));
    const { fields, quote } = readAttestation(file);
    assert.equal(fieldBytes(fields).length, 344);
    assert.equal(quote.includes(reportDataOf(fields)), true);
    assert.equal(fields.randomPublicKey?.length, 96);
    assert.equal((await json('attest', 'digest')).buildDigest, made.buildDigest);
    const status = attestationStatus(loadConfig(dstack()));
    assert.deepEqual([status.provider, status.problem], ['dstack', null]);
    assert.equal(status.last?.blockIndex, fields.block.index);

    const policy = policyFor(file);
    const { exitCode, out, err } = await verify(file, '--policy', policy);
    assert.equal(exitCode, 0, out + err);
    assert.match(out, /^Attestation: verified$/m);
    assert.match(out, /consensus signed it: N/);
    assert.equal(longestLine(out) <= 100, true, out);
    const byNode = policyFor(file, { consensus: '[]' });
    const unproven = await verify(file, '--policy', byNode);
    assert.equal(unproven.exitCode, 1);
    assert.match(unproven.out, /^Attestation: UNPROVEN/m);
    const rpc = ['--rpc', fixture.network.rpcUrl];
    const asked = await verify(file, '--policy', byNode, ...rpc);
    assert.equal(asked.exitCode, 0, asked.out + asked.err);
    assert.match(asked.out, /the endpoint has it/);
    // The command wrote into this directory, and does not write over what is there.
    const again = await cli.run(...words);
    assert.equal(again.exitCode, 1);
    assert.match(again.err, /cannot write .*first\.json: EEXIST/);
  });

  it('put in a nonce, and say in JSON what differs', async () => {
    const [nonce, other] = ['0e'.repeat(32), '0f'.repeat(32)];
    const file = inFolder('asked.json');
    await json('attest', '--config', dstack(), '--out', file, '--nonce', nonce);
    const collateral = ['--collateral', inFolder('collateral.json')];
    const words = ['attest', 'verify', file, '--policy', policyFor(file), ...collateral, ...now()];
    const right = await json(...words, '--nonce', nonce);
    assert.deepEqual([right.ok, right.verdict], [true, 'verified']);
    const wrong = await cli.run(...words, '--nonce', other, '--json');
    const { ok, verdict, checks } = JSON.parse(wrong.out);
    assert.deepEqual([wrong.exitCode, ok, verdict], [1, false, 'differs']);
    const failing = checks.filter(({ found }: { found: string }) => found === 'fails');
    assert.deepEqual(failing.length, 1);
    assert.match(failing[0].what, /carries the nonce/);
    // Without its collateral nothing of the quote is shown.
    const bare = await verify(file, '--policy', policyFor(file));
    assert.match(bare.out, /^Attestation: UNPROVEN[\s\S]*there is no collateral/m);
  });

  it('never call verified what was made by other hardware, was changed, or is old', async () => {
    const file = inFolder('first.json');
    const policy = policyFor(file);
    const made = readAttestation(file);
    const changed = inFolder('changed.json');
    const cases: [Partial<typeof made>, RegExp][] = [
      [{ quote: realQuote('tdx_quote').quote }, /another root/],
      [{ fields: { ...made.fields, buildDigest: Buffer.alloc(32, 9) } }, /it carries their hash/],
      [{ tee: 'sev-snp' }, /sev-snp/],
    ];
    for (const [change, pattern] of cases) {
      writeFileSync(changed, attestationText({ ...made, ...change }));
      const { exitCode, out } = await verify(changed, '--policy', policy);
      assert.equal(exitCode, 1);
      assert.match(out, /^Attestation: DIFFERS/m);
      assert.match(out.replace(/\s+/g, ' '), pattern);
    }
    const later = new Date(made.fields.block.timeMs + 86_400_001).toISOString();
    const old = await verify(file, '--policy', policy, '--at', later);
    assert.match(old.out, /fails +the attestation is not older than 86400 s/);
  });

  it('take a quote from the kernel, and none that somebody else may have changed', async () => {
    const dir = inFolder('entry');
    const kernel = createKernelEntry(dir);
    try {
      const config = configWith('configfs-tsm', 'configfsDir: ./entry');
      const served = kernel.serve((inblob) => ({ outblob: platform.quoteOf(inblob) }));
      const made = await json('attest', '--config', config);
      await served;
      assert.deepEqual([made.provider, made.tee], ['configfs-tsm', 'tdx']);
      const disturbed = kernel.serve((inblob) => ({
        outblob: platform.quoteOf(inblob),
        writes: 2,
      }));
      const { exitCode, err } = await cli.run('attest', '--config', config);
      await disturbed;
      assert.equal(exitCode, 75);
      assert.match(err, /somebody else wrote to .*entry meanwhile/);
      // A real quote, but not of what was asked.
      const foreign = kernel.serve(() => ({ outblob: realQuote('tdx_quote').quote }));
      const other = await cli.run('attest', '--config', config);
      await foreign;
      assert.equal(other.exitCode, 1);
      assert.match(other.err, /the quote of configfs-tsm is for other data than it was asked for/);
    } finally {
      await kernel.stop();
    }
  });

  it('refuse what makes no sense, and say why', async () => {
    const file = inFolder('first.json');
    const policy = policyFor(file);
    const cases: [string[], RegExp][] = [
      [['attest', '--nonce', 'abc', '--config', dstack()], /--nonce is not 32 bytes/],
      [['attest', '--nonce', '00'.repeat(32), '--config', dstack()], /--nonce is not 32 bytes/],
      [['attest', '--fetch-collateral', '--config', dstack()], /collateralUrl is not set/],
      [['attest', '--collateral', policy, '--config', dstack()], /cannot read .*policy\.yaml/],
      [['attest', 'verify', file], /required option '--policy <file>' not specified/],
      [['attest', 'verify', policy, '--policy', policy], /cannot read .*policy\.yaml/],
      [['attest', 'verify', file, '--policy', file], /ATTESTATION_POLICY|problem/],
      [['attest', 'verify', file, '--policy', policy, '--at', 'noon'], /--at is no time/],
      [['attest', 'verify', file, '--policy', policy, '--at', '2026-01-01'], /--at is no time/],
      [['attest', 'verify', file, '--policy', policy, '--rpc', 'x'], /--rpc is no URL/],
      [['attest', 'verify', file, '--policy', policy, '--nonce', '1'], /--nonce is not 32 bytes/],
    ];
    for (const [words, pattern] of cases) {
      const { exitCode, out, err } = await cli.run(...words);
      assert.deepEqual([exitCode, out], [1, ''], words.join(' '));
      assert.match(err, pattern);
    }
  });
});
