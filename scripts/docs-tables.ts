/**
 * Fills the tables of docs/ that are made from the code, between `<!-- table: NAME -->` and
 * `<!-- end of table -->`.
 *
 *   npx tsx scripts/docs-tables.ts              write them
 *   npx tsx scripts/docs-tables.ts --check      fail if one is not what the code says
 *   node scripts/run.mjs scripts/docs-tables.ts --measure
 *                                               measure costs on devnets, and write all
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withTables } from './docs-tables/markdown.js';
import { PAGES, pageTables } from './docs-tables/page-tables.js';
import { projectRoot } from './ensure/paths.mjs';

const [flag] = process.argv.slice(2);
if (flag !== undefined && flag !== '--check' && flag !== '--measure') {
  process.stderr.write('docs-tables: expected nothing, --check or --measure\n');
  process.exit(1);
}
const tables = await pageTables({ measures: flag === '--measure' });
for (const page of PAGES) {
  const file = join(projectRoot, page);
  const text = readFileSync(file, 'utf8');
  const filled = withTables(text, (name, present) => tables(name) ?? present);
  if (filled === text) continue;
  if (flag === '--check') {
    process.stderr.write(`${page}: a table is not what the code says\n`);
    process.stderr.write('docs-tables: run `npx tsx scripts/docs-tables.ts`, then commit.\n');
    process.exitCode = 1;
  } else {
    writeFileSync(file, filled);
    process.stdout.write(`${page}: tables written\n`);
  }
}
