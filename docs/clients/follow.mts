/**
 * A client of a node's API in TypeScript: reads the status, lists all requests, explains the newest
 * answered one, checks its evidence, and follows events until a request ends.
 *
 *   DODONA_URL=http://127.0.0.1:7411 DODONA_KEY=… npx tsx follow.mts
 *
 * The types come with the package: `dodona/types/api.js`.
 */
import { createHash } from 'node:crypto';
import type { Api, Problem, StreamEventsEvent } from 'dodona/types/api.js';

const url = process.env.DODONA_URL ?? 'http://127.0.0.1:7411';
// In the environment, as nobody else on the machine sees it there; never in a URL or an argument.
const key = process.env.DODONA_KEY ?? '';

/** A client that asks again for ever keeps a node from recovering. */
const MAX_ATTEMPTS = 5;
const MAX_PAGES = 1_000;
const ANSWER_MS = 30_000;

class ApiError extends Error {
  constructor(readonly problem: Problem) {
    super(`${problem.code}: ${problem.detail}`);
  }
}

type Get = Extract<keyof Api, `GET ${string}`>;
type Given<O extends Get> = { path?: Api[O]['path']; query?: Api[O]['query'] };

async function ask(target: URL, headers: Record<string, string> = {}, signal?: AbortSignal) {
  for (let attempt = 1; ; attempt++) {
    const options = { headers: { authorization: `Bearer ${key}`, ...headers } };
    const response = await fetch(target, { ...options, ...(signal ? { signal } : {}) });
    if (response.ok) return response;
    const problem = (await response.json()) as Problem;
    // 429 and 503 pass; the node says when to come back.
    const passes = response.status === 429 || response.status === 503;
    if (!passes || attempt === MAX_ATTEMPTS) throw new ApiError(problem);
    const seconds = Number(response.headers.get('retry-after') ?? '1');
    await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  }
}

async function get<O extends Get>(operation: O, given: Given<O> = {}): Promise<Api[O]['answer']> {
  const path = operation.replace('GET ', '').replace(/\{(\w+)\}/g, (_, name: string) => {
    const values = (given.path ?? {}) as Record<string, string>;
    return encodeURIComponent(values[name] ?? '');
  });
  const target = new URL(path, url);
  for (const [name, value] of Object.entries(given.query ?? {})) {
    target.searchParams.set(name, String(value));
  }
  const response = await ask(target, {}, AbortSignal.timeout(ANSWER_MS));
  return (await response.json()) as Api[O]['answer'];
}

/** All of a list: a page may be empty and still have a next one. */
async function* allRequests() {
  let cursor: string | undefined;
  for (let page = 1; page <= MAX_PAGES; page++) {
    const query = { limit: 2, ...(cursor === undefined ? {} : { cursor }) };
    const { items, next } = await get('GET /v1/requests', { query });
    yield* items;
    if (next === null) return;
    cursor = next;
  }
}

/** The hash of a bundle binds all of it, and names the bodies, which must have the hashes named. */
function checkEvidence({ hash, bundle, bodies }: Api['GET /v1/requests/{id}/evidence']['answer']) {
  const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex');
  if (sha256(JSON.stringify(bundle)) !== hash) throw new Error('the bundle has another hash');
  for (const [name, body] of Object.entries(bodies)) {
    const bytes = 'text' in body ? Buffer.from(body.text) : Buffer.from(body.base64, 'base64');
    if (sha256(bytes) !== name) throw new Error(`the body ${name} has another hash`);
  }
  return Object.keys(bodies).length;
}

/** Server-sent events. After a lost connection the node sends what was missed, or says `gap`. */
async function* events(): AsyncGenerator<StreamEventsEvent> {
  let lastId: string | undefined;
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const headers = lastId === undefined ? {} : { 'last-event-id': lastId };
    const { body } = await ask(new URL('/v1/events', url), headers);
    console.log('listening');
    let text = '';
    for await (const part of (body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
      const blocks = (text + part).split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        lastId = /^id: (.*)$/m.exec(block)?.[1] ?? lastId;
        const data = /^data: (.*)$/m.exec(block)?.[1];
        if (data !== undefined) yield JSON.parse(data) as StreamEventsEvent;
      }
    }
  }
}

const { version, network, isReady, reasons } = await get('GET /v1/status');
const state = isReady ? 'ready' : `not ready: ${reasons.join(', ')}`;
console.log(`dodona ${version} at block ${network.processed}, ${state}`);

let newest: string | undefined;
for await (const { id, kind, state, codeName } of allRequests()) {
  console.log(`request ${id}: ${kind}, ${state}${codeName === null ? '' : `, ${codeName}`}`);
  if (newest === undefined && state === 'answered') newest = id;
}
if (newest !== undefined) {
  const { steps } = await get('GET /v1/requests/{id}', { path: { id: newest } });
  for (const { at, what } of steps) console.log(`  ${at} ${what}`);
  const evidence = await get('GET /v1/requests/{id}/evidence', { path: { id: newest } });
  console.log(`evidence of request ${newest}: ${checkEvidence(evidence)} bodies, as hashed`);
}
for await (const event of events()) {
  if (event.event !== 'request') continue;
  console.log(`request ${event.id} is ${event.state}`);
  if (event.state === 'answered' || event.state === 'expired') break;
}
