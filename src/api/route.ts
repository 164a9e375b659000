import type { z } from 'zod';
import type { Hash160 } from '../base/hash.js';
import type { Access, Caller } from './access.js';
import type { ApiSources } from './api-sources.js';
import type { ProblemCode } from './problem.js';

/** A schema of texts that are read into something else. */
type Reads = z.ZodType;
type Read<S> = S extends z.ZodType ? z.output<S> : Record<string, never>;

/** What a handler is given. */
export interface Asked<P, Q, B> {
  readonly sources: ApiSources;
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly caller: Caller;
  /** Only what is this account's may be shown; null: everybody's. */
  readonly only: Hash160 | null;
  /** Who stands in the audit log for what is changed. */
  readonly actor: string;
  /** What the caller asked by: scheme and host. */
  readonly origin: string;
  /** What the caller sent to be known by; null: nothing. */
  readonly token: string | null;
  readonly nowMs: number;
  /** Aborted when the answer is given up. */
  readonly signal: AbortSignal;
}

export interface RouteText {
  /** Unique; camelCase, as clients call it. */
  readonly name: string;
  /** One line. */
  readonly summary: string;
  /** More, where the line doesn't say it all. */
  readonly description?: string;
  /** What it belongs to in the document. */
  readonly group: string;
}

interface RouteShape extends RouteText {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** With its parameters in braces: `/v1/requests/{id}`. */
  readonly path: string;
  readonly access: Access;
  readonly params?: Reads;
  readonly query?: Reads;
  readonly body?: Reads;
  /** Refusals of this route beside those that any of its kind may give. */
  readonly problems: readonly ProblemCode[];
  /** Asks nobody, so it cannot fail. */
  readonly isSelfContained?: boolean;
}

/** A route that answers with one JSON text. */
export interface JsonRoute extends RouteShape {
  readonly kind: 'json';
  /** 204: nothing is answered. */
  readonly status: 200 | 201 | 204;
  readonly answer: z.ZodType;
  readonly handle: (asked: Asked<never, never, never>) => unknown;
}

/** A route that goes on answering: server-sent events. */
export interface StreamRoute extends RouteShape {
  readonly kind: 'stream';
  /** Of the data of one event. */
  readonly answer: z.ZodType;
}

export type Route = JsonRoute | StreamRoute;

/** Makes a route whose handler is held to its schemas by the compiler. */
export function jsonRoute<
  A extends z.ZodType,
  P extends Reads | undefined = undefined,
  Q extends Reads | undefined = undefined,
  B extends Reads | undefined = undefined,
>(
  route: Omit<RouteShape, 'params' | 'query' | 'body'> & {
    readonly params?: P;
    readonly query?: Q;
    readonly body?: B;
    readonly status?: 200 | 201 | 204;
    readonly answer: A;
    readonly handle: (asked: Asked<Read<P>, Read<Q>, Read<B>>) => z.input<A> | Promise<z.input<A>>;
  },
): JsonRoute {
  return { kind: 'json', status: 200, ...route } as unknown as JsonRoute;
}
