import assert from 'node:assert/strict';
import { createAccount, type DevnetAccount } from '../../scripts/devnet/account.js';
import type { AppliedTransaction } from '../../scripts/devnet/private-chain.js';
import type { PrivateNetwork } from '../../scripts/devnet/private-network.js';
import { parseGas } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';
import type { BlockSource } from '../../src/chain/block-source.js';
import { createFastBlockSource } from '../../src/chain/block-source-fast.js';
import { createPortableBlockSource } from '../../src/chain/block-source-portable.js';
import { gatewayCalls } from '../../src/chain/gateway-calls.js';
import { GAS_TOKEN } from '../../src/chain/native-contracts.js';
import type { OwnGas, OwnMove } from '../../src/chain/own-gas.js';
import type { Rpc, RpcCall } from '../../src/chain/rpc.js';
import { assertScript, callScript, Opcode } from '../../src/chain/script.js';
import { asInteger } from '../../src/chain/stack-item-values.js';
import { type GatewayFixture, gatewayFixture, QUESTION, thenFault } from './gateway-fixture.js';

/** Leaves a number: HALTs and tells of nothing. */
const SILENT = Buffer.from([Opcode.PUSH0 + 1]);
const FEE = parseGas('1');

const sendGas = (from: Hash160, to: Hash160, amount: bigint): Buffer =>
  assertScript(callScript(GAS_TOKEN, 'transfer', [from, to, amount, null]));

