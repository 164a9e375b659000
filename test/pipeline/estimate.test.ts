import assert from 'node:assert/strict';
import { depositCredit } from '../../scripts/devnet/contracts.js';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { sha256, toHex } from '../../src/base/bytes.js';
import { type Datoshi, parseGas } from '../../src/base/datoshi.js';
import { ResponseCode } from '../../src/base/outcome.js';
import { gatewayCalls } from '../../src/chain/gateway-calls.js';
import { readNetworkPolicy } from '../../src/chain/policy.js';
import { callScript, type ScriptArg, utf8 } from '../../src/chain/script.js';
import { asBytes } from '../../src/chain/stack-item-values.js';
import { tryAsking } from '../../src/pipeline/ask-trial.js';
import { rehearsedOf } from '../../src/pipeline/callback-trial.js';
import {
  type Estimate,
  type EstimateParts,
  type EstimateQuestion,
  estimateMaxFee,
} from '../../src/pipeline/estimate.js';
import { newRandomKey, possessionProof, prove } from '../contracts/random-proofs.js';
import { ask, consumerAsks, consumerAsksAsNative, senderAsks } from '../node/asking.js';
import { deployGames, rolls } from '../node/draws.js';
import { deployHostiles, modeScript } from '../node/hostile.js';
import { mustHalt, type NodeFixture, nodeFixture, setTerms } from '../node/node-fixture.js';

const SPEC = JSON.stringify({ url: 'https://example.org/' });
const URL = 'https://example.org/';
const MARGIN = { bps: 100n, minimum: 500_000n };

