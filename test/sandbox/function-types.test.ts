import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../../scripts/ensure/paths.mjs';
import { createSandbox } from '../../src/sandbox/sandbox.js';
import { callOf, hostOf, returned } from './function-calls.js';

/** Uses all of the types, and returns what they promise of each. */
const FUNCTION = `// @ts-check
/** @type {import('./function.js').OracleFunction<{ pair: string }>} */
export default async ({ pair }, ctx) => {
  const answer = await ctx.fetch('https://a.example/' + pair, {
    method: 'POST',
    headers: { a: pair.toLowerCase() },
    body: ctx.base64.decode('AQI='),
  });
  const { price } = await answer.json();
  /** @type {bigint} */
  const units = ctx.decimal.toUnits(price, 8, 'half-up');
  /** @type {string} */
  const secret = await ctx.secrets.get('key');
  ctx.log('units', units > 0n, secret.length);
  return [
    ctx.requestId.length,
    ctx.requester.slice(0, 2),
    ctx.block.index + ctx.block.timeMs,
    answer.status,
    answer.ok,
    answer.url.length,
    answer.headers.get('content-type'),
    [...answer.headers.keys()],
    answer.bodyUsed,
    ctx.decimal.fromUnits(units, 8),
    ctx.decimal.compare(price, 1) + 1,
    ctx.hex.encode(ctx.crypto.hmacSha256('key', ctx.crypto.sha256(new Uint8Array(1)))).length,
  ];
};
`;
const WRONG = `// @ts-check
/** @type {import('./function.js').OracleFunction} */
export default (args, ctx) => { ctx.fetch(1, { metod: 'GET' }); ctx.sleep(1); return () => 1; };
`;

describe('types/function.d.ts', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dodona-types-'));
  after(() => rmSync(folder, { recursive: true }));

  /** The messages of the TypeScript compiler about a function, without other types around. */
  async function complaints(source: string): Promise<string[]> {
    const file = join(folder, 'function-under-test.js');
    writeFileSync(file, source);
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    const types = join(projectRoot, 'types', 'function.d.ts');
    const config = {
      compilerOptions: {
        allowJs: true,
        checkJs: true,
        strict: true,
        noEmit: true,
        target: 'ES2022',
        lib: ['ES2023'],
        types: [],
        rootDirs: [folder, join(projectRoot, 'types')],
        module: 'NodeNext',
        moduleResolution: 'NodeNext',
      },
      files: [file, types],
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const tsc = join(projectRoot, 'node_modules', 'typescript', 'bin', 'tsc');
    const run = promisify(execFile)(process.execPath, [tsc, '-p', folder]);
    const { stdout } = await run.catch((error: { stdout: string }) => error);
    return [...stdout.matchAll(/error TS\d+: (.*)/g)].map(([, message = '']) => message);
  }

  it('let an author who does it right write what he likes', async () => {
    assert.deepEqual(await complaints(FUNCTION), []);
  });

  it('tell an author who does it wrong', async () => {
    const [fetch = '', ...others] = await complaints(WRONG);
    const all = [fetch, ...others].join('\n');
    for (const part of ["'metod' does not exist", "'sleep' does not exist", '=> number']) {
      assert.ok(all.includes(part), `${part} in:\n${all}`);
    }
  });

  it('tell the truth', async () => {
    const sandbox = createSandbox({ workers: 1 });
    const host = hostOf(undefined, { key: 'value' });
    const call = callOf(FUNCTION, { args: '{"pair":"GAS"}' });
    assert.deepEqual(returned(await sandbox.run(call, host)), [
      1,
      '0x',
      123 + call.block.timeMs,
      200,
      true,
      23,
      'application/json',
      ['content-type'],
      true,
      '4.81',
      2,
      64,
    ]);
    await sandbox.close();
  });
});
