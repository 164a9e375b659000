/**
 * Writes docs/openapi.json, the document of the API that the node serves at /v1/openapi.json, and
 * types/api.d.ts, its types for clients.
 *
 *   npx tsx scripts/open-api.ts              write them
 *   npx tsx scripts/open-api.ts --check      fail if they are not what the code says
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openApiDocument } from '../src/api/open-api.js';
import { ROUTES } from '../src/api/routes.js';
import { apiTypes, type OpenApiDocument } from './api-types/api-types.js';
import { projectRoot } from './ensure/paths.mjs';

const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
const text = `${JSON.stringify(openApiDocument(ROUTES, version), null, 2)}\n`;
const files: readonly (readonly [path: string, text: string])[] = [
  ['docs/openapi.json', text],
  ['types/api.d.ts', apiTypes(JSON.parse(text) as OpenApiDocument)],
];
for (const [path, wanted] of files) {
  const file = join(projectRoot, path);
  if (process.argv[2] !== '--check') {
    writeFileSync(file, wanted);
  } else if (!existsSync(file) || readFileSync(file, 'utf8') !== wanted) {
    process.stderr.write(`${path} is not what the code says: npx tsx scripts/open-api.ts\n`);
    process.exitCode = 1;
  }
}