describe('the estimate of a maxFee', function () {
  this.timeout(60_000);
  let fixture: NodeFixture;
  let parts: EstimateParts;
  before(async () => {
    fixture = await nodeFixture(await sharedNetwork());
    const { network, gateway, node } = fixture;
    parts = {
      rpc: network.rpc,
      gateway,
      prices: await readNetworkPolicy(network.rpc),
      nodeAccount: node.hash,
      verificationScript: node.signer.verificationScript,
      nodeMargin: MARGIN,
      maxSystemFee: parseGas('10'),
    };
    // The first answer of an account costs it more: its earnings are stored anew.
    const { ids } = await ask(fixture, [consumerAsks(fixture, { spec: SPEC })]);
    await network.applied(await network.send(node, respond(ids[0] ?? 0n, 9, true)));
  });
  after(() => fixture?.stop());

  const respond = (requestId: bigint, bytes: number, deliver: boolean, code = 0): Buffer =>
    gatewayCalls(fixture.gateway).respond([
      { requestId, code, result: Buffer.alloc(bytes, 0x31), deliver, lostTx: null },
    ]);
  /** What `respond` really uses for a request that is pending. */
  const used = async (...args: Parameters<typeof respond>): Promise<Datoshi> => {
    const trial = await fixture.network.trial(fixture.node, respond(...args));
    assert.equal(trial.state, 'HALT', trial.exception ?? '');
    return trial.gasConsumed;
  };
  const question = (id: bigint, given: Partial<EstimateQuestion> = {}): EstimateQuestion => ({
    kind: 'http',
    subject: SPEC,
    requester: fixture.consumer,
    callback: 'onHttpAnswer',
    userData: null,
    id,
    code: 0,
    result: Buffer.alloc(9, 0x31),
    before: Buffer.alloc(0),
    beforeSigners: [],
    safetyBps: 1_000n,
    ...given,
  });
  /** The gas that an estimate expects of the answer, without margins and fees of the network. */
  const gasIn = ({ items }: Estimate): Datoshi =>
    items
      .filter(({ what }) => /rehearsed|tried on the node|part for this answer|allowance/.test(what))
      .reduce((sum, { datoshi }) => sum + datoshi, 0n);
  /** Not below, and above by less than the part of it. */
  const assertNear = (estimated: Datoshi, real: Datoshi, what: string, part = 80n): void => {
    const isNear = estimated >= real && estimated - real <= real / part;
    assert.equal(isNear, true, `${what}: ${estimated} estimated, ${real} used`);
  };

  it('is within 1.25 % of what a delivery uses, and never below it', async () => {
    const { ids } = await ask(fixture, [
      consumerAsks(fixture, { spec: SPEC }),
      consumerAsksAsNative(fixture, URL, '$.a'),
    ]);
    const [http = 0n, native = 0n] = ids;
    for (const bytes of [0, 9, 252, 253, 300, 1_000]) {
      const result = Buffer.alloc(bytes, 0x31);
      const asked = question(http, { result });
      assertNear(gasIn(await estimateMaxFee(parts, asked)), await used(http, bytes, true), 'http');
      const kind = 'oracle' as const;
      const given = { kind, subject: URL, callback: 'onAnswer', userData: 1n, result };
      const estimate = await estimateMaxFee(parts, question(native, given));
      assertNear(gasIn(estimate), await used(native, bytes, true), `native, ${bytes} bytes`);
    }
  });

  it('is as near for the answer of a function', async () => {
    const { network, gateway, owner, consumer } = fixture;
    const source = 'export default () => 1';
    const code = { codeHash: toHex(sha256(source)), source, uri: '' };
    const register = gatewayCalls(gateway).registerFunction('one', code);
    await mustHalt(network.send(owner, register).then(network.applied));
    const asks = callScript(consumer, 'askFunction', [1n, utf8('[]'), parseGas('2')]);
    const { ids } = await ask(fixture, [asks]);
    const [id = 0n] = ids;
    const given = { kind: 'function', subject: '[]', callback: 'onFunctionAnswer' } as const;
    const estimate = await estimateMaxFee(parts, question(id, given));
    assertNear(gasIn(estimate), await used(id, 9, true), 'function');
  });

  it('is as near where a result is kept, for every size and code', async () => {
    const { network, gateway } = fixture;
    const user = await network.newAccount();
    await depositCredit(network, user, gateway, user.hash, parseGas('50'));
    const { ids } = await ask(fixture, [senderAsks(fixture, { spec: SPEC })], user);
    const [id = 0n] = ids;
    const cases = [0, 1, 252, 253, 1_000, 20_000].map((bytes) => [bytes, 0] as const);
    for (const [bytes, code] of [...cases, [0, 0x1c] as const, [0, 0xff] as const]) {
      const given = { requester: user.hash, callback: '', code, result: Buffer.alloc(bytes) };
      const roomy = { ...parts, maxSystemFee: parseGas('100') };
      const estimate = await estimateMaxFee(roomy, question(id, given));
      assertNear(gasIn(estimate), await used(id, bytes, false, code), `${bytes} bytes, ${code}`);
      assert.equal(estimate.callbackDatoshi, null);
    }
  });

  it('counts what a sponsor adds', async () => {
    const { network, gateway } = fixture;
    const [user, sponsor] = [await network.newAccount(), await network.newAccount()];
    const calls = gatewayCalls(gateway);
    await depositCredit(network, sponsor, gateway, sponsor.hash, parseGas('20'));
    const itemsOf = async (...given: Parameters<typeof question>): Promise<string> => {
      const { items } = await estimateMaxFee(parts, question(...given));
      return items.map(({ what }) => what).join();
    };
    assert.doesNotMatch(await itemsOf(0n, { requester: user.hash, callback: '' }), /sponsor/);
    const send = (from: typeof user, script: Buffer) =>
      network.send(from, script).then(network.applied);
    await send(sponsor, calls.sponsor(user.hash, parseGas('5'), parseGas('10')));
    await send(user, calls.acceptSponsor(sponsor.hash));
    const { ids } = await ask(fixture, [senderAsks(fixture, { spec: SPEC })], user);
    const [id = 0n] = ids;
    const given = { requester: user.hash, callback: '' };
    const estimate = await estimateMaxFee(parts, question(id, given));
    assert.match(estimate.items.map(({ what }) => what).join(), /sponsor/);
    const real = await used(id, 9, false);
    assertNear(gasIn(estimate), real, 'sponsored', 50n);
    // His own credit comes first, as far as it suffices.
    await depositCredit(network, user, gateway, user.hash, parseGas('20'));
    assert.doesNotMatch(await itemsOf(id, given), /sponsor/);
  });

  it('adds up: its items are what to send, margins, premium and minimum included', async () => {
    const { ids } = await ask(fixture, [consumerAsks(fixture, { spec: SPEC })]);
    const asked = question(ids[0] ?? 0n);
    const sum = ({ items }: Estimate) => items.reduce((all, { datoshi }) => all + datoshi, 0n);
    const plain = await estimateMaxFee(parts, asked);
    assert.equal(sum(plain), plain.maxFeeDatoshi);
    const safety = (plain.neededDatoshi + 9n) / 10n;
    assert.equal(plain.maxFeeDatoshi, plain.neededDatoshi + safety);
    assert.equal(plain.chargeDatoshi < plain.neededDatoshi, true);
    await setTerms(fixture, { premium: 7n, minimum: parseGas('0.35') });
    const premium = await estimateMaxFee(parts, asked);
    // Once for the delivery, and once for the plain answer that is held back.
    assert.equal(premium.neededDatoshi - plain.neededDatoshi, 14n);
    assert.equal(sum(premium), premium.maxFeeDatoshi);
    await setTerms(fixture, { premium: 0n, minimum: parseGas('5') });
    const least = await estimateMaxFee(parts, { ...asked, safetyBps: 0n });
    assert.equal(least.maxFeeDatoshi, parseGas('5'));
    assert.equal(sum(least), parseGas('5'));
    await setTerms(fixture, { minimum: parseGas('0.35') });
  });

  it('says of a callback that would not take its answer what it does', async () => {
    const [hostile] = await deployHostiles(fixture, 1);
    assert.ok(hostile, 'none was deployed');
    const refused = async (callback: string, mode: string, id = 1n) => {
      const { network, owner } = fixture;
      await network.applied(await network.send(owner, modeScript(hostile, mode)));
      return estimateMaxFee(parts, question(id, { requester: hostile.hash, callback }));
    };
    await assert.rejects(refused('nothingLikeThis', ''), {
      code: 'CALLBACK_FAILS',
      message: /^there is no nothingLikeThis of 0x/,
    });
    await assert.rejects(refused('onAnswer', 'throw'), {
      code: 'CALLBACK_FAILS',
      message: /^onAnswer of 0x\w+ \(N\w+\) threw/,
    });
    await assert.rejects(refused('onAnswer', 'abort'), {
      code: 'CALLBACK_FAILS',
      message: /would bring its answer down: /,
    });
  });

  it('says when no transaction may cost what the answer does', async () => {
    const { ids } = await ask(fixture, [consumerAsks(fixture, { spec: SPEC })]);
    const asked = question(ids[0] ?? 0n, { result: Buffer.alloc(20_000, 0x31) });
    await assert.rejects(estimateMaxFee(parts, asked), {
      code: 'ESTIMATE_TOO_DEAR',
      message: /needs 2\d\.\d{8} GAS of system fee, the limit .* is 10\.00000000 GAS/,
    });
  });

  it('takes requests that an account makes itself, and says of which it knows nothing', async () => {
    const { network, gateway, node, owner } = fixture;
    const user = await network.newAccount();
    const asked = (method: string, args: readonly ScriptArg[]) =>
      tryAsking(network.rpc, gateway, node.hash, {
        contract: gateway,
        method,
        args,
        sender: user.hash,
      });
    const rest = [utf8(''), null, parseGas('1')];
    const request = await asked('requestHttp', [utf8(SPEC), utf8('$.a'), ...rest]);
    const { requester, subject, filter, callback } = request;
    const expected = { requester: user.hash, subject: SPEC, filter: '$.a', callback: '' };
    assert.deepEqual({ requester, subject, filter, callback }, expected);
    const noKey = asked('requestRandom', [utf8('seed'), ...rest]);
    await assert.rejects(noKey, { code: 'ASK_FAILS', message: /no random key is set/ });
    const key = newRandomKey();
    const proof = possessionProof(gateway, key);
    const propose = callScript(gateway, 'proposeRandomKey', [key.publicKey, proof]);
    await mustHalt(network.send(owner, propose).then(network.applied));
    const random = await asked('requestRandom', [utf8('seed'), utf8(''), null, parseGas('10')]);
    assert.deepEqual([random.kind, random.callback, random.maxFee], ['random', '', parseGas('10')]);
  });

  it('is as near for a random number, kept and delivered, and holds back what keeping it costs', async () => {
    const { network, gateway, owner } = fixture;
    const key = newRandomKey();
    const calls = gatewayCalls(gateway);
    const proposal = calls.proposeRandomKey(key.publicKey, possessionProof(gateway, key));
    await mustHalt(network.send(owner, proposal).then(network.applied));
    const games = await deployGames(fixture, parseGas('40'));
    const { ids, applied } = await ask(fixture, [rolls(games, 1n, 6n)]);
    const [id = 0n] = ids;
    const seed = applied.notifications.find(({ name }) => name === 'RandomRequest')?.state[3];
    assert.ok(seed);
    const proof = prove(key, asBytes(seed, 'seed'));
    const real = async (deliver: boolean): Promise<Datoshi> => {
      const item = { requestId: id, code: 0, result: proof, deliver, lostTx: null };
      const trial = await network.trial(fixture.node, calls.respond([item]));
      assert.equal(trial.state, 'HALT', trial.exception ?? '');
      return trial.gasConsumed;
    };
    const result = sha256(proof);
    const given = { kind: 'random', subject: '', result, before: Buffer.alloc(0) } as const;
    const delivering = { ...given, requester: games, callback: 'onRoll', userData: [1n, 6n] };
    const estimate = await estimateMaxFee(parts, question(id, delivering));
    const keeping = { ...given, requester: games, callback: '' };
    const kept = await estimateMaxFee(parts, question(id, keeping));
    assertNear(gasIn(kept), await real(false), 'kept');
    assertNear(gasIn(estimate), await real(true), 'delivered');
    const heldBack = estimate.items.find(({ what }) => /^keeping the number, held back/.test(what));
    assert.equal(heldBack?.datoshi, kept.chargeDatoshi);
    assert.equal(estimate.keptDatoshi, kept.chargeDatoshi);
  });

  it('reads what the gateway says of a rehearsal, and nothing that a callback forges', () => {
    const said = (text: string) => rehearsedOf(`at instruction 1 (ABORTMSG): Reason: ${text}`);
    assert.equal(said('rehearsed: returned'), 'returned');
    assert.equal(said('rehearsed: threw rehearsed: returned'), 'threw rehearsed: returned');
    assert.equal(said('rehearsed: threw '), 'threw ');
    assert.equal(said('other'), null);
    assert.equal(ResponseCode.Success, 0);
  });
});
