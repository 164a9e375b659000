import assert from 'node:assert/strict';
import { createAccount } from '../../scripts/devnet/account.js';
import { systemClock } from '../../src/base/clock.js';
import { parseGas } from '../../src/base/datoshi.js';
import { type Hash160, hash256 } from '../../src/base/hash.js';
import type { BlockSource, TailedBlock } from '../../src/chain/block-source.js';
import { createFastBlockSource } from '../../src/chain/block-source-fast.js';
import { createPortableBlockSource } from '../../src/chain/block-source-portable.js';
import { checkChain } from '../../src/chain/chain-check.js';
import { createContractEventReader } from '../../src/chain/contract-events.js';
import { readFigures, readFiguresAt } from '../../src/chain/figures.js';
import { gatewayCalls } from '../../src/chain/gateway-calls.js';
import { decodeGatewayEvent } from '../../src/chain/gateway-events.js';
import { type Invocation, invokeCall, parseInvocation } from '../../src/chain/invocation.js';
import { readNetworkPolicy } from '../../src/chain/policy.js';
import { createPreflight } from '../../src/chain/preflight.js';
import type { Rpc } from '../../src/chain/rpc.js';
import { RpcCode } from '../../src/chain/rpc-error.js';
import { callScript, utf8 } from '../../src/chain/script.js';
import {
  buildTransaction,
  signTransaction,
  type TransactionDraft,
} from '../../src/chain/transaction.js';
import { readTransactionStates } from '../../src/chain/transaction-state.js';
import { boundedScript, ranOutOfGas } from '../../src/pipeline/bounded-script.js';
import { rehearsedOf } from '../../src/pipeline/callback-trial.js';
import { gasBalance } from '../contracts/books.js';
import { setMode } from '../contracts/hostile.js';
import { thrownText, withoutGas } from './compare-chains.js';
import { playScenario } from './play-scenario.js';
import type { Twins } from './twin-chains.js';

const SEED = 7;
const ROUNDS = 25;

