import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

describe('the compiled filter pool', () => {
  it('runs under plain node, keeps no process alive, and leaves none behind', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'dodona-filters-'));
    try {
      writeFileSync(join(directory, 'package.json'), '{"type":"module"}');
      symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
      writeFileSync(
        join(directory, 'tsconfig.json'),
        JSON.stringify({
          extends: join(ROOT, 'tsconfig.build.json'),
          compilerOptions: { rootDir: join(ROOT, 'src'), outDir: directory, sourceMap: false },
          include: [],
          files: [
            join(ROOT, 'src/filters/filter-pool.ts'),
            join(ROOT, 'src/filters/filter-worker.ts'),
          ],
        }),
      );
      writeFileSync(
        join(directory, 'main.js'),
        `import { createFilterPool } from './filters/filter-pool.js';
        const pool = createFilterPool({ workers: 1, timeoutMs: 300 });
        const body = Buffer.from('{"a":[1,"' + 'a'.repeat(40) + '"]}');
        for (const path of ['$.a[0]', '$.a[?match(@, "(a|a)*b")]', '$.a[?@<2]']) {
          const outcome = await pool.evaluate('rfc9535', path, body);
          console.log(outcome.kind, outcome.json?.toString() ?? '');
        }
        if (process.argv[2] === 'close') await pool.close();`,
      );
      const tsc = join(ROOT, 'node_modules/.bin/tsc');
      await run(tsc, ['-p', join(directory, 'tsconfig.json')]);
      // Idle threads must not keep a process alive that forgot to close the pool.
      for (const ending of ['close', 'forget']) {
        const main = await run(process.execPath, [join(directory, 'main.js'), ending], {
          timeout: 20_000,
        });
        assert.equal(main.stdout, 'matched [1]\ntimeout \nmatched [1]\n', main.stderr);
        assert.equal(main.stderr, '');
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
