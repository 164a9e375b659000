import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { refusalOf } from '../../scripts/check-refusals/seen-refusals.js';
import { refusalsUnder, seenIn, unseen } from '../../scripts/check-refusals/unseen-refusals.js';
import { projectRoot } from '../../scripts/ensure/paths.mjs';

const CONTRACTS = join(projectRoot, 'contracts');
const SCRIPT = join(projectRoot, 'scripts', 'check-refusals.ts');
/** Sentences in the sources that refuse nothing. */
const NO_REFUSALS = ['Dodona random key', 'rehearsed: no such callback with 4 parameters'];

describe('the check that every refusal was seen', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dodona-refusals-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const messages = refusalsUnder(CONTRACTS).map(({ message }) => message);
  const report = (name: string, seen: readonly string[]) =>
    writeFile(join(folder, name), seen.map((each) => `${JSON.stringify(each)}\n`).join(''));
  const run = async () => {
    const args = ['--import', 'tsx', SCRIPT, folder];
    return promisify(execFile)(process.execPath, args, { cwd: projectRoot }).then(
      ({ stdout }) => ({ code: 0, out: stdout }),
      (error: { code: number; stdout: string; stderr: string }) => ({
        code: error.code,
        out: error.stdout + error.stderr,
      }),
    );
  };

  it('knows the refusals of gateway, executor and examples, and not those of test contracts', () => {
    for (const message of [
      'a deposit must be more than 0',
      'a premium is not from 0 to 2^63-1',
      'only the gateway may call the executor',
      'only the gateway may call this',
    ]) {
      assert.ok(messages.includes(message), message);
    }
    assert.ok(!messages.includes('the payment is refused'));
    assert.equal(new Set(messages).size, messages.length);
  });

  it('takes every sentence of the sources for a refusal, but for a known few', () => {
    const files = ['gateway', 'executor', 'examples/consumer'].flatMap((name) =>
      readdirSync(join(CONTRACTS, name))
        .filter((file) => file.endsWith('.go'))
        .map((file) => join(CONTRACTS, name, file)),
    );
    const code = files.map((file) => readFileSync(file, 'utf8').replace(/\/\/.*$/gm, ''));
    const literals = [...code.join('\n').matchAll(/"((?:[^"\\\n]|\\.)*)"/g)];
    const sentences = literals.map(([, text = '']) => text).filter((text) => / .* /.test(text));
    const others = sentences.filter((text) => !messages.includes(text));
    assert.deepEqual(others, NO_REFUSALS);
  });

  it('holds when all were seen, whichever process saw them', async () => {
    await report('1.txt', messages.slice(1));
    await report('2.txt', messages.slice(0, 2));
    const { code, out } = await run();
    assert.equal(code, 0);
    assert.match(out, new RegExp(`${messages.length} of ${messages.length} refusals were seen`));
  });

  it('fails with what was not seen, and where it is', async () => {
    await report('1.txt', messages.slice(1));
    const { code, out } = await run();
    assert.equal(code, 1);
    assert.ok(out.includes(`refuses: "${messages[0]}"`), out);
    assert.equal(
      unseen(refusalsUnder(CONTRACTS), seenIn(join(folder, 'none'))).length,
      messages.length,
    );
  });

  it('reads a refusal out of what the node says of a FAULT, and out of nothing else', () => {
    const said = (text: string) => `at instruction 12 (THROW): unhandled exception: ${text}`;
    assert.equal(refusalOf(said('"maxFee is above \\"it\\""')), 'maxFee is above "it"');
    assert.equal(refusalOf('at instruction 12 (THROW): unhandled exception'), null);
    assert.equal(refusalOf('at instruction 8 (ABORT): ABORT'), null);
  });
});
