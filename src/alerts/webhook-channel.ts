import { createHmac } from 'node:crypto';
import type { Clock } from '../base/clock.js';
import type { FetchFailure } from '../net/fetch-result.js';
import type { GuardedFetch } from '../net/guarded-fetch.js';
import type { AlertMessage } from './alert-message.js';

/** Where messages go. */
export interface AlertChannel {
  readonly name: 'webhook' | 'command';
  /** Resolves to null when it is delivered, else to why it is not. Never rejects. */
  deliver(message: AlertMessage, signal: AbortSignal): Promise<string | null>;
}

/** Tries in all, and the waits between them. */
const WAITS_MS = [1_000, 5_000, 20_000];
/** Failures that say nothing about the next time. */
const PASSING: ReadonlySet<FetchFailure> = new Set([
  ...(['dns', 'connect', 'tls', 'timeout', 'interrupted'] as const),
]);
/** What may pass: too many requests, and trouble of the receiver. */
const mayPass = (status: number): boolean => status === 408 || status === 429 || status >= 500;

/**
 * POSTs messages as JSON. With a secret the header `dodona-signature` is `t=<ms>,v1=<hex>`: the
 * HMAC-SHA256 of `<ms>.<body>`, so that the receiver knows who sent it and when. Redirects are not
 * followed.
 */
export function createWebhookChannel(options: {
  readonly url: string;
  /** Null: messages are not signed. */
  readonly readSecret: (() => string) | null;
  readonly fetch: GuardedFetch;
  readonly clock: Clock;
  readonly waitsMs?: readonly number[];
}): AlertChannel {
  const { url, readSecret, fetch, clock, waitsMs = WAITS_MS } = options;

  async function attempt(message: AlertMessage, signal: AbortSignal) {
    const body = JSON.stringify(message);
    const headers = {
      'content-type': 'application/json',
      ...(readSecret === null
        ? {}
        : { 'dodona-signature': signatureOf(body, readSecret(), clock.nowMs()) }),
    };
    const result = await fetch.fetch(
      {
        ...{ url, method: 'POST', headers, body: Buffer.from(body) },
        redirects: { max: 0, on: 'status', relative: 'follow' },
        wantsBody: () => false,
      },
      signal,
    );
    if (result.kind === 'failed')
      return { why: result.reason, mayPass: PASSING.has(result.failure) };
    const { status } = result;
    if (status >= 200 && status < 300) return null;
    return { why: `it answered with status ${status}`, mayPass: mayPass(status) };
  }

  return {
    name: 'webhook',
    async deliver(message, signal) {
      for (let tried = 0; ; tried++) {
        const failed = await attempt(message, signal).catch((error: Error) => ({
          ...{ why: error.message, mayPass: false },
        }));
        if (failed === null) return null;
        const waitMs = waitsMs[tried];
        if (signal.aborted || !failed.mayPass || waitMs === undefined) {
          return `${failed.why} (tried ${tried + 1} times)`;
        }
        await clock.sleep(waitMs, signal).catch(() => {});
      }
    },
  };
}

/** The signature of a body at a time. */
export function signatureOf(body: string, secret: string, atMs: number): string {
  const at = Math.round(atMs);
  const digest = createHmac('sha256', secret).update(`${at}.${body}`).digest('hex');
  return `t=${at},v1=${digest}`;
}
