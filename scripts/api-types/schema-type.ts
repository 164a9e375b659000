/** What the schemas of docs/openapi.json are made of (JSON Schema 2020-12, as zod writes it). */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
}

/** Keywords that say more than a type can: bounds, forms, and what is for people. */
const BEYOND_TYPES =
  /^(?:\$schema|default|description|examples|format|max\w*|min\w*|pattern|propertyNames|title|id)$/;
const OF_TYPES =
  /^(?:\$ref|type|const|enum|anyOf|oneOf|items|properties|required|additionalProperties)$/;

const SIMPLE: Readonly<Record<string, string>> = {
  string: 'string',
  integer: 'number',
  number: 'number',
  boolean: 'boolean',
  null: 'null',
};

/**
 * The TypeScript type of a schema; objects go over several lines, indented. Throws for a keyword
 * that it does not know, since a type that leaves something out would be wrong without a sign.
 */
export function schemaType(schema: Schema, indent = ''): string {
  const unknown = Object.keys(schema).find((key) => !OF_TYPES.test(key) && !BEYOND_TYPES.test(key));
  if (unknown !== undefined) throw new Error(`a schema has "${unknown}", which has no type yet`);
  if (schema.$ref !== undefined) return refName(schema.$ref);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return union(schema.enum.map((value) => JSON.stringify(value)));
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return union(choices.map((choice) => schemaType(choice, indent)));
  if (schema.type === 'array') return `${grouped(schemaType(schema.items ?? {}, indent))}[]`;
  if (schema.type === 'object') return objectType(schema, indent);
  if (schema.type === undefined) return 'unknown';
  const types = typeof schema.type === 'string' ? [schema.type] : schema.type;
  return union(
    types.map((type) => {
      const known = SIMPLE[type];
      if (known === undefined) throw new Error(`a schema has the type "${type}"`);
      return known;
    }),
  );
}

function objectType(schema: Schema, indent: string): string {
  const { properties = {}, required = [], additionalProperties } = schema;
  const inner = `${indent}  `;
  const lines = Object.entries(properties).flatMap(([name, property]) => {
    const mark = required.includes(name) ? '' : '?';
    const key = /^[a-zA-Z_]\w*$/.test(name) ? name : JSON.stringify(name);
    return [
      ...commentOf(property, inner),
      `${inner}${key}${mark}: ${schemaType(property, inner)};`,
    ];
  });
  if (lines.length > 0) return `{\n${lines.join('\n')}\n${indent}}`;
  const rest = typeof additionalProperties === 'object' ? additionalProperties : {};
  return `{ [name: string]: ${schemaType(rest, indent)} }`;
}

/** The words of a schema; where it may be null too, those of what it is otherwise. */
export function commentOf({ description, anyOf = [] }: Schema, indent: string): string[] {
  const words = description ?? anyOf.find((choice) => choice.description)?.description;
  return words === undefined ? [] : [`${indent}/** ${words.replaceAll('*/', '* /')} */`];
}

const refName = (ref: string): string => ref.replace('#/components/schemas/', '');

const union = (types: readonly string[]): string => [...new Set(types)].join(' | ');

const grouped = (type: string): string => (/^[^{]* \| /.test(type) ? `(${type})` : type);
