import { z } from 'zod';
import type { Access } from './access.js';
import { documentedProblems } from './documented-problems.js';
import { PROBLEMS, type ProblemCode } from './problem.js';
import type { Route } from './route.js';
import { problemShape } from './shapes/problem-shape.js';

/** A JSON Schema, or another part of the document. */
type Part = Record<string, unknown>;

const ABOUT = `The API of a Dodona oracle node.

Amounts are datoshi (1 GAS is 100,000,000) as decimal texts, ids are texts, times are ISO 8601 in
UTC. Lists are pages: \`next\` is the \`cursor\` of the next one, null on the last. Errors are
problem documents (RFC 9457); programs go by their \`code\`.

Send credentials as \`Authorization: Bearer TOKEN\`: an API key, the token of a signed-in owner, or,
on the machine of the node, the token in node.json.`;

/** The document of these routes: OpenAPI 3.1, whose schemas are JSON Schema 2020-12. */
export function openApiDocument(routes: readonly Route[], version: string): Part {
  const paths: Record<string, Part> = {};
  for (const route of routes) {
    paths[route.path] = {
      ...paths[route.path],
      [route.method.toLowerCase()]: operationOf(route),
    };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Dodona', version, description: ABOUT, license: { name: 'MIT' } },
    servers: [{ url: '/' }],
    tags: [...new Set(routes.map(({ group }) => group))].map((name) => ({ name })),
    paths,
    components: {
      schemas: schemasOf(routes),
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    },
  };
}

/** The name of a route's answer: that of the route, as a type is written. */
const answerName = ({ name, kind }: Route): string =>
  `${name.charAt(0).toUpperCase()}${name.slice(1)}${kind === 'stream' ? 'Event' : 'Answer'}`;

function schemasOf(routes: readonly Route[]): Part {
  const named = routes.flatMap((route) =>
    isEmpty(route) ? [] : [[answerName(route), schemaOf(route.answer, 'output')] as const],
  );
  return { ...Object.fromEntries(named), Problem: schemaOf(problemShape, 'output') };
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Part {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, target: 'draft-2020-12' });
  return rest;
}

const isEmpty = (route: Route): boolean => route.kind === 'json' && route.status === 204;

function operationOf(route: Route): Part {
  const { name, summary, description, group, access, body } = route;
  return {
    operationId: name,
    tags: [group],
    summary,
    description: [description, accessText(access)].filter(Boolean).join('\n\n'),
    security: access.kind === 'open' ? [] : [{ token: [] }, ...(isPublicable(access) ? [{}] : [])],
    parameters: [...parametersOf(route, 'path'), ...parametersOf(route, 'query')],
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: schemaOf(body, 'input') } },
          },
        }),
    responses: responsesOf(route),
  };
}

const isPublicable = (access: Access): boolean =>
  access.kind === 'scope' && access.publicGroup !== undefined;

function accessText(access: Access): string {
  if (access.kind === 'open') return 'Open to everybody.';
  if (access.kind !== 'scope') return 'For whoever has credentials.';
  const { scope, publicGroup, owners } = access;
  return [
    `Needs the scope \`${scope}\`.`,
    ...(publicGroup === undefined ? [] : [`Open where \`api.public\` lists \`${publicGroup}\`.`]),
    ...(owners === 'own' ? ['Signed-in owners see what is theirs.'] : []),
    ...(owners === 'all' ? ['Open to signed-in owners.'] : []),
  ].join(' ');
}

function parametersOf(route: Route, place: 'path' | 'query'): Part[] {
  const schema = place === 'path' ? route.params : route.query;
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as {
    properties?: Record<string, Part>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema: rest,
  }));
}

function responsesOf(route: Route): Part {
  const type = route.kind === 'stream' ? 'text/event-stream' : 'application/json';
  const schema = { $ref: `#/components/schemas/${answerName(route)}` };
  const status = route.kind === 'stream' ? 200 : route.status;
  const done = isEmpty(route)
    ? { description: 'Done' }
    : { description: 'Done', content: { [type]: { schema } } };
  return { [status]: done, ...problemResponses(documentedProblems(route)) };
}

function problemResponses(codes: readonly ProblemCode[]): Part {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of [...codes].sort()) {
    const { status } = PROBLEMS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const answer = (status: number, ofStatus: readonly ProblemCode[]): [number, Part] => [
    status,
    {
      description: ofStatus.map((code) => `\`${code}\`: ${PROBLEMS[code].title}`).join('. '),
      content: {
        'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
      },
      'x-codes': ofStatus,
    },
  ];
  return Object.fromEntries(
    [...byStatus].sort(([a], [b]) => a - b).map(([status, codes]) => answer(status, codes)),
  );
}
