import assert from 'node:assert/strict';
import {
  createSimulatedChain,
  type ModeChoice,
  type RpcReply,
  type SimulatedChain,
} from '../../scripts/simulator/chain/simulated-chain.js';
import { parseGas } from '../../src/base/datoshi.js';
import { type Hash160, type Hash256, hash160 } from '../../src/base/hash.js';
import { gatewayCalls } from '../../src/chain/gateway-calls.js';
import { gatewayReads } from '../../src/chain/gateway-reads.js';
import { parseInvocation } from '../../src/chain/invocation.js';
import { callScript, utf8 } from '../../src/chain/script.js';
import { createLocalSigner } from '../../src/chain/signer.js';
import { buildTransaction, signTransaction } from '../../src/chain/transaction.js';

const account = (digit: string): Hash160 => hash160(digit.repeat(40));
const [GATEWAY, EXECUTOR, OWNER, USER, ASKER] = ['a', 'b', '1', '3', '4'].map(account) as [
  Hash160,
  Hash160,
  Hash160,
  Hash160,
  Hash160,
];
const MAGIC = 5;
const signer = createLocalSigner(Buffer.alloc(32, 7));
const NODE = signer.account;
const START_MS = 1_700_000_000_000;
const calls = gatewayCalls(GATEWAY);
const reads = gatewayReads(GATEWAY);

interface Driven {
  readonly chain: SimulatedChain;
  /** Sends without a signature. */
  readonly send: (by: Hash160, script: Buffer) => Hash256;
  readonly block: () => ReturnType<SimulatedChain['produceBlock']>;
}

function drive(chooseMode?: ModeChoice): Driven {
  const chain = createSimulatedChain({
    magic: MAGIC,
    gateway: GATEWAY,
    executor: EXECUTOR,
    owner: OWNER,
    nodeAccount: NODE,
    startIndex: 100,
    startTimeMs: START_MS,
    endpoints: 2,
    gas: new Map([OWNER, USER, NODE].map((each) => [each, parseGas('1000')])),
    contracts: [{ kind: 'hostile', hash: ASKER, ...(chooseMode ? { chooseMode } : {}) }],
    proofs: 'trusted',
  });
  let nonce = 0;
  return {
    chain,
    send: (by, script) =>
      chain.submit({
        script,
        signers: [{ account: by, scope: 'CalledByEntry' }],
        systemFee: parseGas('2'),
        networkFee: parseGas('0.05'),
        nonce: nonce++,
        validUntilBlock: chain.views.height() + 20,
      }),
    block: () => chain.produceBlock(START_MS + (chain.views.height() - 99) * 1_000),
  };
}

/** A request of the contract, which has credit; it is the first. */
function ask({ send, block }: Driven): void {
  send(OWNER, calls.deposit(OWNER, parseGas('50'), ASKER));
  block();
  const args = [utf8('{}'), utf8(''), utf8('onAnswer'), null, parseGas('5')];
  send(OWNER, callScript(ASKER, 'call', [GATEWAY, utf8('requestHttp'), args]));
  block();
}

const answer = calls.respond([
  { requestId: 1n, code: 0, result: Buffer.from('1'), deliver: true, lostTx: null },
]);
const resultOf = (reply: RpcReply): unknown => {
  assert.ok('result' in reply, JSON.stringify(reply));
  return reply.result;
};
const codeOf = (reply: RpcReply): number => {
  assert.ok('error' in reply, 'an error was expected');
  return reply.error.code;
};

