import assert from 'node:assert/strict';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import type { Datoshi } from '../../src/base/datoshi.js';
import { readContract } from '../../src/chain/contract-read.js';
import { gatewayReads } from '../../src/chain/gateway-reads.js';
import { commandLine, longestLine } from '../cli/command-line.js';
import { responsesTo, storedAnswer } from './answers.js';
import { ask, consumerAsks, consumerAsksAsNative, specOf } from './asking.js';
import { json } from './local-source.js';
import { type NodeFixture, nodeFixture, setTerms } from './node-fixture.js';
import { type RunningNode, startNode } from './running-node.js';

/** What the estimate is asked with; enough for a trial, and never sent. */
const TRIAL_FEE = 100_000_000;

describe('a request with the maxFee that dodona estimate tells', function () {
  this.timeout(60_000);
  const cli = commandLine();
  let fixture: NodeFixture;
  let running: RunningNode;
  before(async () => {
    fixture = await nodeFixture(await sharedNetwork());
    fixture.source.on('/prices', json({ gas: { usd: '4.81', note: 'x'.repeat(300) } }));
    await setTerms(fixture, { minimum: 0n, premium: 12_345n });
    running = await startNode(fixture.config);
  });
  after(async () => {
    cli.remove();
    await running?.stop();
    await fixture?.stop();
  });

  const estimate = async (...words: string[]) => {
    const config = ['--config', fixture.config.file];
    const { exitCode, out, err } = await cli.run('estimate', ...words, ...config, '--json');
    assert.equal(exitCode, 0, out + err);
    const told = JSON.parse(out);
    const amount = (name: string): Datoshi => BigInt(told[name]);
    return { told, maxFee: amount('maxFeeDatoshi'), needed: amount('neededDatoshi'), amount };
  };
  const estimateAsking = (method: string, args: readonly unknown[]) =>
    estimate(
      ...['--ask', `${fixture.consumer}.${method}`, '--ask-args', JSON.stringify(args)],
      ...['--as', fixture.owner.address, '--fetch'],
    );
  const creditOf = () =>
    readContract(fixture.network.rpc, gatewayReads(fixture.gateway).creditOf(fixture.consumer));

  it('is answered with delivery, for about what was foretold', async () => {
    const spec = specOf(fixture, '/prices');
    const url = `${fixture.source.httpsUrl}/prices`;
    const cases = [
      ['askHttp', spec, consumerAsks],
      ['ask', url, null],
    ] as const;
    for (const [method, subject, asks] of cases) {
      for (const filter of ['$.gas.usd', '']) {
        const { told, maxFee, amount } = await estimateAsking(method, [subject, filter, TRIAL_FEE]);
        assert.equal(told.result.from, 'fetched');
        assert.equal(told.result.bytes, filter === '' ? 332 : 8, told.result.reason);
        const script =
          asks === null
            ? consumerAsksAsNative(fixture, subject, filter, maxFee)
            : asks(fixture, { spec: subject, filter, maxFee });
        const { ids } = await ask(fixture, [script]);
        const [response] = await responsesTo(fixture, running, ids);
        const { code, delivered, fee = 0n, lost, premium = 0n } = response ?? {};
        assert.deepEqual({ code, delivered, lost }, { code: 0, delivered: true, lost: 0n });
        const [charged, foretold] = [fee + premium, amount('chargeDatoshi')];
        const far = charged > foretold ? charged - foretold : foretold - charged;
        const about = `${method} ${filter}: ${charged} charged, ${foretold} foretold`;
        assert.equal(far < foretold / 50n, true, about);
      }
    }
    assert.equal((await storedAnswer(fixture, 'answerOf', 1n)).result, '["4.81"]');
  });

  it('is not delivered with a fifth less than is needed, but answered, and charged no more', async () => {
    const spec = specOf(fixture, '/prices');
    const { needed } = await estimateAsking('askHttp', [spec, '$.gas.usd', TRIAL_FEE]);
    const maxFee = (needed * 4n) / 5n;
    const before = await creditOf();
    const { ids } = await ask(fixture, [
      consumerAsks(fixture, { spec, filter: '$.gas.usd', maxFee }),
    ]);
    const [response] = await responsesTo(fixture, running, ids);
    const { delivered, fee = 0n, lost = 0n, premium = 0n } = response ?? {};
    assert.equal(delivered, false);
    const charged = fee + lost + premium;
    assert.equal(charged <= maxFee, true, `${charged} of ${maxFee}`);
    assert.equal(before - (await creditOf()), charged, 'the rest came back');
    const explained = running.explain(ids[0] ?? 0n);
    assert.equal(explained.state, 'answered');
    const sent = explained.steps.find(({ what }) => what === 'answer sent');
    assert.match(sent?.why ?? '', /with delivery needs .*maxFee is/);
  });

  it('is delivered with what is needed to the datoshi, without any margin', async () => {
    const spec = specOf(fixture, '/prices');
    const { needed } = await estimateAsking('askHttp', [spec, '', TRIAL_FEE]);
    const { ids } = await ask(fixture, [consumerAsks(fixture, { spec, maxFee: needed })]);
    const [response] = await responsesTo(fixture, running, ids);
    assert.equal(response?.delivered, true);
  });

  it('is told in items that add up, for people within 100 columns', async () => {
    const callback = ['--callback', `${fixture.consumer}.onHttpAnswer`];
    const asked = ['--spec', specOf(fixture, '/prices'), ...callback, '--margin', '12.5'];
    const { exitCode, out } = await cli.run('estimate', ...asked, '--config', fixture.config.file);
    assert.equal(exitCode, 0);
    assert.equal(longestLine(out) <= 100, true, out);
    assert.match(out, /^request {4}requestHttp, answered with Success, 1024 bytes \(assumed\)/);
    const amounts = [...out.matchAll(/^ +(\d+\.\d{8}) {2}(.*)$/gm)].map(([, amount = '', what]) => {
      return { amount: BigInt(amount.replace('.', '')), what };
    });
    const total = amounts.pop();
    assert.equal(
      amounts.reduce((sum, { amount }) => sum + amount, 0n),
      total?.amount,
    );
    assert.match(total?.what ?? '', new RegExp(`^maxFee, in GAS \\(${total?.amount} datoshi\\)$`));
    assert.match(out, / {2}callback onHttpAnswer, rehearsed$/m);
    assert.match(out, / {2}safety margin of 12\.50 %$/m);
    assert.match(out, /^note +a result of 1024 bytes is assumed/m);
    assert.match(out, /^note +the callback was tried without its request of id 1000000: /m);
  });

  it('is told of a contract that has too little credit yet', async () => {
    const more = Number(await creditOf()) + TRIAL_FEE;
    const args = [specOf(fixture, '/prices'), '', more];
    const { maxFee, needed } = await estimateAsking('askHttp', args);
    assert.equal(maxFee > needed && maxFee < BigInt(TRIAL_FEE) * 3n, true, String(maxFee));
  });

  it("is told without a node of one's own, and what the source says now", async () => {
    const chain = ['--rpc', fixture.network.rpcUrl, '--gateway', fixture.gateway];
    const asked = ['--url', 'https://127.0.0.1/', '--fetch', ...chain, '--json'];
    const { exitCode, out } = await cli.run('estimate', ...asked);
    assert.equal(exitCode, 0, out);
    const told = JSON.parse(out);
    assert.equal(told.result.code, 24);
    assert.match(told.notes[0], /the answer would be Forbidden now: /);
    assert.equal(told.callback, null);
  });

  it('is not told where the question makes no sense, and why', async () => {
    const { consumer, config } = fixture;
    const spec = specOf(fixture, '/prices');
    const cases: [string[], RegExp][] = [
      [[], /expected one of --url, --spec, --function, --random, --ask and --upkeep, got none/],
      [['--function', '--fetch'], /what requestFunction asks for cannot be fetched here/],
      [['--random', '--fetch'], /a random number always has 32 bytes\nto do: leave --fetch and/],
      [['--url', 'x', '--spec', 'y'], /got --url, --spec/],
      [['--url', 'x'.repeat(257)], /url has 257 bytes/],
      [['--url', 'x', '--filter', 'y'.repeat(129)], /filter has 129 bytes/],
      [['--url', 'x', '--callback', 'onAnswer'], /callback is "onAnswer"/],
      [['--url', 'x', '--callback', `${consumer}.nothing`], /there is no nothing of 0x/],
      [['--url', 'x', '--as', 'N'], /--ask-args and --as go with --ask/],
      [['--url', 'x', '--fetch', '--result-bytes', '5'], /exclude each other/],
      [['--url', 'x', '--result-bytes', '61441'], /result-bytes is "61441"/],
      [['--url', 'x', '--margin', 'much'], /margin is "much"/],
      [['--url', 'x', '--user-data', '{'], /user-data is \{/],
      [['--ask', `${consumer}.ask`, '--id', '3'], /--id comes from the contract/],
      [['--ask', `${consumer}.lastAnswer`], /lastAnswer of 0x\w+ makes no request: it asks/],
      [
        ['--ask', `${consumer}.askHttp`, '--ask-args', JSON.stringify([spec, '', TRIAL_FEE])],
        /askHttp of 0x\w+ makes no request: only the owner may do this\nto do: .*--as/,
      ],
    ];
    for (const [words, pattern] of cases) {
      const { exitCode, out, err } = await cli.run('estimate', ...words, '--config', config.file);
      assert.deepEqual([exitCode, out], [1, ''], words.join(' '));
      assert.match(err, pattern);
    }
  });
});