describe('the RPC answers of the simulated chain beside those of neo-go', function () {
  this.timeout(180_000);
  let twins: Twins;
  let both: readonly Rpc[];
  let first: number;
  let last: number;

  before(async () => {
    ({ twins } = await playScenario(SEED, ROUNDS, { met: new Map(), gas: [] }));
    await twins.advance();
    both = [twins.network.rpc, twins.simulatedRpc];
    first = twins.firstIndex + 1;
    last = twins.chain.views.height();
  });
  after(() => twins?.network.disconnect());

  /** What the node's own code makes of each chain's answers. */
  const alike = async <T>(what: string, ask: (rpc: Rpc) => Promise<T>): Promise<void> => {
    const [real, simulated] = await Promise.all(both.map(ask));
    assert.deepEqual(simulated, real, what);
  };

  it('give the same blocks, by the fast path and by the portable one', async () => {
    const ownAccounts = Object.values(twins.accounts).map(({ hash }) => hash);
    for (const create of [createFastBlockSource, createPortableBlockSource]) {
      await alike(create.name, async (rpc) => {
        const source = create({ rpc, gateway: twins.gateway, ownAccounts });
        const told = await readAll(source, first, last);
        assert.ok(told.some(({ events }) => events.length > 0));
        assert.ok(told.some(({ ownGas }) => ownGas.some(({ kind }) => kind === 'moved')));
        return told;
      });
    }
  });

  it('tell of events of other contracts, by either path', async () => {
    const contracts = [twins.contracts.asker, twins.gateway];
    for (const mode of ['auto', 'portable'] as const) {
      await alike(mode, (rpc) =>
        createContractEventReader({ rpc, clock: systemClock, mode }).read(
          first,
          last - first + 1,
          contracts,
        ),
      );
    }
  });

  it('tell what became of transactions', async () => {
    const hashes = twins.chain.views.transactions().map(({ hash }) => hash);
    const unknown = hash256('ab'.repeat(32));
    await alike('states', async (rpc) => {
      const states = await readTransactionStates(rpc, [...hashes, unknown]);
      return states.map((state) =>
        state.kind === 'inBlock' ? { block: state.block, halted: state.halted } : state,
      );
    });
  });

  it('tell of the network, the gateway and figures of now and then', async () => {
    const { gateway, accounts, network } = twins;
    await alike('the check of the chain', async (rpc) => {
      const { userAgent, height, ...facts } = await checkChain(rpc, {
        magic: network.magic,
        gateway,
      });
      assert.ok(height >= last && userAgent.includes('NEO-GO'));
      return facts;
    });
    await alike('the policy', (rpc) => readNetworkPolicy(rpc));
    const figures = [gasBalance(accounts.node.hash), gasBalance(gateway)];
    // Of the same block: the real chain goes on.
    await alike('figures', async (rpc) => (await readFigures(rpc, figures))?.values);
    for (const height of [first, first + 10, last - 1]) {
      await alike(`figures at ${height}`, (rpc) => readFiguresAt(rpc, height, figures));
    }
  });

  it('try transactions with the same outcome, and for gas that is some percent from the real', async () => {
    const { gateway, accounts, contracts, chain } = twins;
    const calls = gatewayCalls(gateway);
    const { user, node } = accounts;
    const kept = { code: 0, result: Buffer.from('1'), lostTx: null };
    // What ended stays as it is, though the real chain goes on.
    const ids = chain.views
      .requests()
      .filter(({ endings }) => endings.length > 0)
      .map(({ id }) => id);
    assert.ok(ids.length > 0);
    const asking = { filter: '', callback: '', userData: null, maxFee: parseGas('1') };
    const scripts: readonly (readonly [string, Hash160, Buffer])[] = [
      ['a deposit', user.hash, calls.deposit(user.hash, parseGas('1'))],
      ['a question', user.hash, calls.requestHttp({ spec: '{}', ...asking })],
      [
        'an answer to nobody',
        node.hash,
        calls.respond([{ requestId: 1n << 60n, deliver: true, ...kept }]),
      ],
      ['a stranger who answers', user.hash, calls.respond([])],
      ['expiry', user.hash, calls.expire(ids)],
      ['a collection', node.hash, calls.collect(node.hash, node.hash, 1n)],
      [
        'a rehearsal',
        user.hash,
        calls.rehearse(contracts.asker, 'onAnswer', [1n, null, 0n, utf8('x')]),
      ],
      [
        'a missing callback',
        user.hash,
        calls.rehearse(contracts.asker, 'nothing', [1n, null, 0n, utf8('x')]),
      ],
      ['bounded', user.hash, boundedScript(calls.expire(ids), parseGas('3'))],
      ['bounded too low', user.hash, boundedScript(calls.expire(ids), 1_000n)],
    ];
    for (const [what, sender, script] of scripts) {
      const draft: TransactionDraft = {
        script,
        signers: [{ account: sender, scope: 'CalledByEntry' }],
        systemFee: what.includes('rehearsal') || what.includes('callback') ? 0n : parseGas('5'),
        networkFee: parseGas('0.05'),
        nonce: 1,
        validUntilBlock: last + 100,
      };
      for (const mode of ['auto', 'portable'] as const) {
        const [real, simulated] = await Promise.all(
          both.map((rpc) => createPreflight({ rpc, clock: systemClock, mode })(draft)),
        );
        assert.ok(real && simulated);
        assert.equal(endOf(simulated), endOf(real), `${what}, ${mode}`);
        assert.equal(simulated.contained, real.contained);
        if (real.state === 'HALT') isNear(what, simulated.gasConsumed, real.gasConsumed);
      }
    }
  });

  it('know what the hostile contract does in each of its modes, and what can be caught of it', async () => {
    const { asker, other } = twins.contracts;
    const tick = callScript(asker, 'tick', [1n]);
    const tried = callScript(other, 'tryCall', [asker, utf8('tick'), [1n]]);
    for (const mode of MODES) {
      const set = setMode(asker, mode, mode === 'notifications' ? 3n : parseGas('0.1'));
      for (const [how, call] of Object.entries({ tick, tried })) {
        await alike(`${mode}, ${how}`, async (rpc) => {
          const { method, params } = invokeCall(
            boundedScript(Buffer.concat([set, call]), MODE_GAS),
            [],
          );
          const trial = parseInvocation(await rpc.call(method, params), 'a mode');
          const caught = trial.state === 'HALT' && trial.stack.at(-2);
          return [endOf(trial), caught];
        });
      }
    }
  });

  it('refuse the same transactions with the same codes', async () => {
    const { network, chain, accounts } = twins;
    const { user, second } = accounts;
    const poor = createAccount();
    const good: TransactionDraft = {
      script: callScript(twins.gateway, 'version'),
      signers: [{ account: user.hash, scope: 'CalledByEntry' }],
      systemFee: parseGas('0.1'),
      networkFee: parseGas('0.1'),
      nonce: 77,
      validUntilBlock: chain.views.height() + 200,
    };
    const of = (account: typeof user) => [{ account: account.hash, scope: 'None' as const }];
    const bad: readonly (readonly [
      what: string,
      draft: Partial<TransactionDraft>,
      number,
      by?: typeof user,
    ])[] = [
      ['too low a network fee', { networkFee: 1_000n }, RpcCode.InsufficientNetworkFee],
      ['no GAS', { signers: of(poor) }, RpcCode.InsufficientFunds, poor],
      ['expired', { validUntilBlock: first }, RpcCode.ExpiredTransaction],
      ['too far ahead', { validUntilBlock: 2 ** 31 }, RpcCode.ExpiredTransaction],
      ['more than a block takes', { systemFee: parseGas('9001') }, RpcCode.PolicyFailed],
      ["another's witness", {}, RpcCode.VerificationFailed, second],
      [
        "another's signature",
        {},
        RpcCode.InvalidSignature,
        { ...user, signer: { ...user.signer, sign: second.signer.sign } },
      ],
    ];
    for (const [what, change, code, by = user] of bad) {
      const unsigned = buildTransaction({ ...good, ...change });
      // A signer whose account is said to be that of the transaction, whatever its key is.
      const signer = { ...by.signer, account: unsigned.signers[0]?.account ?? by.hash };
      const { raw } = await signTransaction(unsigned, network.magic, [signer]);
      for (const rpc of both) {
        await assert.rejects(
          rpc.call('sendrawtransaction', [raw.toString('base64')]),
          (thrown: unknown) => {
            assert.equal((thrown as { rpcCode?: number }).rpcCode, code, `${what}: ${thrown}`);
            return true;
          },
        );
      }
    }
  });
});

