import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestByTls } from 'node:https';
import type { PeerCertificate } from 'node:tls';
import type { Wire } from '../api/json-text.js';
import type { NodeStatus } from '../api/node-status.js';
import type { RequestPage } from '../api/request-page.js';
import { type RuntimeInfo, readRuntimeFile } from '../api/runtime-file.js';
import { messageOf, NodeError } from '../base/node-error.js';
import type { NodeConfig } from '../config/node-config.js';
import type { RequestExplanation, RequestQuery } from '../requests/request-view.js';
import type { NodeView } from './node-view.js';

/** A living node answers within milliseconds. */
const HEALTH_TIMEOUT_MS = 2_000;
const ANSWER_TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/** What signs a browser in to the console once. */
export interface NewConsoleLink {
  /** Of the node. */
  readonly url: string;
  readonly code: string;
  readonly expiresAt: string;
}

interface NodeInfo extends RuntimeInfo {
  /** Of the node, where it speaks TLS. */
  readonly certFile: string | null;
}

export type FoundNode =
  | {
      readonly kind: 'running';
      readonly pid: number;
      readonly view: NodeView;
      newConsoleLink(): Promise<NewConsoleLink>;
    }
  /** Nobody runs, or nobody answers; `why` says which. */
  | { readonly kind: 'unreachable'; readonly why: string };

/** Looks for the node that works on a storage directory, by the file that it left there. */
export async function findRunningNode({
  storage,
  api: { tls },
}: Pick<NodeConfig, 'storage' | 'api'>): Promise<FoundNode> {
  const found = readRuntimeFile(storage.dir);
  const info = found === null ? null : { ...found, certFile: tls?.certFile ?? null };
  if (info === null) return unreachable('no node runs');
  if (!isAlive(info.pid)) {
    return unreachable(`no node runs (the last one, process ${info.pid}, ended without a word)`);
  }
  try {
    const health = (await askJson(info, '/healthz', HEALTH_TIMEOUT_MS)) as { instance?: unknown };
    if (health.instance === info.instance) {
      const newConsoleLink = async (): Promise<NewConsoleLink> => {
        const link = await askJson(info, '/console/links', ANSWER_TIMEOUT_MS, 'POST');
        return { ...(link as Omit<NewConsoleLink, 'url'>), url: info.url };
      };
      return { kind: 'running', pid: info.pid, view: viewOf(info), newConsoleLink };
    }
    return unreachable(`no node runs (something else answers at ${info.url} by now)`);
  } catch (error) {
    return unreachable(`process ${info.pid} does not answer at ${info.url} (${messageOf(error)})`);
  }
}

const unreachable = (why: string): FoundNode => ({ kind: 'unreachable', why });

function viewOf(info: NodeInfo): NodeView {
  const get = (path: string): Promise<unknown> => askJson(info, path, ANSWER_TIMEOUT_MS);
  return {
    status: async () => (await get('/local/status')) as Wire<NodeStatus>,
    requests: async (query) =>
      (await get(`/local/requests?${queryText(query)}`)) as Wire<RequestPage>,
    async explain(id) {
      try {
        return (await get(`/local/requests/${id}`)) as Wire<RequestExplanation>;
      } catch (error) {
        if (error instanceof NodeError && error.code === 'NO_SUCH_REQUEST') return null;
        throw error;
      }
    },
  };
}

function queryText({ state, kind, requester, beforeId, limit }: RequestQuery): string {
  const parameters = new URLSearchParams();
  const texts = { state, kind, requester, cursor: beforeId, limit };
  for (const [name, value] of Object.entries(texts)) {
    if (value !== undefined) parameters.set(name, String(value));
  }
  return parameters.toString();
}

/** Throws a NodeError: the code in the node's own answer, or NODE_BUSY when there is none. */
async function askJson(
  info: NodeInfo,
  path: string,
  timeoutMs: number,
  method: 'GET' | 'POST' = 'GET',
): Promise<unknown> {
  let body: unknown;
  let ok: boolean;
  try {
    const answer = await ask(info, path, timeoutMs, method);
    ok = answer.status >= 200 && answer.status < 300;
    body = JSON.parse(answer.text);
  } catch (cause) {
    throw busy(info, messageOf(cause), cause);
  }
  if (ok) return body;
  const problem = body as { code?: unknown; detail?: unknown } | null;
  if (typeof problem?.code !== 'string') throw busy(info, 'it answers nonsense', null);
  throw new NodeError(problem.code, String(problem.detail), {
    retryable: problem.code !== 'BAD_QUERY' && problem.code !== 'NO_SUCH_REQUEST',
  });
}

/** Asks by HTTP, or by HTTPS whoever has the certificate that is configured. */
function ask(
  { url, token, certFile }: NodeInfo,
  path: string,
  timeoutMs: number,
  method: 'GET' | 'POST',
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const target = new URL(path, url);
    const options = {
      method,
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(timeoutMs),
      agent: false,
    };
    const onAnswer = async (answer: IncomingMessage): Promise<void> => {
      const chunks: Buffer[] = [];
      let size = 0;
      for await (const chunk of answer) {
        size += chunk.length;
        if (size > MAX_ANSWER_BYTES) {
          throw new RangeError(`its answer has more than ${MAX_ANSWER_BYTES} bytes`);
        }
        chunks.push(chunk);
      }
      resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') });
    };
    const take = (answer: IncomingMessage): void => void onAnswer(answer).catch(reject);
    const request =
      target.protocol === 'https:'
        ? requestByTls(target, { ...options, ...pinned(certFile) }, take)
        : requestPlain(target, options, take);
    request.on('error', reject).end();
  });
}

/**
 * Talks to whoever has the first certificate in the file and to nobody else, whatever names that is
 * for. The others are between it and the root: what else they signed counts for nothing.
 */
function pinned(certFile: string | null) {
  if (certFile === null) return {};
  const ca = readFileSync(certFile);
  const pin = new X509Certificate(ca).fingerprint256;
  const checkServerIdentity = (_host: string, { fingerprint256 }: PeerCertificate) =>
    fingerprint256 === pin
      ? undefined
      : new Error('its certificate is not the one of api.tls.certFile');
  return { ca, allowPartialTrustChain: true, checkServerIdentity };
}

const busy = (info: NodeInfo, why: string, cause: unknown): NodeError =>
  new NodeError('NODE_BUSY', `the node (process ${info.pid}) did not answer: ${why}`, {
    retryable: true,
    cause: cause ?? undefined,
    hint: 'look at its log; try again in a moment',
  });

/** Signal 0 asks only whether the process is there; EPERM says that it is, but another user's. */
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM';
  }
}
