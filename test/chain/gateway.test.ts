import assert from 'node:assert/strict';
import type { PrivateNetwork } from '../../scripts/devnet/private-network.js';
import { sha256, toHex } from '../../src/base/bytes.js';
import { systemClock } from '../../src/base/clock.js';
import { parseGas } from '../../src/base/datoshi.js';
import { hash160, hash256 } from '../../src/base/hash.js';
import { checkChain } from '../../src/chain/chain-check.js';
import { readContract, readTogether } from '../../src/chain/contract-read.js';
import { gatewayCalls } from '../../src/chain/gateway-calls.js';
import { decodeGatewayEvent } from '../../src/chain/gateway-events.js';
import { gatewayOwnerCalls } from '../../src/chain/gateway-owner-calls.js';
import { gatewayReads } from '../../src/chain/gateway-reads.js';
import { GAS_TOKEN } from '../../src/chain/native-contracts.js';
import { readNetworkPolicy } from '../../src/chain/policy.js';
import { createPreflight } from '../../src/chain/preflight.js';
import type { Rpc } from '../../src/chain/rpc.js';
import { callScript, utf8 } from '../../src/chain/script.js';
import { readTransactionStates } from '../../src/chain/transaction-state.js';
import {
  type GatewayFixture,
  gatewayFixture,
  MAX_FEE,
  QUESTION,
  thenFault,
} from './gateway-fixture.js';
import { holds } from './holds.js';

const NOBODY = hash160(`0x${'77'.repeat(20)}`);

const SOURCE = 'export default async () => 42';
const CODE = { codeHash: toHex(sha256(SOURCE)), source: SOURCE, uri: 'https://x.org/f.js' };
const FUNCTION_QUESTION = {
  functionId: 1n,
  args: '[1]',
  callback: '',
  userData: null,
  maxFee: MAX_FEE,
};

const RANDOM_QUESTION = { seed: utf8('x'), callback: '', userData: null, maxFee: MAX_FEE };

const UPKEEP = { method: 'x', args: [], trigger: 'every:1', maxFee: MAX_FEE };

