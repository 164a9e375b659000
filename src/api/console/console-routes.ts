import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Caller } from '../access.js';
import type { Gate } from '../gate.js';
import { Refusal } from '../problem.js';
import { readGiven } from '../read-given.js';
import type { ConsoleAccess } from './console-access.js';
import type { PageFile } from './page-files.js';
import { cookieHeader, isForeignPage, tokenOf } from './session-cookie.js';

export interface ConsoleParts {
  readonly access: ConsoleAccess;
  /** Of the page, by name. */
  readonly files: ReadonlyMap<string, PageFile>;
}

/** Nothing but the page's own files, no text of a page that is run, and nobody's frame. */
const CONTENT_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "font-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const PAGE = 'index.html';
const MAX_CODE_CHARS = 200;
const signInBody = z.strictObject({ code: z.string().min(1).max(MAX_CODE_CHARS) });

/** The console page, and the way into it: a link that the command line asks for, then a session. */
export function addConsoleRoutes(
  app: FastifyInstance,
  { access, files, gate }: ConsoleParts & { readonly gate: Gate },
): void {
  const read = ['GET', 'HEAD'];
  const page = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
    sendFile(PAGE, files, request, reply);
  app.route({ method: read, url: '/', handler: async (_, reply) => reply.redirect('/console') });
  app.route({ method: read, url: '/console', handler: page });
  app.route({
    method: read,
    url: '/console/:file',
    handler: async (request, reply) =>
      sendFile((request.params as { file: string }).file, files, request, reply),
  });
  app.route({
    method: 'POST',
    url: '/console/links',
    onRequest: async (request, reply) => gate.admit(request, reply, { kind: 'local' }),
    async handler(_request, reply) {
      const { code, expiresMs } = access.newLink();
      return reply.code(201).send({ code, expiresAt: new Date(expiresMs).toISOString() });
    },
  });
  app.route({
    method: 'POST',
    url: '/console/session',
    onRequest: async (request) => refuseForeignPage(request),
    async handler(request, reply) {
      const { code } = readGiven(signInBody, request.body, 'BAD_BODY') as { code: string };
      const session = access.signIn(code);
      if (session === null) {
        gate.failed(request);
        throw new Refusal('BAD_CREDENTIALS', LINK_USED);
      }
      const seconds = Math.floor(session.lifetimeMs / 1_000);
      const cookie = cookieHeader(session.token, seconds, request.protocol);
      return reply.header('set-cookie', cookie).code(204).send();
    },
  });
  app.route({
    method: 'DELETE',
    url: '/console/session',
    async onRequest(request, reply) {
      refuseForeignPage(request);
      gate.admit(request, reply, { kind: 'open' });
    },
    async handler(request, reply) {
      const token = tokenOf(request.headers.cookie);
      // Whoever is not signed in makes the database write nothing.
      if (token !== null && access.isSignedIn(token)) access.signOut(token);
      return reply
        .header('set-cookie', cookieHeader('', 0, request.protocol))
        .code(204)
        .send();
    },
  });
}

const LINK_USED = 'this link was used already, or is too old: run dodona console for another one';

/** Who asks by the cookie of the console: it may read. Null without one that is good. */
export function consoleCaller({ access }: ConsoleParts, request: FastifyRequest): Caller | null {
  const isReading = request.method === 'GET' || request.method === 'HEAD';
  if (!isReading || isForeignPage(request.headers['sec-fetch-site'])) return null;
  const token = tokenOf(request.headers.cookie);
  if (token === null || !access.isSignedIn(token)) return null;
  return { kind: 'key', id: 'console', scopes: ['read'] };
}

function refuseForeignPage(request: FastifyRequest): void {
  if (!isForeignPage(request.headers['sec-fetch-site'])) return;
  throw new Refusal('NOT_ALLOWED', 'a page of another site asks; open the console itself');
}

function sendFile(
  name: string,
  files: ReadonlyMap<string, PageFile>,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const file = files.get(name);
  if (file === undefined) {
    const hint = files.size === 0 ? '; npm run build makes the page' : '';
    throw new Refusal('NOT_FOUND', `the console has no such file${hint}`);
  }
  const { type, body, etag } = file;
  // A browser may keep it, but asks each time whether it is still the same.
  reply.headers({
    'content-security-policy': CONTENT_POLICY,
    'cache-control': 'private, no-cache',
    etag,
  });
  if (request.headers['if-none-match'] === etag) return reply.code(304).send();
  return reply.type(type).send(body);
}
