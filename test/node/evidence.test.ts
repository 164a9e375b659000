import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { projectRoot } from '../../scripts/ensure/paths.mjs';
import { blobHash } from '../../src/evidence/bundle.js';
import type { Verification } from '../../src/operations/verify-bundle.js';
import { commandLine } from '../cli/command-line.js';
import { ask, consumerAsks, consumerAsksAsNative, specOf } from './asking.js';
import { json } from './local-source.js';
import { type NodeFixture, nodeFixture } from './node-fixture.js';
import { type RunningNode, startNode } from './running-node.js';

const PROGRAM = join(projectRoot, 'src/cli/dodona.ts');

describe('the evidence of answers on a real chain', function () {
  this.timeout(60_000);
  let fixture: NodeFixture;
  let running: RunningNode;
  const shell = commandLine();
  const elsewhere = shell.dir;
  let ids: readonly bigint[];
  before(async () => {
    fixture = await nodeFixture(await sharedNetwork());
    running = await startNode(fixture.config);
    const { source } = fixture;
    source.on('/price', json({ gas: { usd: 5.25 }, at: 1 }));
    source.on('/gone', json({}, 404));
    ({ ids } = await ask(fixture, [
      consumerAsks(fixture, { spec: specOf(fixture, '/price'), filter: '$.gas.usd' }),
      consumerAsks(fixture, { spec: specOf(fixture, '/gone') }),
      consumerAsksAsNative(fixture, `${source.httpsUrl}/price`, '$.gas'),
    ]));
    await running.untilEnded(ids);
  });
  after(async () => {
    await running?.stop();
    await fixture?.stop();
    shell.remove();
  });

  /** The command line in a process of its own, without a configuration. */
  function inOtherProcess(...words: string[]): Promise<{ code: number; out: string }> {
    const args = ['--import', 'tsx', PROGRAM, ...words];
    return new Promise((resolve) => {
      execFile(process.execPath, args, { cwd: projectRoot }, (error, out, err) => {
        const code = error === null ? 0 : Number(error.code);
        resolve({ code, out: out + err });
      });
    });
  }

  async function dodona(...words: string[]): Promise<{ code: number; out: string }> {
    const { exitCode: code, out, err } = await shell.run(...words);
    return { code, out: out + err };
  }

  async function verifyBy(run: typeof dodona, words: string[]) {
    const { code, out } = await run('verify', ...words, '--json');
    try {
      return { ...(JSON.parse(out) as Verification), code };
    } catch {
      assert.fail(out);
    }
  }
  const verify = (...words: string[]) => verifyBy(dodona, words);

  const nodeConfig = (): string[] => ['--config', fixture.config.file];
  const found = ({ checks }: Verification): string[] => checks.map((check) => check.found);

  async function exported(id: bigint | undefined): Promise<string> {
    const file = join(elsewhere, `request-${id}.json`);
    const args = ['evidence', 'export', String(id), '--out', file, ...nodeConfig()];
    const { code, out } = await dodona(...args);
    assert.equal(code, 0, out);
    return file;
  }

  it('is verified from the database, for results and for codes', async () => {
    const verifications = await Promise.all(ids.map((id) => verify(String(id), ...nodeConfig())));
    for (const verification of verifications) {
      const { verdict, code } = verification;
      assert.deepEqual({ verdict, code }, { verdict: 'verified', code: 0 }, told(verification));
    }
  });

  it('is verified by another process from the file alone, without the source, and on the chain', async () => {
    const file = await exported(ids[0]);
    const before = fixture.source.seen.length;
    const rpc = ['--rpc', fixture.network.rpcUrl];
    const verification = await verifyBy(inOtherProcess, ['--bundle', file, ...rpc]);
    assert.equal(verification.code, 0, told(verification));
    assert.deepEqual(found(verification), Array(6).fill('holds'), told(verification));
    assert.equal(fixture.source.seen.length, before, 'nobody was asked');
    const again = await verify(String(ids[0]), '--bundle', file, ...nodeConfig());
    assert.equal(again.verdict, 'verified', told(again));
  });

  it('of a native request is on the chain as well', async () => {
    const file = await exported(ids[2]);
    const verification = await verify('--bundle', file, '--rpc', fixture.network.rpcUrl);
    assert.equal(verification.verdict, 'verified', told(verification));
  });

  interface Forged {
    hash: string;
    answeredIn: { tx: string } | null;
    bundle: { request: { subject: string; tx: string } };
  }

  /** Another file, with a hash that is right. */
  function forgedFile(text: string, change: (file: Forged) => void): string {
    const file = JSON.parse(text) as Forged;
    change(file);
    file.hash = blobHash(Buffer.from(JSON.stringify(file.bundle)));
    const path = join(elsewhere, 'forged.json');
    writeFileSync(path, JSON.stringify(file));
    return path;
  }

  it('that was tampered with differs, and it is said by what', async () => {
    const file = await exported(ids[1]);
    const text = readFileSync(await exportedPrice(), 'utf8');
    const tampered = join(elsewhere, 'tampered.json');
    // A forger who knows the format changes body, result and every hash that he can.
    const sha256 = (value: string): string => blobHash(Buffer.from(value));
    const [body, other] = ['{"gas":{"usd":5.25},"at":1}', '{"gas":{"usd":9.25},"at":1}'];
    assert.equal(text.includes(sha256(body)), true);
    const forged = JSON.parse(
      text
        .replaceAll(sha256(body), sha256(other))
        .replaceAll(sha256('[5.25]'), sha256('[9.25]'))
        .replaceAll('5.25', '9.25'),
    ) as { hash: string; bundle: unknown };
    forged.hash = sha256(JSON.stringify(forged.bundle));
    writeFileSync(tampered, JSON.stringify(forged));
    const alone = await verify('--bundle', tampered);
    assert.equal(alone.verdict, 'verified', `${told(alone)}: only others can know`);
    const record = await verify(String(ids[0]), '--bundle', tampered, ...nodeConfig());
    assert.equal(record.code, 1);
    assert.match(told(record), /fails: the hash is that of the node's record/);
    const chain = await verify('--bundle', tampered, '--rpc', fixture.network.rpcUrl);
    assert.equal(chain.code, 1);
    assert.match(told(chain), /fails: the answer is the one on the chain: result: 6 bytes/);
    const asked = forgedFile(text, ({ bundle }) => {
      bundle.request.subject = bundle.request.subject.replace('GET', 'PUT');
    });
    const question = await verify('--bundle', asked, '--rpc', fixture.network.rpcUrl);
    assert.match(told(question), /fails: the request is the one on the chain: subject: .*"PUT"/);
    const moved = forgedFile(text, (forger) => {
      forger.answeredIn = { tx: forger.bundle.request.tx };
    });
    const elsewhereAnswered = await verify('--bundle', moved, '--rpc', fixture.network.rpcUrl);
    assert.match(told(elsewhereAnswered), /fails: the answer is .* did not answer request/);
    const silent = forgedFile(readFileSync(tampered, 'utf8'), (forger) => {
      forger.answeredIn = null;
    });
    const unnamed = await verify('--bundle', silent, '--rpc', fixture.network.rpcUrl);
    assert.equal(unnamed.verdict, 'unproven', told(unnamed));
    assert.match(told(unnamed), /unproven: the answer is .* names no transaction in which it did/);
    const wrongId = await dodona('verify', String(ids[0]), '--bundle', file, ...nodeConfig());
    assert.match(wrongId.out, /the bundle is of request/);
  });

  const exportedPrice = async (): Promise<string> => join(elsewhere, `request-${ids[0]}.json`);

  it('is counted, and told to whom asks for it', async () => {
    const { out } = await dodona('evidence', 'status', ...nodeConfig());
    assert.match(out, /^3 bundles, 0\.0 MiB, the oldest of \d{4}-/);
    const none = await dodona('evidence', 'export', '999', ...nodeConfig());
    assert.equal(none.code, 1);
    assert.match(none.out, /no bundle of request 999 here: none was ever kept/);
  });
});

const told = ({ checks }: Verification): string =>
  checks.map(({ what, found, details }) => `${found}: ${what}: ${details.join('; ')}`).join('\n');
