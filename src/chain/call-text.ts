import type { RpcCall } from './rpc.js';

/** One call under an id, as JSON-RPC 2.0 has it. */
export const callText = (id: number, call: RpcCall): string =>
  `{"jsonrpc":"2.0","id":${id},${call.text ?? membersOf(call)}}`;

/** A batch of calls under an id each, of which the first is given and others follow it. */
export function batchText(firstId: number, calls: readonly RpcCall[]): string {
  let texts = '';
  let id = firstId;
  for (const call of calls) {
    if (id > firstId) texts += ',';
    texts += callText(id++, call);
  }
  return `[${texts}]`;
}

const membersOf = ({ method, params }: RpcCall): string =>
  `"method":${JSON.stringify(method)},"params":${JSON.stringify(params)}`;

/**
 * Calls that differ in their first parameter only, by which tens of thousands of blocks are read:
 * the text of all others is made once (measured: it is most of what a call's text costs).
 */
export function callSeries(
  method: string,
  others: readonly unknown[],
  saysNothing: NonNullable<RpcCall['saysNothing']>,
): (first: number) => RpcCall {
  const rest = others.map((param) => `,${JSON.stringify(param)}`).join('');
  const [before, after] = [`"method":${JSON.stringify(method)},"params":[`, `${rest}]`];
  return (first) => {
    const text = before + first + after;
    return { method, params: [first, ...others], saysNothing, text };
  };
}
