import { shorten } from '../base/bytes.js';
import { NodeError } from '../base/node-error.js';

/**
 * Error codes of JSON-RPC 2.0 and of Neo's own list
 * (neo-project/proposals, RPC error codes; neo-go's pkg/neorpc/errors.go).
 */
export const RpcCode = {
  ParseError: -32700,
  InvalidRequest: -32600,
  MethodNotFound: -32601,
  InvalidParams: -32602,
  InternalError: -32603,
  UnknownBlock: -101,
  UnknownContract: -102,
  UnknownTransaction: -103,
  UnknownStorageItem: -104,
  UnknownScriptContainer: -105,
  UnknownHeight: -109,
  VerificationFailed: -500,
  AlreadyExists: -501,
  MempoolCapReached: -502,
  AlreadyInPool: -503,
  InsufficientNetworkFee: -504,
  PolicyFailed: -505,
  InvalidScript: -506,
  InvalidAttribute: -507,
  InvalidSignature: -508,
  InvalidSize: -509,
  ExpiredTransaction: -510,
  InsufficientFunds: -511,
  UnsupportedState: -606,
  ExecutionFailed: -608,
} as const;

/** Answers that another try, or another endpoint, may turn into something else. */
const RETRYABLE = new Set<number>([
  RpcCode.InternalError,
  RpcCode.MempoolCapReached,
  RpcCode.UnsupportedState,
]);

/**
 * Codes that are nobody's but the server's in front of a node, e.g. -32005 or 429 for too many
 * requests: JSON-RPC leaves it this range, and Neo has none above 0.
 */
const isOfServer = (rpcCode: number): boolean =>
  rpcCode > 0 || (rpcCode >= -32_099 && rpcCode <= -32_000);

/** What a node tells of a failure goes into messages and records up to this length. */
export const MAX_REASON_CHARS = 1_000;

/** An error that the endpoint itself answered; `rpcCode` and `data` are as it sent them. */
export class RpcError extends NodeError {
  readonly rpcCode: number;
  readonly data: unknown;
  readonly method: string;

  constructor(method: string, rpcCode: number, rpcMessage: string, data: unknown) {
    const detail = typeof data === 'string' && data.length > 0 ? ` (${data})` : '';
    const told = shorten(`${rpcMessage}${detail}`, MAX_REASON_CHARS);
    super('RPC_ERROR', `${method} was answered with error ${rpcCode}: ${told}`, {
      retryable: RETRYABLE.has(rpcCode) || isOfServer(rpcCode),
      details: { method, rpcCode },
    });
    this.rpcCode = rpcCode;
    this.data = data;
    this.method = method;
  }
}

/** True when the thrown thing is an answer of the endpoint with one of these codes. */
export const isRpcError = (thrown: unknown, ...rpcCodes: number[]): thrown is RpcError =>
  thrown instanceof RpcError && (rpcCodes.length === 0 || rpcCodes.includes(thrown.rpcCode));

/** Codes of the NodeErrors that say that an endpoint could not be used, unlike its answers. */
export const RpcTrouble = {
  Unreachable: 'RPC_UNREACHABLE',
  Timeout: 'RPC_TIMEOUT',
  HttpStatus: 'RPC_HTTP_STATUS',
  Malformed: 'RPC_MALFORMED',
  TooLarge: 'RPC_TOO_LARGE',
} as const;

/** True for trouble with the endpoint: connection, time, HTTP status, or an answer that is none. */
export const isRpcTrouble = (thrown: unknown): thrown is NodeError =>
  thrown instanceof NodeError && Object.values<string>(RpcTrouble).includes(thrown.code);