describe('gateway on a real node', () => {
  let fixture: GatewayFixture;
  let network: PrivateNetwork;
  before(async () => {
    fixture = await gatewayFixture();
    ({ network } = fixture);
    const { gateway, user } = fixture;
    const deposit = gatewayCalls(gateway).deposit(user.hash, parseGas('5'));
    await network.applied(await network.send(user, deposit));
  });
  after(() => network.disconnect());

  const ask = async (maxFee = MAX_FEE): Promise<bigint> => {
    const script = gatewayCalls(fixture.gateway).requestHttp({ ...QUESTION, maxFee });
    const { stack } = await network.applied(await network.send(fixture.user, script));
    const [id] = stack;
    assert.equal(id?.type, 'Integer');
    return id.value;
  };

  it('is read in one go, at one height', async () => {
    const { gateway, user, owner, node, executor } = fixture;
    const id = await ask();
    const reads = gatewayReads(gateway);
    const { height, values } = await readTogether(network.rpc, [
      reads.version(),
      reads.owner(),
      reads.nodeAccount(),
      reads.executor(),
      reads.isPaused(),
      reads.overlap(),
      reads.proposedUpdate(),
      reads.reservedOf(user.hash),
      reads.requestOf(id),
      reads.resultOf(id),
      reads.sponsorOf(user.hash),
      reads.sponsorshipOf(NOBODY, user.hash),
      reads.policy(),
      reads.earnedOf(node.hash),
      reads.randomKey(),
      reads.randomKeyOf(1n),
    ]);
    assert.deepEqual(values.slice(-2), [{ keyId: 0n, publicKey: null }, null]);
    const [version, readOwner, nodeAccount, readExecutor, isPaused, overlap, update] = values;
    const [, , , , , , , reserved, request, result, sponsor, sponsorship, policy, earned] = values;
    holds(height > 0 && height <= (await network.height()));
    assert.deepEqual([version, readOwner, nodeAccount], [1, owner.hash, node.hash]);
    assert.deepEqual([readExecutor, isPaused, overlap, update], [executor, false, null, null]);
    assert.equal(reserved, MAX_FEE);
    assert.equal(request?.requester, user.hash);
    assert.equal(request?.payer, user.hash);
    assert.deepEqual([request?.kind, request?.callback, request?.url], [1, '', null]);
    assert.equal(request?.maxFee, MAX_FEE);
    assert.equal(request?.deadline, (request?.asked ?? 0) + policy.requestLifetime);
    assert.deepEqual([result, sponsor, earned], [null, null, 0n]);
    assert.deepEqual(sponsorship, { maxFeePerRequest: 0n, allowance: 0n });
    assert.equal(policy.premiums.length, 6);
    assert.equal(await readContract(network.rpc, reads.creditOf(NOBODY)), 0n);
  });

  it('registers functions, and reads them and their code', async () => {
    const { gateway, user } = fixture;
    const [calls, reads] = [gatewayCalls(gateway), gatewayReads(gateway)];
    await network.applied(await network.send(user, calls.registerFunction('f', CODE)));
    const { values } = await readTogether(network.rpc, [
      reads.functionOf(1n),
      reads.codeOf(CODE.codeHash),
      reads.functionOf(2n),
      reads.codeOf('00'.repeat(32)),
    ]);
    const [registered, code, ...none] = values;
    assert.deepEqual(registered, { owner: user.hash, name: 'f', codeHash: CODE.codeHash });
    assert.deepEqual(code, { source: Buffer.from(SOURCE), uris: [CODE.uri] });
    assert.deepEqual(none, [null, null]);
  });

  it('fails a read with the reason that the contract gives', async () => {
    const read = gatewayReads(fixture.gateway).requestOf(-1n);
    const message = /a contract read failed: .*id of requestOf is not from 0/;
    await assert.rejects(readContract(network.rpc, read), {
      code: 'CONTRACT_READ_FAILED',
      message,
    });
  });

  it('answers a request by a transaction whose preflight tells how it ends', async () => {
    const { gateway, node } = fixture;
    const id = await ask();
    const calls = gatewayCalls(gateway);
    const answer = { requestId: id, code: 0, result: utf8('42'), deliver: false, lostTx: null };
    const script = calls.respond([answer]);
    const draft = {
      script,
      signers: [{ account: node.hash, scope: 'CalledByEntry' as const }],
      systemFee: parseGas('0.3'),
      networkFee: parseGas('0.01'),
      nonce: 1,
      validUntilBlock: (await network.height()) + 50,
    };
    for (const mode of ['auto', 'portable'] as const) {
      const preflight = createPreflight({ rpc: network.rpc, clock: systemClock, mode });
      const ran = await preflight(draft);
      assert.equal(ran.state, 'HALT');
      assert.equal(ran.contained, mode === 'auto');
      holds(ran.gasConsumed > 0n);
      const response = ran.state === 'HALT' && ran.notifications[0];
      holds(response && response.contract === gateway);
      const { name, state } = response;
      const place = { txHash: hash256(ZERO), indexInBlock: 0 };
      const event = decodeGatewayEvent({ ...place, name, state: [...state()] });
      holds(event.name === 'Response');
      assert.equal(event.id, id);
      // Only inside the transaction are its fees seen, and so charged.
      assert.equal(event.fee > parseGas('0.1'), mode === 'auto');
      const refused = await preflight({ ...draft, signers: [{ account: NOBODY, scope: 'None' }] });
      holds(refused.state === 'FAULT');
      assert.match(refused.exception, /the node account's witness is missing/);
    }
    const done = await network.applied(await network.send(node, script));
    assert.equal(done.state, 'HALT');
    const reads = gatewayReads(gateway);
    const { values } = await readTogether(network.rpc, [
      reads.resultOf(id),
      reads.requestOf(id),
      reads.pendingCount(),
      reads.earnedOf(node.hash),
    ]);
    const [kept, pending, , earned] = values;
    assert.equal(kept?.result.toString(), '42');
    assert.equal(kept?.answered, done.blockIndex);
    assert.equal(pending, null);
    holds(earned > 0n);
    await network.applied(await network.send(node, calls.collect(node.hash, node.hash, earned)));
    assert.equal(await readContract(network.rpc, reads.earnedOf(node.hash)), 0n);
  });

  it('tells what became of transactions: in a block, FAULTed, waiting or unknown', async () => {
    const { gateway, user } = fixture;
    const calls = gatewayCalls(gateway);
    const good = calls.deposit(user.hash, 1000n);
    const systemFee = parseGas('0.5');
    const halted = await network.send(user, good, { systemFee });
    const faulted = await network.send(user, thenFault(good), { systemFee });
    const [first, second] = await Promise.all([network.applied(halted), network.applied(faulted)]);
    const waiting = await network.send(user, good, { systemFee });
    const unknown = hash256(`0x${'22'.repeat(32)}`);
    const hashes = [unknown, faulted, waiting, halted];
    const states = await readTransactionStates(network.rpc, hashes);
    assert.deepEqual(states[0], { kind: 'unknown' });
    holds(states[1]?.kind === 'inBlock' && !states[1].halted);
    assert.equal(states[1].block, second.blockIndex);
    assert.match(states[1].exception ?? '', /ABORT/);
    // It may have come into a block since it was sent.
    holds(states[2]?.kind === 'inMempool' || states[2]?.kind === 'inBlock');
    const { gasConsumed, blockIndex } = first;
    const expected = { kind: 'inBlock', block: blockIndex, halted: true, exception: null };
    assert.deepEqual(states[3], { ...expected, gasConsumed });
    assert.deepEqual(await readTransactionStates(network.rpc, []), []);
  });

  it('is checked at the start, and named by what is wrong with it', async () => {
    const { gateway, node, executor } = fixture;
    const { rpc, magic } = network;
    const facts = await checkChain(rpc, { magic, gateway });
    assert.equal(facts.nodeAccount, node.hash);
    assert.match(facts.userAgent, /NEO-GO/);
    assert.deepEqual([facts.isPaused, facts.overlap, facts.blockMs], [false, null, 100]);
    const fails = (
      expected: { magic: number; gateway: `0x${string}` },
      code: string,
      why: RegExp,
    ) => assert.rejects(checkChain(rpc, expected), { code, message: why, retryable: false });
    await fails({ magic: 7, gateway }, 'CHAIN_WRONG_NETWORK', /is of network \d+, but .* names 7/);
    await fails({ magic, gateway: NOBODY }, 'GATEWAY_MISSING', /there is no contract 0x7777/);
    const other = /is no gateway: it has no method version, respond/;
    await fails({ magic, gateway: executor }, 'GATEWAY_NOT_ONE', other);
    await fails({ magic, gateway: GAS_TOKEN }, 'GATEWAY_NOT_ONE', /\(GasToken\) is no gateway/);
  });

  it('is not spoken to when it is of another version', async () => {
    const { gateway } = fixture;
    const { rpc, magic } = network;
    const newer: Rpc = {
      ...rpc,
      call: async (method, params, options) => {
        const answer = await rpc.call<{ stack?: { value: unknown }[] }>(method, params, options);
        if (answer.stack?.[1]) answer.stack[1].value = '2';
        return answer as never;
      },
    };
    await assert.rejects(checkChain(newer, { magic, gateway }), {
      code: 'GATEWAY_WRONG_VERSION',
      message: 'the gateway is of version 2, but this node speaks 1',
      hint: 'Update the node.',
    });
  });

  it('is called by methods that it has, with as many arguments as they take', async () => {
    const calls = gatewayCalls(fixture.gateway);
    const oracle = { url: 'https://x', filter: '', callback: '', userData: null };
    const scripts: { readonly [Name in keyof typeof calls]: Buffer } = {
      respond: calls.respond([]),
      expire: calls.expire([1n]),
      collect: calls.collect(NOBODY, NOBODY, 1n),
      withdraw: calls.withdraw(NOBODY, NOBODY, 1n),
      request: calls.request({ ...oracle, gasForResponse: 1n }),
      requestHttp: calls.requestHttp(QUESTION),
      requestFunction: calls.requestFunction(FUNCTION_QUESTION),
      requestRandom: calls.requestRandom(RANDOM_QUESTION),
      proposeRandomKey: calls.proposeRandomKey(Buffer.alloc(96), Buffer.alloc(48)),
      registerFunction: calls.registerFunction('f', CODE),
      updateFunction: calls.updateFunction(1n, CODE),
      performUpkeeps: calls.performUpkeeps([]),
      submitPrices: calls.submitPrices([]),
      sponsorFeed: calls.sponsorFeed('GAS/USD', 1n, 1n),
      chooseFeedSponsor: calls.chooseFeedSponsor('GAS/USD', NOBODY),
      registerUpkeep: calls.registerUpkeep({ ...UPKEEP, target: NOBODY }),
      cancelUpkeep: calls.cancelUpkeep(1n),
      fundUpkeep: calls.fundUpkeep(1n),
      redeliver: calls.redeliver(1n),
      takeResult: calls.takeResult(1n),
      dropResults: calls.dropResults([1n]),
      rehearse: calls.rehearse(NOBODY, 'x', []),
      sponsor: calls.sponsor(NOBODY, 1n, 1n),
      acceptSponsor: calls.acceptSponsor(NOBODY),
      proposeNodeAccount: calls.proposeNodeAccount(NOBODY),
      acceptNodeAccount: calls.acceptNodeAccount(1),
      revokeNodeAccount: calls.revokeNodeAccount(),
      pause: calls.pause(true),
      deposit: calls.deposit(NOBODY, 1n),
    };
    const owned = gatewayOwnerCalls(fixture.gateway);
    const ofOwner: { readonly [Name in keyof typeof owned]: Buffer } = {
      setPolicy: owned.setPolicy(POLICY),
      transferOwnership: owned.transferOwnership(NOBODY),
      acceptOwnership: owned.acceptOwnership(),
    };
    for (const [name, script] of Object.entries({ ...scripts, ...ofOwner })) {
      const { exception } = await network.trial(fixture.user, script);
      assert.doesNotMatch(exception ?? '', /method not found/i, name);
    }
    const wrong = callScript(fixture.gateway, 'sponsor', [NOBODY]);
    const { exception } = await network.trial(fixture.user, wrong);
    assert.match(exception ?? '', /method not found/i);
  });

  it('runs on a network whose fees are read, not assumed', async () => {
    const policy = await readNetworkPolicy(network.rpc);
    assert.deepEqual(
      [policy.feePerByte, policy.execFeeFactor, policy.execPicoFeeFactor, policy.storagePrice],
      [1000n, 30n, 300_000n, 100_000n],
    );
    holds(policy.maxValidUntilBlockIncrement > 0);
    assert.equal(policy.maxBlockSystemFee, null);
  });
});

const POLICY = {
  premiums: [0n, 0n, 0n, 0n, 0n, 0n],
  minimums: [1n, 1n, 1n, 1n, 1n, 1n],
  ...{ requestLifetime: 1, resultLifetime: 1, networkFeeCeiling: 1n, updateDelay: 0 },
};
const ZERO = `0x${'00'.repeat(32)}`;
