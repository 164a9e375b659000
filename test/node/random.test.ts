import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { depositCredit } from '../../scripts/devnet/contracts.js';
import { changeRandomKey } from '../../scripts/devnet/random-key.js';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { parseGas } from '../../src/base/datoshi.js';
import type { Hash160 } from '../../src/base/hash.js';
import { createPortableBlockSource } from '../../src/chain/block-source-portable.js';
import { callScript, utf8 } from '../../src/chain/script.js';
import { asInteger } from '../../src/chain/stack-item-values.js';
import type { NodeConfig } from '../../src/config/node-config.js';
import { findRequest } from '../../src/operations/find-request.js';
import { commandLine, longestLine } from '../cli/command-line.js';
import { below } from '../contracts/drawing.js';
import { keptAnswer, responsesTo } from './answers.js';
import { ask, consumerAsks, specOf } from './asking.js';
import { assertBooksMatchChain } from './books.js';
import { DRAW_FEE, deployGames, numberFor, rolls, senderDraws } from './draws.js';
import { deployHostiles, modeScript } from './hostile.js';
import { mustHalt, type NodeFixture, nodeFixture, setTerms } from './node-fixture.js';
import { KILLED, startNodeProcess } from './node-process.js';
import { type RunningNode, startNode } from './running-node.js';