/** What a mode may use: the endless one is not to take longer than others. */
const MODE_GAS = parseGas('12');

/** Of contracts/testing/hostile, but those that call or that know the block. */
const MODES = [
  '',
  'throw',
  'throwArray',
  'abort',
  'abortMessage',
  'assert',
  'endless',
  'burn',
  'burnAll',
  'missingContract',
  'missingMethod',
  'wrongParameterCount',
  'manyNotifications',
  'notifications',
  'largeNotification',
  'unknownEvent',
  'stack',
  'recurse',
  'largeItem',
  'curve',
  'divide',
  'faultInBlock',
  'throwInBlock',
  'mutate',
  'destroy',
  'no such mode',
];

/** How a trial ended, in the words that the node looks at. */
function endOf(trial: Invocation): string {
  if (trial.state === 'HALT') return `HALT ${trial.notifications.map(({ name }) => name)}`;
  const { exception } = trial;
  const refusal = thrownText(exception);
  if (refusal !== null) return refusal;
  return ranOutOfGas(exception) ? 'out of gas' : (rehearsedOf(exception) ?? 'fault');
}

/** What the model's gas may be off by, in percent. */
const GAS_PERCENT = 5n;

function isNear(what: string, simulated: bigint, real: bigint): void {
  const off = simulated > real ? simulated - real : real - simulated;
  assert.ok(off * 100n <= real * GAS_PERCENT, `${what}: ${simulated} instead of ${real} datoshi`);
}

/** Blocks as the node takes them in, without hashes, and without what follows from gas alone. */
async function readAll(source: BlockSource, first: number, last: number) {
  const { blocks } = await source.read(first, last - first + 1);
  return blocks.map(({ index, ownGas, notifications }: TailedBlock) => ({
    index,
    ownGas,
    events: notifications.map((each) => ({
      tx: each.txHash,
      at: each.indexInBlock,
      event: withoutGas(decodeGatewayEvent(each)),
    })),
  }));
}
