import type { AskEvent } from '../chain/gateway-events.js';
import type { NewRequest } from './request-store.js';

/** What a request asks for, by its kind. */
export function askedFor(event: AskEvent): Pick<NewRequest, 'kind' | 'subject' | 'filter'> {
  switch (event.name) {
    case 'OracleRequest':
      return { kind: 'oracle', subject: event.url, filter: event.filter };
    case 'HttpRequest':
      return { kind: 'http', subject: event.spec, filter: event.filter };
    case 'FunctionRequest': {
      const { functionId, codeHash, args } = event;
      const subject = `function ${functionId}, code ${codeHash}`;
      return { kind: 'function', subject, filter: args };
    }
  }
}

/** What the subject of a request for a function's result names; its args are the filter. */
export interface FunctionSubject {
  readonly functionId: bigint;
  /** SHA-256 of the code that the function had in the request's block, 64 hex digits. */
  readonly codeHash: string;
}

/** Reads a subject that `askedFor` wrote. Throws an Error on any other text. */
export function parseFunctionSubject(subject: string): FunctionSubject {
  const [, id, codeHash] = /^function (\d+), code ([0-9a-f]{64})$/.exec(subject) ?? [];
  if (id === undefined || codeHash === undefined) {
    throw new Error(`bug: not the subject of a request for a function's result: ${subject}`);
  }
  return { functionId: BigInt(id), codeHash };
}
