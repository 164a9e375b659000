import { STOP_TIMEOUT_MS } from '../../src/cli/run-node.js';
import { FILTER_POOL_DEFAULTS } from '../../src/filters/filter-pool.js';
import { MAX_RANDOM_KEYS } from '../../src/keystore/random-key-file.js';
import { DEFAULT_HTTP_LIMITS } from '../../src/net/http-limits.js';
import { MAX_STEPS } from '../../src/requests/request-store.js';
import { DEFAULT_LIST_LIMIT, MAX_LIST_LIMIT } from '../../src/requests/request-view-store.js';
import { MAX_RESULT_BYTES } from '../../src/resolvers/http.js';
import { MAX_SPEC_BYTES } from '../../src/resolvers/http-spec.js';
import { MAX_SECRETS_PER_REQUEST } from '../../src/resolvers/secret-places.js';
import { DEFAULT_SANDBOX_LIMITS } from '../../src/sandbox/limits.js';
import { SANDBOX_DEFAULTS } from '../../src/sandbox/sandbox.js';
import { MAX_RECENT_TROUBLE } from '../../src/telemetry/create-log.js';
import * as vault from '../../src/vault/secret-limits.js';
import { markdownTable } from './markdown.js';

const http = DEFAULT_HTTP_LIMITS;
const filter = FILTER_POOL_DEFAULTS;
const box = DEFAULT_SANDBOX_LIMITS;

const seconds = (durationMs: number): string => `${durationMs / 1_000} s`;
const size = (bytes: number): string =>
  bytes >= 1_048_576 ? `${bytes / 1_048_576} MiB` : `${bytes / 1_024} KiB`;

/** What every web request is held to, whatever asks; keys of the configuration are named. */
export const webLimitTable = (): string =>
  markdownTable(
    ['limit', 'of'],
    [
      [seconds(http.totalTimeoutMs), 'a whole fetch, redirects included (`http.timeout`)'],
      [seconds(http.connectTimeoutMs), 'look-up, TCP and TLS of one hop (`http.connectTimeout`)'],
      [size(http.maxBodyBytes), 'the body, also after decompression (`http.maxBody`)'],
      [size(MAX_RESULT_BYTES), 'the result'],
      [String(http.maxRedirects), 'redirects of `requestHttp` (`http.maxRedirects`)'],
      [size(http.maxHeaderBytes), 'the headers of an answer'],
      [String(http.maxHeaders), 'headers of an answer'],
      [String(http.maxRequestHeaders), 'headers of a spec'],
      [`${MAX_SPEC_BYTES} bytes`, 'a spec, its headers and body included'],
      [String(MAX_SECRETS_PER_REQUEST), 'secrets of a spec'],
      [String(http.maxConnectAttempts), 'addresses of one name that are tried'],
      [`${filter.timeoutMs} ms`, 'one filter (`filters.timeout`)'],
    ],
  );

/** What one execution of a function is held to, with the code of what goes beyond. */
export const functionLimitTable = (): string =>
  markdownTable(
    ['limit', 'of', 'beyond it'],
    [
      [seconds(box.busyMs), 'its own computing', 'Timeout'],
      [seconds(box.wallMs), 'the whole, waiting for sources included', 'Timeout'],
      [size(box.heapBytes), 'memory', 'Error'],
      [size(box.stackBytes), 'stack: calls within calls', 'Error'],
      [String(box.fetches), 'fetches', 'Error'],
      [size(box.fetchBytes), "the body of a source's answer", 'Error'],
      [size(box.fetchRequestBytes), 'the body that a fetch sends', 'the fetch rejects'],
      [String(box.secrets), 'calls of `ctx.secrets.get`', 'Error'],
      [String(box.logLines), 'lines of `ctx.log`', 'Error'],
      [`${box.logLineChars} characters`, 'one of these lines', 'the rest is cut off'],
      [size(box.sourceBytes), 'the code at a uri or in the store of a node', 'NotFound'],
      [size(box.resultBytes), 'the result', 'ResponseTooLarge'],
    ],
  );

/** Limits of the node itself that are no keys of the configuration. */
export const nodeLimitTable = (): string =>
  markdownTable(
    ['limit', 'of'],
    [
      [seconds(STOP_TIMEOUT_MS), 'a graceful stop'],
      [String(MAX_STEPS), "steps that are kept of one request's history"],
      [String(MAX_RECENT_TROUBLE), 'errors and warnings that `dodona status` shows'],
      [`${DEFAULT_LIST_LIMIT}, at most ${MAX_LIST_LIMIT}`, 'requests in one list'],
      [`${vault.MIN_SECRET_BYTES} to ${vault.MAX_SECRET_BYTES} bytes`, 'the value of a secret'],
      [`${vault.MAX_SECRET_NAME_CHARS} characters`, 'the name of a secret'],
      [String(vault.MAX_SECRETS_PER_OWNER), 'secrets of one owner'],
      [String(vault.MAX_SECRETS), 'secrets of all owners together'],
      [String(vault.MAX_GRANTS_PER_SECRET), 'grants of one secret'],
      [String(vault.MAX_HOSTS_PER_GRANT), 'hosts of one grant'],
      [String(MAX_RANDOM_KEYS), "random keys in one node's file"],
      [String(SANDBOX_DEFAULTS.maxWaiting), 'functions that wait for a thread'],
      [String(SANDBOX_DEFAULTS.maxWaitingPerRequester), 'of these, for one requester'],
      [String(filter.maxQueue), 'filters that wait for a thread'],
      [size(filter.maxQueueBytes), 'bodies that wait for a thread, together'],
      [`${filter.maxHeapMb} MiB`, 'memory of one filter thread'],
      [String(http.maxIdleConnections), 'connections to sources that are kept open'],
      [seconds(http.maxDnsCacheMs), 'the time that a looked-up name is kept'],
    ],
  );
