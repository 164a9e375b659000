/**
 * Writes types/api.d.ts, the types of the API for clients, out of docs/openapi.json.
 *
 *   npx tsx scripts/api-types.ts             write it
 *   npx tsx scripts/api-types.ts --check     fail if it is not what the document says
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { apiTypes } from './api-types/api-types.js';
import { projectRoot } from './ensure/paths.mjs';

const file = join(projectRoot, 'types', 'api.d.ts');
const document = JSON.parse(readFileSync(join(projectRoot, 'docs', 'openapi.json'), 'utf8'));
const text = apiTypes(document);
if (process.argv[2] !== '--check') {
  writeFileSync(file, text);
} else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
  process.stderr.write('types/api.d.ts is not current: npx tsx scripts/api-types.ts\n');
  process.exitCode = 1;
}
