import { isUtf8 } from 'node:buffer';
import { ResponseCode as Code, type FailureAnswer } from '../base/outcome.js';
import type { FetchFailure } from '../net/fetch-result.js';
import type { RedirectRule } from '../net/redirect.js';
import { type ContentType, parseContentType } from './content-type.js';

/** Which implementation of Neo's native oracle `request` follows where the two differ. */
export type NativeProfile = 'csharp' | 'neo-go';

type FailureCode = FailureAnswer['code'];

/** How outcomes of HTTP become codes on the chain. */
export interface HttpCodes {
  /** Undefined: as the fetch's limits say. */
  readonly redirects: RedirectRule | undefined;
  /** What is asked for where the request itself doesn't say. */
  readonly headers: Readonly<Record<string, string>>;
  readonly failures: Readonly<Record<FetchFailure, FailureCode>>;
  /** Whether the answer's body is the result. */
  isSuccess(status: number): boolean;
  /** The code of a status that isn't success. */
  codeOf(status: number): FailureCode;
  /** Null when the answer's Content-Type will do. */
  refuseType(header: string | undefined): FailureAnswer | null;
  /** Null when the body may be the result. */
  refuseBody(body: Buffer): FailureAnswer | null;
}

const JSON_ONLY = ['application/json'];

const CSHARP_FAILURES: Readonly<Record<FetchFailure, FailureCode>> = {
  'malformed-url': Code.Error,
  scheme: Code.ProtocolNotSupported,
  credentials: Code.Forbidden,
  blocked: Code.Forbidden,
  'bad-request': Code.Error,
  'unknown-host': Code.Timeout,
  dns: Code.Timeout,
  connect: Code.Timeout,
  tls: Code.Timeout,
  timeout: Code.Timeout,
  interrupted: Code.Timeout,
  aborted: Code.Timeout,
  'body-too-large': Code.ResponseTooLarge,
  'headers-too-large': Code.Timeout,
  protocol: Code.Timeout,
  encoding: Code.Error,
  'redirect-limit': Code.Timeout,
  'redirect-scheme': Code.ProtocolNotSupported,
  'redirect-target': Code.Error,
  'redirect-relative': Code.Timeout,
};

const NEO_GO_FAILURES: Readonly<Record<FetchFailure, FailureCode>> = {
  ...CSHARP_FAILURES,
  'malformed-url': Code.ProtocolNotSupported,
  'unknown-host': Code.Error,
  dns: Code.Error,
  connect: Code.Error,
  tls: Code.Error,
  timeout: Code.Error,
  interrupted: Code.Error,
  aborted: Code.Error,
  'headers-too-large': Code.Error,
  protocol: Code.Error,
  'redirect-limit': Code.Forbidden,
  'redirect-scheme': Code.Forbidden,
  'redirect-relative': Code.Error,
};

const SPEC_FAILURES: Readonly<Record<FetchFailure, FailureCode>> = {
  ...CSHARP_FAILURES,
  'unknown-host': Code.NotFound,
  tls: Code.Error,
  'headers-too-large': Code.ResponseTooLarge,
  protocol: Code.Error,
  'redirect-limit': Code.Error,
  'redirect-relative': Code.Error,
};

/**
 * The codes of `request`: native-oracle.md, and where it is silent the source of the two nodes
 * (neo-go pkg/services/oracle/request.go, neo-node plugins/OracleService OracleHttpsProtocol.cs).
 * @param contentTypes the media types that are taken; neo-go takes any where there are none.
 */
export function nativeCodes(profile: NativeProfile, contentTypes = JSON_ONLY): HttpCodes {
  return profile === 'csharp' ? csharpCodes(contentTypes) : neoGoCodes(contentTypes);
}