describe('what a harness can do to the simulated chain', () => {
  it('lets an endpoint lag: blocks, transactions and state are those of then', () => {
    const driven = drive();
    const { chain, send, block } = driven;
    ask(driven);
    const sent = send(NODE, answer);
    block();
    const earned = (): bigint => {
      const script = reads.earnedOf(NODE).script.toString('base64');
      const told = parseInvocation(resultOf(chain.rpc(1, 'invokescript', [script, []])), 'a read');
      assert.ok(told.state === 'HALT' && told.stack[0]);
      return reads.earnedOf(NODE).decode(told.stack[0]);
    };
    const now = earned();
    assert.ok(now > 0n);
    chain.faultsOf(1).lagBlocks = 1;
    assert.equal(resultOf(chain.rpc(1, 'getblockcount', [])), 103);
    assert.equal(resultOf(chain.rpc(0, 'getblockcount', [])), 104);
    assert.equal(codeOf(chain.rpc(1, 'getblock', [103, true])), -101);
    assert.equal(codeOf(chain.rpc(1, 'gettransactionheight', [sent])), -103);
    assert.equal(codeOf(chain.rpc(1, 'getapplicationlog', [sent])), -105);
    assert.ok(resultOf(chain.rpc(1, 'getrawtransaction', [sent, true])), 'it waits there');
    assert.equal(earned(), 0n);
    chain.faultsOf(1).lagBlocks = 0;
    assert.equal(earned(), now, 'a look back changes nothing');
  });

  it('lets an endpoint lie, lack blocks and methods, and say anything', () => {
    const { chain, block } = drive();
    block();
    const faults = chain.faultsOf(1);
    faults.heightLie = 7;
    assert.equal(resultOf(chain.rpc(1, 'getblockcount', [])), 109);
    faults.missingBlocks.add(101);
    assert.equal(codeOf(chain.rpc(1, 'getblockheader', [101, true])), -101);
    faults.missingMethods.add('getblocknotifications');
    assert.equal(codeOf(chain.rpc(1, 'getblocknotifications', [101])), -32601);
    faults.intercept = (method) => (method === 'getversion' ? { result: 'nonsense' } : null);
    assert.equal(resultOf(chain.rpc(1, 'getversion', [])), 'nonsense');
    assert.ok(resultOf(chain.rpc(0, 'getblockheader', [101, true])), 'the other is well');
  });

  it('drops, holds and faults transactions, and lets them die', () => {
    const { chain, send, block } = drive();
    const deposit = calls.deposit(USER, parseGas('1'));
    const dropped = send(USER, deposit);
    chain.decide(dropped, { kind: 'dropped' });
    assert.equal(codeOf(chain.rpc(0, 'getrawtransaction', [dropped, true])), -103);
    const held = send(USER, deposit);
    chain.decide(held, { kind: 'held', untilIndex: 103 });
    assert.equal(block().transactions.length, 0);
    assert.equal(block().transactions.length, 0);
    assert.deepEqual(
      block().transactions.map(({ hash, state }) => [hash, state]),
      [[held, 'HALT']],
    );
    const before = chain.views.gasOf(USER);
    chain.onTransaction(() => ({ kind: 'faulted', exception: 'no more of it' }));
    send(USER, deposit);
    const [faulted] = block().transactions;
    assert.deepEqual([faulted?.state, faulted?.exception], ['FAULT', 'no more of it']);
    assert.equal(before - chain.views.gasOf(USER), parseGas('2.05'), 'its fees are burnt');
    assert.equal(chain.views.balances().held, parseGas('1'));
    chain.onTransaction(() => ({ kind: 'never' }));
    const never = send(USER, deposit);
    for (let at = 0; at < 19; at++) block();
    assert.deepEqual(
      chain.views.waiting().map(({ hash }) => hash),
      [never],
    );
    block();
    assert.equal(chain.views.waiting().length, 0, 'after its last block');
  });

  it('has a callback change its mind between the trial and the block', () => {
    const driven = drive(({ phase }) => (phase === 'block' ? 'abort' : null));
    const { chain, send, block } = driven;
    ask(driven);
    const signers = [{ account: NODE, scopes: 'CalledByEntry' }];
    const tried = chain.rpc(0, 'invokescript', [answer.toString('base64'), signers]);
    assert.equal(parseInvocation(resultOf(tried), 'a trial').state, 'HALT');
    send(NODE, answer);
    assert.equal(block().transactions[0]?.state, 'FAULT');
    assert.deepEqual(chain.views.requests()[0]?.endings, []);
  });

  it('takes another policy from the next block on', () => {
    const { chain, send, block } = drive();
    send(USER, calls.deposit(USER, parseGas('1')));
    const [dear] = block().transactions;
    chain.setPolicy({ execFeeFactor: 3n, storagePrice: 1_000n });
    assert.equal(chain.views.policy().execFeeFactor, 30n);
    send(USER, calls.deposit(USER, parseGas('1')));
    const [cheap] = block().transactions;
    assert.ok(dear && cheap && cheap.gasConsumed * 9n < dear.gasConsumed);
  });

  it('takes in what is signed, once, and refuses what is not', async () => {
    const { chain } = drive();
    const unsigned = buildTransaction({
      script: answer,
      signers: [{ account: NODE, scope: 'CalledByEntry' }],
      systemFee: parseGas('1'),
      networkFee: parseGas('0.1'),
      nonce: 1,
      validUntilBlock: 110,
    });
    const { raw } = await signTransaction(unsigned, MAGIC, [signer]);
    const forged = await signTransaction(unsigned, MAGIC + 1, [signer]);
    const give = (bytes: Buffer) => chain.rpc(0, 'sendrawtransaction', [bytes.toString('base64')]);
    assert.equal(codeOf(give(forged.raw)), -508);
    assert.deepEqual(resultOf(give(raw)), { hash: unsigned.hash });
    assert.equal(codeOf(give(raw)), -503);
    chain.produceBlock(START_MS + 1_000);
    assert.equal(codeOf(give(raw)), -501);
    assert.equal(codeOf(give(raw.subarray(0, 50))), -32602);
  });

  it('does the same again, byte for byte', () => {
    const once = (): string => {
      const driven = drive();
      ask(driven);
      driven.send(NODE, answer);
      driven.block();
      const { chain } = driven;
      const body = JSON.stringify(
        [101, 102, 103].map((id) => ({ id, method: 'getblock', params: [id, true] })),
      );
      return chain.post(0, body).body;
    };
    assert.equal(once(), once());
  });
});
