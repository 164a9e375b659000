import { z } from 'zod';
import { utf8Text } from '../base/bytes.js';
import { NodeError } from '../base/node-error.js';
import type { Fetching, FetchRecord } from '../evidence/record-fetch.js';
import type { FetchResult } from '../net/fetch-result.js';
import type { SentSecret } from '../net/request.js';
import { secretInResult } from '../vault/secret-traces.js';

/** A body is text, or base64 where it isn't UTF-8. */
const body = { body: z.string().optional(), bodyBase64: z.base64().optional() };

const fixture = z.strictObject({
  fetches: z.array(
    z.strictObject({
      request: z.strictObject({ method: z.string().default('GET'), url: z.string(), ...body }),
      response: z
        .strictObject({
          status: z.int().min(100).max(599).default(200),
          headers: z.record(z.string(), z.string()).default({}),
          ...body,
        })
        .optional(),
      /** In the place of a response: why there is none. */
      failed: z.string().optional(),
    }),
  ),
});

/** What sources say to a function that is run on its author's machine. */
export type FunctionFixture = z.infer<typeof fixture>;
type Entry = FunctionFixture['fetches'][number];

/** Reads a fixture's JSON text. Throws a NodeError BAD_FIXTURE that names the place. */
export function readFixture(text: string): FunctionFixture {
  const read = fixture.safeParse(jsonOf(text));
  if (!read.success) {
    const [issue] = read.error.issues;
    throw badFixture(`${issue?.path.join('.') || 'the file'}: ${issue?.message ?? 'malformed'}`);
  }
  const at = read.data.fetches.findIndex(
    ({ response, failed }) => (response === undefined) === (failed === undefined),
  );
  if (at < 0) return read.data;
  throw badFixture(`fetches.${at}: expected either a response or failed`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badFixture('it is no JSON');
  }
}

const badFixture = (what: string): NodeError =>
  new NodeError('BAD_FIXTURE', `the fixture cannot be used: ${what}`, {
    hint: 'expected {"fetches": [{"request": {"url": …}, "response": {"body": …}}]}',
  });

/**
 * Answers each fetch with the first entry of its method and URL (and body, where the entry names
 * one) that no fetch before it had; one without any fails.
 */
export function fixtureFetching({ fetches }: FunctionFixture): Fetching {
  const left = new Set(fetches);
  return {
    async fetch({ method = 'GET', url, body: sent }) {
      const found = [...left].find((entry) => isFor(entry, method, url, sent));
      if (found === undefined)
        return failure(`the fixture has no answer to ${method} ${url}, or no further one`);
      left.delete(found);
      const { response, failed = 'it failed' } = found;
      if (response === undefined) return failure(failed);
      const { status, headers } = response;
      const kept = { url, redirects: 0, address: 'fixture', reused: false } as const;
      return { kind: 'response', status, headers, body: bytesOf(response), ...kept };
    },
  };
}

type Body = Pick<Entry['request'], 'body' | 'bodyBase64'>;

const failure = (reason: string): FetchResult => ({
  kind: 'failed',
  failure: 'connect',
  reason,
  sent: false,
  redirects: 0,
});

function isFor({ request }: Entry, method: string, url: string, sent: Buffer | undefined): boolean {
  if (request.method.toUpperCase() !== method || request.url !== url) return false;
  const isAnyBody = request.body === undefined && request.bodyBase64 === undefined;
  return isAnyBody || bytesOf(request).equals(sent ?? Buffer.alloc(0));
}

const bytesOf = ({ body: text, bodyBase64 }: Body): Buffer =>
  bodyBase64 === undefined ? Buffer.from(text ?? '') : Buffer.from(bodyBase64, 'base64');

/** The fixture that answers as these fetches were answered, without secrets that were sent. */
export function fixtureOf(records: readonly FetchRecord[]): FunctionFixture {
  const fetches = records.flatMap(({ request, result }): Entry[] => {
    const { method = 'GET', url, secrets = [] } = request;
    const sent = request.body === undefined || secrets.length > 0 ? {} : textOf(request.body);
    const asked = { method, url, ...sent };
    if (result === null) return [];
    if (result.kind === 'failed') {
      return [withoutValues({ request: asked, failed: result.reason }, secrets)];
    }
    const { status, headers } = result;
    const response = { status, headers, ...textOf(result.body) };
    return [withoutValues({ request: asked, response }, secrets)];
  });
  return { fetches };
}

function withoutValues(entry: Entry, secrets: readonly SentSecret[]): Entry {
  const found = secretInResult(Buffer.from(JSON.stringify(entry)), secrets);
  if (found === null) return entry;
  const message = `no fixture is written: the secret ${found.name} is in a URL, or in an answer`;
  throw new NodeError('BAD_FIXTURE', message, {
    hint: 'use another value for the trial, or write the fixture yourself',
  });
}

function textOf(bytes: Buffer): { body: string } | { bodyBase64: string } {
  const text = utf8Text(bytes);
  return text === null ? { bodyBase64: bytes.toString('base64') } : { body: text };
}
