import type { RpcCall } from './rpc.js';

/** Calls as JSON-RPC 2.0 has them. */
export interface CallTexts {
  /** One call under an id. */
  one(id: number, call: RpcCall): string;
  /** A batch of calls under an id each, of which the first is given and others follow it. */
  batch(firstId: number, calls: readonly RpcCall[]): string;
}

/**
 * Makes of a frozen object among the parameters its text once: tens of thousands of calls, a block
 * each, name the same filter (measured: it is most of what their texts cost).
 */
export function createCallTexts(): CallTexts {
  const known = new WeakMap<object, string>();

  function textOf(param: unknown): string {
    if (Number.isSafeInteger(param)) return String(param);
    if (typeof param !== 'object' || param === null || !Object.isFrozen(param)) {
      return JSON.stringify(param) ?? 'null';
    }
    const text = known.get(param) ?? JSON.stringify(param);
    known.set(param, text);
    return text;
  }

  function one(id: number, { method, params }: RpcCall): string {
    let texts = '';
    for (const param of params) texts += texts === '' ? textOf(param) : `,${textOf(param)}`;
    return `{"jsonrpc":"2.0","id":${id},"method":"${method}","params":[${texts}]}`;
  }

  return {
    one,
    batch(firstId, calls) {
      const texts = calls.map((call, at) => one(firstId + at, call));
      return `[${texts.join(',')}]`;
    },
  };
}