function csharpCodes(contentTypes: readonly string[]): HttpCodes {
  const allowed = contentTypes.length === 0 ? JSON_ONLY : contentTypes;
  return {
    redirects: { max: 2, on: 'location', relative: 'refuse' },
    headers: { accept: allowed.join(', ') },
    failures: CSHARP_FAILURES,
    isSuccess: (status) => status >= 200 && status <= 299,
    codeOf: (status) =>
      status === 404 ? Code.NotFound : status === 403 ? Code.Forbidden : Code.Error,
    refuseType(header) {
      const type = parseContentType(header ?? '');
      // .NET reads a missing or malformed one as null, and fails on it.
      if (type === null || type.looseEnd) {
        return answer(Code.Error, 'the answer has no proper content type');
      }
      if (!allowed.includes(type.type)) return contentTypeRefused(type, allowed);
      const charset = type.parameters.get('charset');
      if (charset !== undefined && !DOTNET_UTF8.has(charset.toLowerCase())) {
        return answer(Code.Error, `the answer's charset ${charset} is not taken for UTF-8`);
      }
      return null;
    },
    refuseBody: refuseUnlessUtf8,
  };
}

/** Names of UTF-8 that .NET knows; utf8 and quoted ones are not among them. */
const DOTNET_UTF8 = new Set([
  'utf-8',
  'unicode-1-1-utf-8',
  'unicode-2-0-utf-8',
  'x-unicode-1-1-utf-8',
  'x-unicode-2-0-utf-8',
]);

function neoGoCodes(contentTypes: readonly string[]): HttpCodes {
  return {
    redirects: { max: 2, on: 'status', relative: 'follow' },
    headers: { 'content-type': 'application/json' },
    failures: NEO_GO_FAILURES,
    isSuccess: (status) => status === 200,
    codeOf: (status) => NEO_GO_STATUSES.get(status) ?? Code.Error,
    refuseType(header) {
      if (contentTypes.length === 0) return null;
      const type = parseContentType(header ?? '');
      if (type === null || type.looseParameter) {
        const reason = 'the answer has no proper content type';
        return answer(Code.ContentTypeNotSupported, reason);
      }
      return contentTypes.includes(type.type.toLowerCase())
        ? null
        : contentTypeRefused(type, contentTypes);
    },
    refuseBody(body) {
      if (body.length === 0) return answer(Code.Error, 'the answer is empty');
      return refuseUnlessUtf8(body);
    },
  };
}

const NEO_GO_STATUSES: ReadonlyMap<number, FailureCode> = new Map([
  [403, Code.Forbidden],
  [404, Code.NotFound],
  [408, Code.Timeout],
]);

const SPEC_STATUSES: ReadonlyMap<number, FailureCode> = new Map([
  [401, Code.Forbidden],
  [403, Code.Forbidden],
  [404, Code.NotFound],
  [408, Code.Timeout],
  [410, Code.NotFound],
  [504, Code.Timeout],
]);

/** The codes of `requestHttp`: any media type, as long as the body is UTF-8. */
export function specCodes(): HttpCodes {
  return {
    redirects: undefined,
    headers: { accept: 'application/json, */*;q=0.8' },
    failures: SPEC_FAILURES,
    isSuccess: (status) => status >= 200 && status <= 299,
    codeOf: (status) => SPEC_STATUSES.get(status) ?? Code.Error,
    refuseType(header) {
      const charset = parseContentType(header ?? '')?.parameters.get('charset');
      const plain = charset?.replace(/^"(.*)"$/, '$1').toLowerCase() ?? 'utf-8';
      if (!UTF8_NAMES.has(plain)) {
        return answer(Code.ContentTypeNotSupported, `the answer's charset ${charset} is not UTF-8`);
      }
      return null;
    },
    refuseBody: refuseUnlessUtf8,
  };
}

/** ASCII is a part of UTF-8. */
const UTF8_NAMES = new Set(['utf-8', 'utf8', 'us-ascii', 'ascii']);

function contentTypeRefused({ type }: ContentType, allowed: readonly string[]): FailureAnswer {
  const reason = `the answer's content type ${type} is not one of ${allowed.join(', ')}`;
  return answer(Code.ContentTypeNotSupported, reason);
}

function refuseUnlessUtf8(body: Buffer): FailureAnswer | null {
  return isUtf8(body) ? null : answer(Code.Error, 'the answer is not valid UTF-8');
}

const answer = (code: FailureCode, reason: string): FailureAnswer => ({ code, reason });
