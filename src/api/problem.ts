/** What can go wrong, by its stable code. A route documents those of its own beside the common. */
export const PROBLEMS = {
  BAD_QUERY: { status: 400, title: 'The query cannot be read' },
  BAD_PARAMETER: { status: 400, title: 'The path names nothing that can be' },
  BAD_BODY: { status: 400, title: 'The body cannot be read' },
  NO_BODY: { status: 400, title: 'A body where none belongs' },
  BAD_REQUEST: { status: 400, title: 'This is not HTTP as the server reads it' },
  TOKEN_IN_URL: { status: 400, title: 'A token in the URL' },
  NOT_SIGNED_IN: { status: 401, title: 'Credentials are needed' },
  BAD_CREDENTIALS: { status: 401, title: 'The credentials are not valid' },
  SIGN_IN_REFUSED: { status: 401, title: 'The wallet did not sign in' },
  READ_ONLY: { status: 403, title: 'The API is for reading only' },
  NOT_ALLOWED: { status: 403, title: 'The credentials do not reach this far' },
  FOREIGN_HOST: { status: 403, title: 'The Host header names another site' },
  NOT_FOUND: { status: 404, title: 'There is nothing here' },
  NO_SUCH_REQUEST: { status: 404, title: 'No such request' },
  NO_EVIDENCE: { status: 404, title: 'No evidence of this request' },
  NO_SUCH_FUNCTION: { status: 404, title: 'No such function' },
  NO_SUCH_PAIR: { status: 404, title: 'No such pair' },
  NO_SUCH_UPKEEP: { status: 404, title: 'No such upkeep' },
  NO_SUCH_SECRET: { status: 404, title: 'No such secret' },
  NO_SUCH_API_KEY: { status: 404, title: 'No such API key' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'Not with this method' },
  TIMEOUT: { status: 408, title: 'The request took too long to arrive' },
  BODY_TOO_LARGE: { status: 413, title: 'The body is too large' },
  UNKNOWN_MEDIA_TYPE: { status: 415, title: 'The body is of another type' },
  TOO_LONG: { status: 414, title: 'The URL is too long' },
  SECRET_REFUSED: { status: 422, title: 'The vault does not take it' },
  SECRET_SEALED: { status: 422, title: 'The encrypted secret cannot be opened' },
  API_KEY_REFUSED: { status: 422, title: 'No such key is made' },
  TOO_MANY_REQUESTS: { status: 429, title: 'Too many requests' },
  TOO_MANY_FAILURES: { status: 429, title: 'Too many credentials that were not valid' },
  HEADERS_TOO_LARGE: { status: 431, title: 'The headers are too large' },
  EVIDENCE_DAMAGED: { status: 500, title: 'The evidence was changed' },
  INTERNAL: { status: 500, title: 'The node failed' },
  BUSY: { status: 503, title: 'The node is busy' },
  TOO_MANY_STREAMS: { status: 503, title: 'Too many listen already' },
} as const satisfies Readonly<Record<string, { status: number; title: string }>>;

export type ProblemCode = keyof typeof PROBLEMS;

/** One place of what was given that could not be read. */
export interface FieldProblem {
  /** Where it stands, e.g. `limit` or `grants.0.host`. */
  readonly at: string;
  readonly detail: string;
}

/** A refusal that a route throws; it becomes the answer. */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  constructor(
    readonly code: ProblemCode,
    /** What was wrong, what was expected, and what to do; nothing secret. */
    readonly detail: string,
    readonly more: {
      readonly errors?: readonly FieldProblem[];
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
  ) {
    super(detail);
  }
}

/** RFC 9457; `code` is its stable word. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ProblemCode;
  readonly detail: string;
  readonly errors?: readonly FieldProblem[];
}

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** The document of a refusal. */
export function problemOf({ code, detail, more }: Refusal): Problem {
  const { status, title } = PROBLEMS[code];
  const type = `urn:dodona:problem:${code.toLowerCase().replaceAll('_', '-')}`;
  return {
    type,
    title,
    status,
    code,
    detail,
    ...(more.errors === undefined ? {} : { errors: more.errors }),
  };
}
