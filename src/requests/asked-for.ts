import { fromHex, toHex } from '../base/bytes.js';
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
    case 'RandomRequest': {
      const subject = `key ${event.keyId}, seed ${toHex(event.seed)}`;
      return { kind: 'random', subject, filter: '' };
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

/** What the subject of a random request names. */
export interface RandomSubject {
  readonly keyId: bigint;
  /** What is to be proved, 32 bytes. */
  readonly seed: Buffer;
}

/** Reads a subject that `askedFor` wrote. Throws an Error on any other text. */
export function parseRandomSubject(subject: string): RandomSubject {
  const [, keyId, seed] = /^key (\d+), seed ([0-9a-f]{64})$/.exec(subject) ?? [];
  if (keyId === undefined || seed === undefined) {
    throw new Error(`bug: not the subject of a random request: ${subject}`);
  }
  return { keyId: BigInt(keyId), seed: fromHex(seed) };
}
