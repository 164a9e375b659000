import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { projectRoot } from '../../scripts/ensure/paths.mjs';
import { hash160, hash256 } from '../../src/base/hash.js';
import { GATEWAY_INTERFACE_VERSION } from '../../src/chain/chain-check.js';
import { decodeGatewayEvent, GATEWAY_EVENTS } from '../../src/chain/gateway-events.js';
import { gatewayReads } from '../../src/chain/gateway-reads.js';
import type { StackItem } from '../../src/chain/stack-item.js';
import { holds } from './holds.js';

const NOBODY = hash160(`0x${'77'.repeat(20)}`);

interface Abi {
  readonly interfaceVersion: number;
  readonly methods: readonly { name: string; safe: boolean; parameters: readonly unknown[] }[];
  readonly events: readonly { name: string; parameters: readonly { name: string }[] }[];
}

async function readAbi(): Promise<Abi> {
  const file = `${projectRoot}/contracts/build/gateway.abi.json`;
  return JSON.parse(await readFile(file, 'utf8')) as Abi;
}

describe('gateway codec against contracts/build/gateway.abi.json', () => {
  it('knows every event with its parameters, in order', async () => {
    const { events } = await readAbi();
    const listed = events.map(({ name, parameters }) => [
      name,
      parameters.map((each) => each.name),
    ]);
    const known = Object.entries(GATEWAY_EVENTS).map(([name, of]) => [name, Object.keys(of)]);
    assert.deepEqual(Object.fromEntries(known), Object.fromEntries(listed));
  });

  it('speaks the version of the interface', async () => {
    assert.equal((await readAbi()).interfaceVersion, GATEWAY_INTERFACE_VERSION);
  });

  it('reads only safe methods', async () => {
    const { methods } = await readAbi();
    const safe = new Set(methods.filter((method) => method.safe).map(({ name }) => name));
    for (const name of Object.keys(gatewayReads(NOBODY))) holds(safe.has(name), name);
  });
});

describe('gateway event', () => {
  const notification = (name: string, state: readonly StackItem[]) => ({
    txHash: hash256(`0x${'11'.repeat(32)}`),
    indexInBlock: 0,
    name,
    state,
  });
  const integer = (value: bigint): StackItem => ({ type: 'Integer', value });

  it('of an unknown name is passed on as unknown', () => {
    const event = decodeGatewayEvent(notification('Novelty', []));
    assert.deepEqual(event, { name: 'unknown', event: 'Novelty' });
    assert.equal(decodeGatewayEvent(notification('toString', [])).name, 'unknown');
  });

  it('tells amounts of GAS below 2^61 datoshi, and says so of others', () => {
    const hash: StackItem = { type: 'ByteString', value: Buffer.alloc(20, 7) };
    const deposit = (amount: bigint) =>
      decodeGatewayEvent(notification('Deposit', [hash, hash, integer(amount)]));
    const most = (1n << 61n) - 1n;
    const event = deposit(most);
    assert.ok(event.name === 'Deposit' && event.amount === most);
    for (const amount of [most + 1n, -1n]) {
      const message = new RegExp(`amount: expected an Integer of 0 to 2\\^61-1, got ${amount}`);
      assert.throws(() => deposit(amount), { code: 'GATEWAY_EVENT_MALFORMED', message });
    }
  });

  it('of other parameters than expected is refused, with its transaction', () => {
    const malformed = (state: readonly StackItem[], message: RegExp) =>
      assert.throws(() => decodeGatewayEvent(notification('ResultTaken', state)), {
        code: 'GATEWAY_EVENT_MALFORMED',
        message,
      });
    malformed([], /ResultTaken of transaction 0x1111.*: expected 1 parameters, got 0/);
    const updated = [integer(1n), { type: 'ByteString', value: Buffer.alloc(31) } as const];
    assert.throws(() => decodeGatewayEvent(notification('FunctionUpdated', updated)), {
      code: 'GATEWAY_EVENT_MALFORMED',
      message: /codeHash: expected 32 bytes, got 31/,
    });
    malformed(
      [{ type: 'Any' }],
      /ResultTaken of transaction 0x1.*id: expected an Integer, got null/,
    );
    assert.deepEqual(decodeGatewayEvent(notification('ResultTaken', [integer(7n)])), {
      name: 'ResultTaken',
      id: 7n,
    });
  });
});
