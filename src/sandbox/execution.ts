import type { SandboxLimits } from './limits.js';

/** What is to be run, and everything that its outcome may depend on. */
export interface FunctionCall {
  /** Text of an ES module whose default export is `async (args, ctx) => result`. */
  readonly source: string;
  /** JSON text. */
  readonly args: string;
  readonly requestId: string;
  /** Who asks, as the function sees it; also whom the sandbox shares its threads out to. */
  readonly requester: string;
  /** The request's block: the only time that the function knows, in ms since 1970. */
  readonly block: { readonly index: number; readonly timeMs: number };
  /** What Math.random is derived from; the same on every node. */
  readonly seed: string;
  /** Where they differ from the sandbox's own. Heap and stack are those of the sandbox. */
  readonly limits?: Partial<Omit<SandboxLimits, 'heapBytes' | 'stackBytes'>>;
  /**
   * Hosts that may be fetched from, as in a URL: lower case, without port. Any, when absent.
   * The sandbox holds the first hop to it; the host, which follows redirects, must hold those.
   */
  readonly allowedHosts?: readonly string[];
}

export interface FunctionFetch {
  readonly url: string;
  readonly method: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array | null;
}

export type FunctionFetchAnswer =
  | {
      readonly kind: 'response';
      readonly status: number;
      /** Names in lower case. */
      readonly headers: Readonly<Record<string, string>>;
      readonly body: Uint8Array;
      /** Of the last hop. */
      readonly url: string;
    }
  /** The function is told, and may go on. */
  | { readonly kind: 'failed'; readonly reason: string }
  /** Both end the execution. */
  | { readonly kind: 'forbidden'; readonly reason: string }
  | { readonly kind: 'tooLarge'; readonly reason: string };

export type SecretAnswer =
  | { readonly kind: 'secret'; readonly value: string }
  /** Not there, or not granted: nobody is told which. Ends the execution. */
  | { readonly kind: 'forbidden'; readonly reason: string };

/** What a function may ask for while it runs. Called on the thread of the sandbox's user. */
export interface FunctionHost {
  /** The signal is aborted when the execution ends. A rejection is a bug of the host. */
  fetch(request: FunctionFetch, signal: AbortSignal): Promise<FunctionFetchAnswer>;
  secret(name: string): Promise<SecretAnswer>;
}

/** How an execution ended. Reasons and messages may quote the author's text. */
export type ExecutionEnd =
  | {
      readonly kind: 'returned';
      readonly bytes: Uint8Array;
      /** A Uint8Array as it is, a text in UTF-8, or anything else as compact JSON. */
      readonly how: 'bytes' | 'text' | 'json';
    }
  /** By the function, or by its module, which includes not being JavaScript. */
  | { readonly kind: 'thrown'; readonly message: string; readonly stack: readonly string[] }
  /** The result is not JSON, or asking for its JSON threw. */
  | { readonly kind: 'notJson'; readonly message: string; readonly stack: readonly string[] }
  | { readonly kind: 'timeout'; readonly limit: 'busy' | 'wall'; readonly reason: string }
  | { readonly kind: ExecutionLimit; readonly reason: string }
  /** A host or a secret that was not granted. */
  | { readonly kind: 'forbidden'; readonly reason: string }
  /** Its promise is pending, and nothing is left that it could wait for. */
  | { readonly kind: 'neverSettles'; readonly reason: string }
  /** The engine or its thread broke down; no other execution was harmed. */
  | { readonly kind: 'crashed'; readonly reason: string }
  /** Not run, since too many are waiting: of all, or of this requester. */
  | { readonly kind: 'busy'; readonly reason: string }
  /** The caller's signal, or the sandbox was closed. */
  | { readonly kind: 'cancelled'; readonly reason: string };

/** Limits with an outcome of their own. */
export type ExecutionLimit =
  | 'heap'
  | 'stack'
  | 'sourceTooLarge'
  | 'argsTooLarge'
  /** The result. */
  | 'tooLarge'
  | 'tooManyFetches'
  | 'fetchTooLarge'
  | 'tooManySecrets'
  | 'tooManyLogs';

export interface FetchMade {
  readonly method: string;
  readonly url: string;
  /** HTTP status, or how else it ended; `open` when the execution ended before. */
  readonly outcome: number | 'failed' | 'forbidden' | 'tooLarge' | 'open';
  /** Of the answer's body. */
  readonly bytes: number;
}

export interface Execution {
  readonly end: ExecutionEnd;
  readonly logs: readonly string[];
  readonly fetches: readonly FetchMade[];
  /** Names of the secrets that were handed out. */
  readonly secrets: readonly string[];
  /**
   * Work done, in the engine's own count of branches and calls: the same for the same inputs on
   * every machine. 0 where the thread was ended.
   */
  readonly fuel: number;
  /** Time that the code ran. */
  readonly busyMs: number;
  /** From its start (not from when it was asked for) to its end. */
  readonly wallMs: number;
}