describe('a node draws random numbers', function () {
  this.timeout(90_000);
  let fixture: NodeFixture;
  let games: Hash160;
  let running: RunningNode;
  const cli = commandLine();
  before(async () => {
    fixture = await nodeFixture(await sharedNetwork(), {
      drawsNumbers: true,
      nodeGas: parseGas('300'),
    });
    games = await deployGames(fixture, parseGas('400'));
    running = await startNode(fixture.config);
  });
  after(async () => {
    cli.remove();
    await running?.stop();
    await fixture?.stop();
  });

  let drawn = { id: 0n, number: '' };
  const verify = async (...words: string[]) => {
    const { exitCode, out, err } = await cli.run('verify', String(drawn.id), ...words);
    const told = words.includes('--json') ? JSON.parse(out) : null;
    return { exitCode, out, err, told };
  };
  const elsewhere = () => ['--rpc', fixture.network.rpcUrl, '--gateway', fixture.gateway];
  const here = () => ['--config', fixture.config.file];
  const NOT_DRAWN = (id = 0n) => `Request ${id}: unproven: there is no number`;
  const numberOf = async (id: bigint): Promise<bigint> =>
    asInteger(await fixture.network.read(games, 'numberOf', [id]), 'number');
  const answerTo = async (script: Buffer, sender = fixture.owner) => {
    const { ids } = await ask(fixture, [script], sender);
    const [response] = await responsesTo(fixture, running, ids);
    assert.ok(response);
    return response;
  };
  const assertAsPredicted = (id: bigint): void => {
    const whats = running.explain(id).steps.map(({ what }) => what);
    assert.deepEqual(whats, ['requested', 'resolved', 'answer sent', 'answered']);
  };

  it('that a contract asks for, and delivers them, at the fee that it foretold', async () => {
    const { id, code, delivered, fee, lost } = await answerTo(rolls(games, 1n, 6n));
    assert.deepEqual({ code, delivered, lost }, { code: 0, delivered: true, lost: 0n });
    assert.ok(fee > parseGas('4') && fee < parseGas('4.8'), `${fee}`);
    const number = await numberFor(fixture, running, id);
    assert.equal(await numberOf(id), 1n + below(number, 0, 6n).value);
    assertAsPredicted(id);
    assert.match(running.explain(id).steps[1]?.why ?? '', /48 bytes: the proof under random key 1/);
  });

  it('that an account asks for, and has the gateway keep them', async () => {
    const { network, gateway } = fixture;
    const user = await network.newAccount(parseGas('20'));
    await depositCredit(network, user, gateway, user.hash, parseGas('12'));
    const { id, delivered } = await answerTo(senderDraws(fixture), user);
    assert.equal(delivered, false);
    const kept = await keptAnswer(fixture, id);
    assert.deepEqual(kept?.result, await numberFor(fixture, running, id));
    assertAsPredicted(id);
  });

  it('with the maxFee that dodona estimate tells, needed to the datoshi', async () => {
    const asks = ['--ask', `${games}.roll`, '--ask-args', `[1, 6, ${DRAW_FEE}]`];
    const who = ['--as', fixture.owner.address, '--json', ...here()];
    const { out, err } = await cli.run('estimate', ...asks, ...who);
    const told = JSON.parse(out || '{}');
    assert.deepEqual([told.kind, told.result?.bytes], ['random', 32], err);
    const needed = BigInt(told.neededDatoshi);
    const { delivered, fee } = await answerTo(rolls(games, 1n, 6n, needed));
    assert.equal(delivered, true);
    const [charged, foretold] = [fee, BigInt(told.chargeDatoshi)];
    assert.ok(
      charged <= foretold && foretold - charged < foretold / 50n,
      `${charged}, ${foretold}`,
    );
    const short = await answerTo(rolls(games, 1n, 6n, (needed * 9n) / 10n));
    assert.equal(short.delivered, false);
  });

  it("beside web requests of the same block, at nobody else's cost", async () => {
    fixture.source.on('/one', (_, response) => response.end('[1]'));
    const web = consumerAsks(fixture, { spec: specOf(fixture, '/one') });
    const roll = rolls(games, 1n, 100n);
    // The first answer to the consumer costs it more than what comes after: what it stores is new.
    await answerTo(web);
    const { ids } = await ask(fixture, [web, roll, roll, web, roll, roll, roll, web]);
    const responses = await responsesTo(fixture, running, ids);
    for (const [at, { id, delivered, fee }] of responses.entries()) {
      assert.equal(delivered, true, `request ${id}`);
      const isWeb = [0, 3, 7].includes(at);
      assert.equal(fee < parseGas('0.5'), isWeb, `request ${id} was charged ${fee}`);
      assertAsPredicted(id);
    }
    const transactions = new Set(ids.map((id) => running.explain(id).endedTx));
    assert.ok(transactions.size < ids.length, 'some shared a transaction');
    await assertBooksMatchChain(fixture.network, fixture.gateway, running.db);
  });

  it('and keeps one whose callback FAULTs in its block: the same number, at its own cost', async () => {
    const { network, owner, gateway } = fixture;
    const [hostile] = await deployHostiles(fixture, 1);
    assert.ok(hostile);
    const mode = modeScript(hostile, 'faultBelowGas', parseGas('1.5'));
    await mustHalt(network.send(owner, mode).then(network.applied));
    const question = [Buffer.alloc(0), utf8('onAnswer'), null, DRAW_FEE];
    const asks = callScript(hostile.hash, 'call', [gateway, utf8('requestRandom'), question]);
    const { ids } = await ask(fixture, [asks, rolls(games, 1n, 6n)]);
    const [guilty, honest] = await responsesTo(fixture, running, ids);
    assert.deepEqual([guilty?.delivered, honest?.delivered, honest?.lost], [false, true, 0n]);
    assert.ok(guilty && guilty.lost > parseGas('4'), `${guilty?.lost}`);
    const number = await numberFor(fixture, running, guilty.id);
    assert.deepEqual((await keptAnswer(fixture, guilty.id))?.result, number);
    await assertBooksMatchChain(network, gateway, running.db);
  });

  it('and keeps one whose maxFee pays for no delivery with a kept proof after it', async () => {
    const { id, delivered, fee } = await answerTo(rolls(games, 1n, 6n, parseGas('5.5')));
    assert.equal(delivered, false);
    assert.ok(fee > parseGas('4'), `${fee}`);
    const number = await numberFor(fixture, running, id);
    assert.deepEqual((await keptAnswer(fixture, id))?.result, number);
    const sent = running.explain(id).steps.find(({ what }) => what === 'answer sent');
    assert.match(sent?.why ?? '', /kept at the gateway; .*with delivery needs .*maxFee is 5\.5/);
  });

  it('and gives up one whose maxFee pays for no proof: it is refunded, and counted', async () => {
    await setTerms(fixture, { minimum: 0n, lifetime: 20 });
    const { ids } = await ask(fixture, [rolls(games, 1n, 6n, parseGas('3'))]);
    await setTerms(fixture, { lifetime: 1_000 });
    const [id = 0n] = ids;
    await running.untilEnded(ids);
    const { state, steps } = running.explain(id);
    assert.equal(state, 'expired');
    const given = steps.find(({ what }) => what === 'given up');
    assert.match(given?.why ?? '', /maxFee pays for no answer: .* needs 4\.\d+ GAS, maxFee is 3/);
    assert.match(await running.metricsText(), /^dodona_unanswered_total\{kind="random"\} 1$/m);
  });

  it('under the key that each was asked under, while the node changes its key', async () => {
    const { network, owner, config } = fixture;
    await running.stop();
    const before = await ask(fixture, [rolls(games, 1n, 1_000_000n)]);
    const key = await changeRandomKey(network, owner, config);
    const after = await ask(fixture, [rolls(games, 1n, 1_000_000n)]);
    running = await startNode(config);
    const ids = [...before.ids, ...after.ids];
    await responsesTo(fixture, running, ids);
    const subjects = ids.map((id) => running.explain(id).subject.split(',')[0]);
    assert.deepEqual(subjects, ['key 1', 'key 2']);
    for (const id of ids) {
      const number = await numberFor(fixture, running, id);
      assert.equal(await numberOf(id), 1n + below(number, 0, 1_000_000n).value);
    }
    // A node that runs finds a key that is added, too.
    await changeRandomKey(network, owner, config);
    const { id } = await answerTo(rolls(games, 1n, 6n));
    assert.match(running.explain(id).subject, /^key 3,/);
    const { random } = running.node.status();
    assert.deepEqual([random?.keyId, random?.isHeld, random?.keysHeld], [3n, true, 3]);
    assert.ok(!running.logText().includes(key.secret.toString('hex')));
  });

  it('that anybody can verify by the id, where a node knows the transactions', async () => {
    const { network, owner, gateway } = fixture;
    await depositCredit(network, owner, gateway, owner.hash, DRAW_FEE);
    const { id } = await answerTo(senderDraws(fixture));
    drawn = { id, number: (await numberFor(fixture, running, id)).toString('hex') };
    const { told, err } = await verify(...here(), '--json');
    assert.deepEqual([told?.verdict, told?.number], ['verified', drawn.number], err);
    const found = told.checks.map((check: { found: string }) => check.found);
    assert.deepEqual(found, ['holds', 'holds', 'holds', 'holds', 'holds', 'holds']);
    const text = await verify(...here());
    assert.match(text.out, new RegExp(`^Request ${id}: verified\n`));
    assert.match(text.out, new RegExp(`^number {5}${drawn.number}$`, 'm'));
    assert.equal(longestLine(text.out) <= 100, true, text.out);
  });

  it('that anybody can verify by the chain alone, also with standard calls only', async () => {
    const { network, gateway, fromBlock } = fixture;
    const looked = await verify(...elsewhere(), '--from-block', String(fromBlock), '--json');
    assert.equal(looked.told?.number, drawn.number, looked.err);
    const { askedIn, answeredIn } = looked.told;
    const at = ['--asked-in', askedIn, '--answered-in', answeredIn];
    assert.equal((await verify(...elsewhere(), ...at, '--json')).told?.verdict, 'verified');
    const source = createPortableBlockSource({ rpc: network.rpc, gateway });
    const range = { fromIndex: fromBlock, lastIndex: await network.height() };
    const portable = await findRequest(source, drawn.id, range, () => {});
    assert.deepEqual(portable, { askedIn, endedIn: answeredIn });
    const pending = await verify(...elsewhere(), '--asked-in', askedIn);
    assert.match(pending.out, /unproven: there is no number[\s\S]*not answered yet/);
  });

  it("and that is found false where it is another's, or nobody's", async () => {
    const { endedTx, createdTx } = running.explain(drawn.id);
    const theirs = running.explain((await answerTo(rolls(games, 1n, 6n))).id);
    const at = (asked: string, answered: string | null) =>
      verify(...elsewhere(), '--asked-in', asked, '--answered-in', answered ?? '');
    for (const { exitCode, out } of [
      await at(theirs.createdTx, endedTx),
      await at(createdTx, theirs.endedTx),
      await at(`0x${'ab'.repeat(32)}`, endedTx),
    ]) {
      assert.equal(exitCode, 1);
      assert.match(out, /^Request \d+: DIFFERS/);
      assert.match(out, /^fails {6}/m);
    }
    const unknown = await cli.run('verify', '999999', ...elsewhere(), '--from-block', '1');
    assert.match(unknown.err, /made no request 999999 at 0x/);
    const bad = await verify(...elsewhere(), '--asked-in', 'x');
    assert.match(bad.err, /the value of --asked-in is no hash of a transaction/);
  });

  it('over an endpoint that has standard calls only, too', async () => {
    await running.stop();
    const { config } = fixture;
    running = await startNode({
      ...config,
      network: { ...config.network, dialect: 'portable' },
    });
    const { ids } = await ask(fixture, [rolls(games, 1n, 6n), rolls(games, 1n, 6n)]);
    for (const { id, delivered } of await responsesTo(fixture, running, ids)) {
      assert.equal(delivered, true);
      assertAsPredicted(id);
    }
    await assertBooksMatchChain(fixture.network, fixture.gateway, running.db);
  });

  it('once, though it is killed on the way', async () => {
    await running.stop();
    const asked: bigint[] = [];
    for (const at of ['resolved', 'persisted'] as const) {
      const { ids } = await ask(fixture, [rolls(games, 1n, 6n)]);
      asked.push(...ids);
      const process = await startNodeProcess(fixture, { crash: { at, nth: 1 } });
      assert.equal(await process.exited, KILLED, await process.logText());
    }
    running = await startNode(fixture.config);
    await responsesTo(fixture, running, asked);
    await assertBooksMatchChain(fixture.network, fixture.gateway, running.db);
  });

  it('but none under a key that it does not hold: it says so, and the payer is refunded', async () => {
    await running.stop();
    const { config } = fixture;
    const without: NodeConfig = {
      ...config,
      random: { ...config.random, keyFile: `${config.storage.dir}/none` },
    };
    running = await startNode(without);
    assert.match(running.logText(), /random key is 3 \(\w{16}\), which this node does not hold/);
    assert.equal(running.node.status().random?.isHeld, false);
    await setTerms(fixture, { lifetime: 15 });
    const { ids } = await ask(fixture, [rolls(games, 1n, 6n)]);
    await setTerms(fixture, { lifetime: 1_000 });
    await running.untilEnded(ids);
    const { state, steps, reason } = running.explain(ids[0] ?? 0n);
    assert.equal(state, 'expired');
    const waits = steps.find(({ what }) => what === 'to be tried again');
    assert.match(waits?.why ?? '', /^try 1 failed: this node does not hold random key 3 \(/);
    assert.match(reason, /refunded 11\.00000000 GAS/);
    const { exitCode, out } = await cli.run('verify', String(ids[0]), ...here());
    assert.deepEqual([exitCode, out.split('\n')[0]], [1, NOT_DRAWN(ids[0])]);
    assert.match(out, /nobody answered: it was refunded in\s+0x[0-9a-f]{64}/);
  });

  it('and those that wait for a key once it is back', async () => {
    const { ids } = await ask(fixture, [rolls(games, 1n, 6n)]);
    const [id = 0n] = ids;
    await running.until('it waits', () =>
      (running.find(id)?.reason ?? '').includes('does not hold'),
    );
    const { dir } = fixture.config.storage;
    copyFileSync(join(dir, 'random.key'), join(dir, 'none'));
    await responsesTo(fixture, running, ids);
    assert.equal(running.explain(id).state, 'answered');
  });
});
