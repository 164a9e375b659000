import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { apiTypes } from '../../scripts/api-types/api-types.js';
import { type Schema, schemaType } from '../../scripts/api-types/schema-type.js';
import { projectRoot } from '../../scripts/ensure/paths.mjs';

const read = (path: string): string => readFileSync(join(projectRoot, path), 'utf8');
const oneLine = (schema: Schema): string => schemaType(schema).replace(/\s+/g, ' ');

describe('the types of the API', () => {
  it('are those of docs/openapi.json', () => {
    const current = apiTypes(JSON.parse(read('docs/openapi.json')));
    const isCurrent = read('types/api.d.ts') === current;
    assert.equal(isCurrent, true, 'run npx tsx scripts/open-api.ts');
  });

  it('have what may be left out, may be null, or is one of several', () => {
    const schema = {
      type: 'object',
      properties: {
        id: { type: 'string', pattern: '^\\d+$', description: 'the */ id' },
        code: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
        kinds: { type: 'array', items: { enum: ['a', 'b'] } },
        'x-y': { const: 1 },
        rest: { type: 'object', additionalProperties: { $ref: '#/components/schemas/Other' } },
        any: {},
      },
      required: ['id', 'code'],
    };
    assert.equal(
      oneLine(schema),
      '{ /** the * / id */ id: string; code: number | null; kinds?: ("a" | "b")[]; "x-y"?: 1; ' +
        'rest?: { [name: string]: Other }; any?: unknown; }',
    );
  });

  it('are not made of what they would not tell', () => {
    assert.throws(() => schemaType({ allOf: [] } as Schema), /a schema has "allOf", which has no/);
    assert.throws(() => schemaType({ type: 'date' }), /a schema has the type "date"/);
  });

  it('tell of an operation what it takes and answers', () => {
    const types = apiTypes({
      components: { schemas: { Thing: { type: 'string' } } },
      paths: {
        '/v1/things/{id}': {
          put: {
            summary: 'Changes a thing',
            parameters: [
              { name: 'id', in: 'path', required: true, schema: { type: 'string' } },
              { name: 'dry', in: 'query', schema: { type: 'boolean' } },
            ],
            requestBody: { content: { 'application/json': { schema: { type: 'integer' } } } },
            responses: {
              '400': {},
              '200': {
                content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } },
              },
            },
          },
        },
      },
    });
    assert.match(types, /^export type Thing = string;$/m);
    const operation = types.slice(types.indexOf('"PUT')).replace(/\s+/g, ' ');
    assert.equal(
      operation,
      '"PUT /v1/things/{id}": { path: { id: string; }; query: { dry?: boolean; }; ' +
        'body: number; answer: Thing; }; } ',
    );
  });
});
