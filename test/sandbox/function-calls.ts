import assert from 'node:assert/strict';
import type {
  Execution,
  FunctionCall,
  FunctionFetch,
  FunctionFetchAnswer,
  FunctionHost,
  SecretAnswer,
} from '../../src/sandbox/execution.js';

/** A call of a function, with what most tests don't care about filled in. */
export const callOf = (source: string, given: Partial<FunctionCall> = {}): FunctionCall => ({
  source,
  args: '{}',
  requestId: '7',
  requester: '0x1111111111111111111111111111111111111111',
  block: { index: 123, timeMs: Date.UTC(2026, 0, 2, 3, 4, 5) },
  seed: 'seed',
  ...given,
});

export interface TestHost extends FunctionHost {
  readonly fetched: FunctionFetch[];
}

/** A host that answers every fetch the same way, and knows the given secrets. */
export function hostOf(
  answer: (request: FunctionFetch) => FunctionFetchAnswer | Promise<FunctionFetchAnswer> = () =>
    responseOf('{"price":"4.81"}'),
  secrets: Readonly<Record<string, string>> = {},
): TestHost {
  const fetched: FunctionFetch[] = [];
  return {
    fetched,
    async fetch(request) {
      fetched.push(request);
      return answer(request);
    },
    async secret(name): Promise<SecretAnswer> {
      const value = Object.hasOwn(secrets, name) ? secrets[name] : undefined;
      return value === undefined
        ? { kind: 'forbidden', reason: 'no such secret was granted' }
        : { kind: 'secret', value };
    },
  };
}

export const responseOf = (
  body: string | Uint8Array,
  given: Partial<Extract<FunctionFetchAnswer, { kind: 'response' }>> = {},
): FunctionFetchAnswer => ({
  kind: 'response',
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: typeof body === 'string' ? Buffer.from(body) : body,
  url: 'https://source.example/',
  ...given,
});

/** The bytes that a function returned, as text. */
export function textOf({ end }: Execution): string {
  assert.equal(end.kind, 'returned', JSON.stringify(end));
  return end.kind === 'returned' ? Buffer.from(end.bytes).toString() : '';
}

/** What a function returned as JSON or text. */
export function returned(execution: Execution): unknown {
  const text = textOf(execution);
  const { end } = execution;
  return end.kind === 'returned' && end.how === 'json' ? JSON.parse(text) : text;
}
