import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { responseCodeName } from '../../src/base/outcome.js';
import { projectRoot } from '../ensure/paths.mjs';
import { code, markdownTable } from './markdown.js';

interface Parameter {
  readonly name: string;
  readonly type: string;
}

interface Limit {
  readonly value: number;
  readonly comment: string;
}

/** What these tables read of contracts/build/gateway.abi.json. */
export interface GatewayAbi {
  readonly methods: readonly {
    readonly name: string;
    readonly safe: boolean;
    readonly parameters: readonly Parameter[];
    readonly returns: string;
    readonly shape?: string;
  }[];
  readonly events: readonly { readonly name: string; readonly parameters: readonly Parameter[] }[];
  readonly limits: Readonly<Record<string, Limit | string>>;
  readonly firstPolicy: Readonly<Record<string, Limit | number>>;
  readonly codes: Readonly<Record<string, number>>;
  /** Messages by the file of the source that they are in. */
  readonly refusals: Readonly<Record<string, readonly string[]>>;
  readonly rehearsals: readonly string[];
}

export const readAbi = (): GatewayAbi =>
  JSON.parse(readFileSync(join(projectRoot, 'contracts', 'build', 'gateway.abi.json'), 'utf8'));

/** Every event with its fields, in order. */
export function eventTable(): string {
  const rows = readAbi().events.map(({ name, parameters }) => [
    code(name),
    parameters.map((field) => code(field.name)).join(', ') || 'nothing',
  ]);
  return markdownTable(['event', 'fields'], rows);
}

/** Methods that change nothing and what they return. */
export function readsTable(): string {
  const rows = readAbi()
    .methods.filter(({ safe }) => safe)
    .map(({ name, parameters, returns, shape }) => [
      code(`${name}(${parameters.map((parameter) => parameter.name).join(', ')})`),
      shape === undefined ? returns : shape.startsWith('[') ? shape : `${returns}; ${shape}`,
    ]);
  return markdownTable(['method', 'returns'], rows);
}

export function limitTable(): string {
  const rows = Object.values(readAbi().limits).flatMap((limit) =>
    typeof limit === 'string' ? [] : [[String(limit.value), limit.comment]],
  );
  return markdownTable(['limit', 'of'], rows);
}

export function codeTable(): string {
  const rows = Object.values(readAbi().codes).map((value) => [
    `0x${value.toString(16).padStart(2, '0')}`,
    String(value),
    responseCodeName(value),
  ]);
  return markdownTable(['code', 'decimal', 'name'], rows);
}

/** All refusals of one file of the gateway's source. */
export function refusalTable(area: string): string {
  const messages = readAbi().refusals[`${area}.go`];
  if (messages === undefined) throw new Error(`the gateway has no ${area}.go with refusals`);
  return messages.map((message) => `- ${code(message)}`).join('\n');
}
