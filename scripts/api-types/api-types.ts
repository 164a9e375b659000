import { commentOf, type Schema, schemaType } from './schema-type.js';

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
}
interface Operation {
  readonly summary?: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly description?: string;
    readonly schema: Schema;
  }[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content>>;
}

/** What this reads of docs/openapi.json. */
export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** Types for clients of the API: each shape by its name, and each operation by method and path. */
export function apiTypes({ paths, components }: OpenApiDocument): string {
  const shapes = Object.entries(components.schemas).flatMap(([name, schema]) => [
    '',
    ...commentOf(schema, ''),
    `export type ${name} = ${schemaType(schema)};`,
  ]);
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]) =>
      operationLines(`${method.toUpperCase()} ${path}`, operation),
    ),
  );
  return [
    '// Generated from docs/openapi.json by `npx tsx scripts/open-api.ts`. DO NOT EDIT.',
    ...shapes,
    '',
    '/** Every operation: what it takes in path, query and body, and what it answers. */',
    'export interface Api {',
    ...operations,
    '}',
    '',
  ].join('\n');
}

function operationLines(name: string, operation: Operation): string[] {
  const { summary, parameters = [], requestBody, responses } = operation;
  const given = (place: string): string => {
    const here = parameters.filter((parameter) => parameter.in === place);
    const properties = here.map(({ name: key, description, schema }) => [
      key,
      { ...schema, ...(description === undefined ? {} : { description }) },
    ]);
    const required = here.filter((parameter) => parameter.required).map(({ name: key }) => key);
    if (here.length === 0) return 'Record<never, never>';
    return schemaType(
      { type: 'object', properties: Object.fromEntries(properties), required },
      '    ',
    );
  };
  const [, success] = Object.entries(responses).find(([status]) => /^2/.test(status)) ?? [];
  return [
    ...commentOf(summary === undefined ? {} : { description: summary }, '  '),
    `  ${JSON.stringify(name)}: {`,
    `    path: ${given('path')};`,
    `    query: ${given('query')};`,
    `    body: ${bodyType(requestBody, 'undefined')};`,
    `    answer: ${bodyType(success, 'undefined')};`,
    '  };',
  ];
}

function bodyType(body: Content | undefined, none: string): string {
  const [first] = Object.values(body?.content ?? {});
  return first === undefined ? none : schemaType(first.schema, '    ');
}