describe('GAS of own accounts', () => {
  let fixture: GatewayFixture;
  let network: PrivateNetwork;
  let node: DevnetAccount;
  let second: DevnetAccount;
  let from: number;
  let to: number;
  const done: Record<string, AppliedTransaction> = {};

  before(async () => {
    fixture = await gatewayFixture();
    ({ network, node } = fixture);
    second = await network.newAccount(parseGas('20'));
    from = (await network.height()) + 1;
    await populate();
  });
  after(() => network.disconnect());

  const does = async (name: string, sender: DevnetAccount, script: Buffer, nonce?: number) => {
    const options = nonce === undefined ? { systemFee: FEE } : { systemFee: FEE, nonce };
    done[name] = await network.applied(await network.send(sender, script, options));
  };
  const of = (name: string): AppliedTransaction => {
    const found = done[name];
    if (found === undefined) throw new Error(`bug: ${name} was not done`);
    return found;
  };

  /** Everything that moves GAS of an account, and neighbours of which nothing is to be told. */
  async function populate(): Promise<void> {
    const { gateway, user } = fixture;
    const calls = gatewayCalls(gateway);
    await does('credit', user, calls.deposit(user.hash, parseGas('5')));
    await does('ask', user, calls.requestHttp(QUESTION));
    const answer = { requestId: 1n, code: 0, result: Buffer.from('1'), deliver: false };
    const respond = calls.respond([{ ...answer, lostTx: null }]);
    await does('answer', node, respond);
    // In one block, or in neighbouring ones.
    await Promise.all([
      does('silent', node, SILENT),
      does('fault', node, thenFault(sendGas(node.hash, user.hash, 7n)), 77),
      does('empty answer', node, respond),
      does('pays', node, sendGas(node.hash, user.hash, 3n)),
      does('is paid', user, sendGas(user.hash, node.hash, 11n)),
      does('fault of another', user, thenFault(sendGas(user.hash, node.hash, 13n))),
    ]);
    await does('between', node, sendGas(node.hash, second.hash, 17n));
    await does('to itself', node, sendGas(node.hash, node.hash, 19n));
    await does('nothing', node, sendGas(node.hash, user.hash, 0n));
    await does('collect', node, calls.collect(node.hash, second.hash, 23n));
    await Promise.all([
      does('deposit', second, calls.deposit(second.hash, 29n)),
      does('second silent', second, SILENT),
      does('second fault', second, thenFault(SILENT), 78),
    ]);
    const states = Object.entries(done).map(([name, { state }]) => [name, state]);
    const faulted = states.filter(([, state]) => state === 'FAULT').map(([name]) => name);
    assert.deepEqual(faulted.sort(), ['fault', 'fault of another', 'second fault']);
    to = Math.max(...Object.values(done).map(({ blockIndex }) => blockIndex)) + 1;
    await network.waitForBlock(to);
  }

  const sourcesOf = (ownAccounts: readonly Hash160[], rpc: Rpc = network.rpc): BlockSource[] =>
    [createFastBlockSource, createPortableBlockSource].map((create) =>
      create({ rpc, gateway: fixture.gateway, ownAccounts }),
    );
  const read = async (source: BlockSource, first = from, last = to) =>
    (await source.read(first, last - first + 1)).blocks.flatMap(({ ownGas }) => ownGas);
  const both = () => [node.hash, second.hash];
  const fees = (name: string, account: DevnetAccount, nonce: number | null = null): OwnGas => {
    const { txHash: tx, systemFee, networkFee } = of(name);
    const fault = nonce === null ? null : { nonce };
    return { kind: 'fees', account: account.hash, tx, amount: systemFee + networkFee, fault };
  };
  const move = (name: string, account: DevnetAccount, other: Hash160, amount: bigint): OwnMove => ({
    kind: 'moved',
    account: account.hash,
    other,
    tx: of(name).txHash,
    amount,
  });

  it('is told of in full, with what caused it: fees, FAULTs, what came and what went', async () => {
    const { gateway, user } = fixture;
    const expected: OwnGas[] = [
      fees('silent', node),
      fees('fault', node, 77),
      fees('answer', node),
      fees('empty answer', node),
      fees('pays', node),
      move('pays', node, user.hash, -3n),
      move('is paid', node, user.hash, 11n),
      fees('between', node),
      move('between', node, second.hash, -17n),
      move('between', second, node.hash, 17n),
      fees('to itself', node),
      fees('nothing', node),
      fees('collect', node),
      move('collect', second, gateway, 23n),
      fees('deposit', second),
      move('deposit', second, gateway, -29n),
      fees('second silent', second),
      fees('second fault', second, 78),
    ];
    const key = ({ kind, tx, amount }: OwnGas) => `${tx} ${kind} ${amount}`;
    const sorted = (list: readonly OwnGas[]) =>
      [...list].sort((left, right) => (key(left) < key(right) ? -1 : 1));
    for (const source of sourcesOf(both())) {
      assert.deepEqual(sorted(await read(source)), sorted(expected));
    }
  });

  it('is the same by either path, in the same order, fees of each block first', async () => {
    const [fast, portable] = sourcesOf(both()) as [BlockSource, BlockSource];
    const quick = await fast.read(from, to - from + 1);
    const slow = await portable.read(from, to - from + 1);
    quick.blocks.forEach((block, at) => {
      assert.deepEqual(block.ownGas, slow.blocks[at]?.ownGas);
      const kinds = block.ownGas.map(({ kind }) => kind);
      assert.deepEqual(kinds, [...kinds].sort(), 'fees come first');
    });
    for (const index of [of('fault').blockIndex, of('answer').blockIndex, of('pays').blockIndex]) {
      const [tip, other] = await Promise.all([fast.tip(index), portable.tip(index)]);
      assert.deepEqual(tip.next?.blocks[0]?.ownGas, other.next?.blocks[0]?.ownGas);
      assert.deepEqual(tip.next?.blocks[0]?.ownGas, quick.blocks[index - from]?.ownGas);
    }
  });

  it('adds up to the balances of the chain', async () => {
    for (const source of sourcesOf(both())) {
      const all = await read(source, 0);
      for (const account of both()) {
        const sum = all
          .filter((gas) => gas.account === account)
          .reduce((total, { kind, amount }) => total + (kind === 'fees' ? -amount : amount), 0n);
        const held = asInteger(await network.read(GAS_TOKEN, 'balanceOf', [account]), 'balance');
        assert.equal(sum, held);
      }
    }
  });

  it('that a block mints, in rewards, is of no transaction and of nobody', async () => {
    const validator = createAccount(network.facts.committeeWif);
    const { networkFee, blockIndex } = of('collect');
    const [fast = [], portable = []] = await Promise.all(
      sourcesOf([validator.hash]).map((source) => read(source, blockIndex, blockIndex)),
    );
    assert.deepEqual(fast, portable);
    assert.ok(fast.length > 0);
    for (const gas of fast) {
      assert.ok(gas.kind === 'moved' && gas.tx === null && gas.other === null && gas.amount > 0n);
    }
    const [reward] = fast.map(({ amount }) => amount);
    assert.ok(reward !== undefined && reward >= networkFee, 'its fees go to who made the block');
  });

  it('is nobody else asked about, and nothing is asked where no account is own', async () => {
    for (const source of sourcesOf([createAccount().hash])) {
      assert.deepEqual(await read(source), []);
    }
    const calls: RpcCall[] = [];
    const [fast, portable] = sourcesOf([], spied(calls)) as [BlockSource, BlockSource];
    assert.deepEqual(await read(fast), []);
    const methods = new Set(calls.map(({ method }) => method));
    assert.deepEqual([...methods], ['getblocknotifications', 'getblockheader']);
    assert.ok(!JSON.stringify(calls).includes(GAS_TOKEN));
    calls.length = 0;
    assert.deepEqual(await read(portable), []);
    const logs = calls.filter(({ method }) => method === 'getapplicationlog');
    const { blocks } = await portable.read(from, to - from + 1);
    const hashes = new Set<unknown>(blocks.map(({ hash }) => hash));
    assert.ok(!logs.some(({ params: [hash] }) => hashes.has(hash)), 'no log of a block');
  });

  it('of answers alone takes no reading of their blocks', async () => {
    const calls: RpcCall[] = [];
    const [fast] = sourcesOf(both(), spied(calls)) as [BlockSource];
    const methodsAt = async (name: string) => {
      calls.length = 0;
      await fast.tip(of(name).blockIndex);
      return calls.map(({ method }) => method);
    };
    const first = ['getblockcount', 'getblocknotifications', 'getblockheader'];
    const noMore = [...first, 'getblocknotifications'];
    assert.deepEqual(await methodsAt('answer'), noMore);
    assert.deepEqual(await methodsAt('credit'), noMore);
    assert.deepEqual(await methodsAt('collect'), [...noMore, 'getblock'], 'an event: it HALTed');
    assert.deepEqual(await methodsAt('nothing'), [...noMore, 'getblock']);
    assert.deepEqual(await methodsAt('to itself'), [...noMore, 'getblock']);
  });

  it('is not made up: answers that do not fit together are refused, and may pass', async () => {
    const lying: Rpc = {
      ...network.rpc,
      batch: async (calls, options) => {
        const results = await network.rpc.batch(calls, options);
        return results.map((result, at) => {
          if (calls[at]?.method !== 'getblock' || !result.ok) return result;
          return { ok: true, result: { ...(result.result as object), tx: [] } };
        });
      },
    };
    const { blockIndex } = of('collect');
    const [fast, portable] = sourcesOf([node.hash], lying) as [BlockSource, BlockSource];
    for (const source of [fast, portable]) {
      const refused = { code: 'OWN_FEES_UNCLEAR', retryable: true };
      await assert.rejects(source.read(blockIndex, 1), refused);
    }
  });

  function spied(calls: RpcCall[]): Rpc {
    return {
      call: (method, params = [], options) => {
        calls.push({ method, params });
        return network.rpc.call(method, params, options);
      },
      batch: (some, options) => {
        calls.push(...some);
        return network.rpc.batch(some, options);
      },
    };
  }
});
