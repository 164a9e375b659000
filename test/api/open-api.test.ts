import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../scripts/ensure/paths.mjs';
import { ROUTES } from '../../src/api/routes.js';
import { apiFixture } from './api-fixture.js';

describe('the document of the API', () => {
  const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
  const fixture = apiFixture({ version });
  after(() => fixture.close());

  it('is served as it is committed', async () => {
    const { ask } = await fixture.serve();
    const { status, text } = await ask('/v1/openapi.json', { token: null });
    assert.equal(status, 200);
    const committed = readFileSync(join(projectRoot, 'docs', 'openapi.json'), 'utf8');
    assert.deepEqual(JSON.parse(text), JSON.parse(committed), 'run npx tsx scripts/open-api.ts');
  });

  it('tells of every route, each under a name of its own', async () => {
    const { ask } = await fixture.serve();
    const { paths } = (await ask('/v1/openapi.json')).body;
    const told = Object.entries<Record<string, unknown>>(paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    assert.deepEqual(told.sort(), ROUTES.map(({ method, path }) => `${method} ${path}`).sort());
    assert.equal(new Set(ROUTES.map(({ name }) => name)).size, ROUTES.length);
  });
});
