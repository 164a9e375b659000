import { NodeError } from '../base/node-error.js';

/** The value of --rpc. Throws a NodeError RPC_URL_INVALID when it is no URL of a Neo node. */
export function requireRpcUrl(url: string): string {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url;
  throw new NodeError('RPC_URL_INVALID', 'the value of --rpc is no URL of a Neo node', {
    hint: 'expected one that begins with https:// or http://',
  });
}
