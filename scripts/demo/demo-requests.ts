import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256, toHex } from '../../src/base/bytes.js';
import { parseGas } from '../../src/base/datoshi.js';
import { gatewayCalls } from '../../src/chain/gateway-calls.js';
import { callScript, utf8 } from '../../src/chain/script.js';
import { asInteger } from '../../src/chain/stack-item-values.js';
import type { Devnet } from '../devnet/devnet.js';
import type { AppliedTransaction } from '../devnet/private-chain.js';
import { projectRoot } from '../ensure/paths.mjs';
import { DEMO_PAIR } from './demo-feed.js';

/** What the demo asks, and in which words it tells of it. */
export interface DemoRequest {
  readonly title: string;
  /** A transaction of the owner that asks. */
  readonly script: Buffer;
  /** What came of it, in a line; absent: what the consumer, or the gateway, has. */
  readonly resultOf?: (id: bigint) => Promise<string>;
}

const MAX_FEE = parseGas('1');

/** A new gateway numbers its functions from here. */
const FIRST_FUNCTION = 1n;
const FUNCTION_FILE = join(projectRoot, 'scripts', 'demo', 'basket.js');

/** One request of every kind that there is, each in another way. */
export function demoRequests(devnet: Devnet, source: string): DemoRequest[] {
  const code = readFileSync(FUNCTION_FILE, 'utf8');
  const { consumer, gateway } = devnet;
  const calls = gatewayCalls(gateway);
  const spec = (value: object): Buffer => utf8(JSON.stringify(value));
  const post = {
    method: 'POST',
    url: `${source}/quote`,
    headers: { 'content-type': 'application/json', 'x-client': 'demo' },
    body: JSON.stringify({ asset: 'GAS', amount: 20 }),
  };
  return [
    {
      title: 'request: a contract asks as it would ask the native oracle',
      script: callScript(consumer, 'ask', [utf8(`${source}/prices`), utf8('$.GAS.USD'), MAX_FEE]),
    },
    {
      title: 'requestHttp: a contract asks with a filter of RFC 9535',
      script: callScript(consumer, 'askHttp', [
        spec({ url: `${source}/prices` }),
        utf8('$.*.USD'),
        MAX_FEE,
      ]),
    },
    {
      title: 'requestHttp: a contract POSTs, with headers and a body',
      script: callScript(consumer, 'askHttp', [spec(post), utf8('$.usdCents'), MAX_FEE]),
    },
    {
      title: 'requestHttp: an account pays in and asks; the answer is kept for it at the gateway',
      script: Buffer.concat([
        calls.deposit(devnet.owner.hash, MAX_FEE),
        calls.requestHttp({
          spec: JSON.stringify({ url: `${source}/prices` }),
          filter: '$.NEO.EUR',
          callback: '',
          userData: null,
          maxFee: MAX_FEE,
        }),
      ]),
    },
    {
      title: 'requestFunction: a function is registered; a contract asks what it returns',
      script: Buffer.concat([
        calls.registerFunction('basket', { codeHash: toHex(sha256(code)), source: code, uri: '' }),
        callScript(consumer, 'askFunction', [
          FIRST_FUNCTION,
          spec({ source, basket: { GAS: 20, NEO: 3 } }),
          MAX_FEE,
        ]),
      ]),
    },
    {
      title: 'requestHttp: a contract asks for the latest price of a feed',
      script: callScript(consumer, 'askHttp', [
        spec({ url: `price:${DEMO_PAIR}` }),
        utf8('$.price'),
        MAX_FEE,
      ]),
    },
  ];
}

/** The id that the gateway gave a request, from its event. */
export function requestIdOf(devnet: Devnet, asked: AppliedTransaction): bigint {
  if (asked.state !== 'HALT') throw new Error(`a request FAULTed: ${asked.exception}`);
  const event = asked.notifications.find(
    ({ contract, name }) => contract === devnet.gateway && name.endsWith('Request'),
  );
  if (event?.state[0] === undefined) throw new Error('the gateway told of no request');
  return asInteger(event.state[0], 'id');
}
