import { type JsonRequest, type LocalEndpoint, startEndpoint } from '../../chain/local-endpoint.js';
import { forward } from '../../chain/lying-proxy.js';

export interface JsonAnswer {
  readonly id: number;
  result?: unknown;
  error?: { readonly code: number; readonly message: string };
}

/** What is made of an answer of the node. */
export type Change = (asked: JsonRequest, answer: JsonAnswer) => JsonAnswer;

/** A real HTTP server before a real node, which changes what that answers. */
export const startChangingProxy = (nodeUrl: string, change: Change): Promise<LocalEndpoint> =>
  startEndpoint(async (body, response) => {
    const asked = JSON.parse(body) as JsonRequest | JsonRequest[];
    const answered = JSON.parse(await forward(nodeUrl, body)) as JsonAnswer | JsonAnswer[];
    if (!Array.isArray(asked)) {
      return response.end(JSON.stringify(change(asked, answered as JsonAnswer)));
    }
    const byId = new Map((answered as JsonAnswer[]).map((answer) => [answer.id, answer]));
    const all = asked.map((one) => change(one, byId.get(one.id) as JsonAnswer));
    return response.end(JSON.stringify(all));
  });

/** As a node answers that does not have a call. */
export const withoutCalls =
  (...methods: string[]): Change =>
  (asked, answer) =>
    methods.includes(asked.method)
      ? { id: answer.id, error: { code: -32_601, message: 'Method not found' } }
      : answer;

/** With other figures in what the node tells of itself. */
export const withVersion =
  (change: { readonly userAgent?: string; readonly protocol?: object }): Change =>
  (asked, answer) => {
    if (asked.method !== 'getversion') return answer;
    const told = answer.result as { useragent: string; protocol: object };
    const useragent = change.userAgent ?? told.useragent;
    const protocol = { ...told.protocol, ...change.protocol };
    return { ...answer, result: { ...told, useragent, protocol } };
  };
