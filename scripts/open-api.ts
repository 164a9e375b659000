/**
 * Writes docs/openapi.json, the document of the API that the node serves at /v1/openapi.json.
 *
 *   npx tsx scripts/open-api.ts              write it
 *   npx tsx scripts/open-api.ts --check      fail if it is not what the code says
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openApiDocument } from '../src/api/open-api.js';
import { ROUTES } from '../src/api/routes.js';
import { projectRoot } from './ensure/paths.mjs';

const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
const file = join(projectRoot, 'docs', 'openapi.json');
const text = `${JSON.stringify(openApiDocument(ROUTES, version), null, 2)}\n`;
if (process.argv[2] !== '--check') {
  writeFileSync(file, text);
} else if (readFileSync(file, 'utf8') !== text) {
  process.stderr.write(
    'docs/openapi.json is not what the code says: npx tsx scripts/open-api.ts\n',
  );
  process.exitCode = 1;
}
