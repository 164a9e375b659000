/**
 * Writes what is made from the code in config/monitoring: alert rules and dashboards.
 *
 *   npx tsx scripts/monitoring.ts            write them
 *   npx tsx scripts/monitoring.ts --check    fail if one is not what the code says
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from './ensure/paths.mjs';
import { monitoringFiles } from './monitoring/files.js';

const [flag] = process.argv.slice(2);
if (flag !== undefined && flag !== '--check') {
  process.stderr.write('monitoring: expected nothing or --check\n');
  process.exit(1);
}
for (const [path, content] of monitoringFiles()) {
  const file = join(projectRoot, path);
  if (flag === undefined) writeFileSync(file, content);
  else if (readFileSync(file, 'utf8') !== content) {
    process.stderr.write(`${path} is not what the code says: run npx tsx scripts/monitoring.ts\n`);
    process.exitCode = 1;
  }
}
