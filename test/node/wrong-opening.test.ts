import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sharedNetwork } from '../../scripts/devnet/shared-network.js';
import { walletOf } from '../../src/gasbank/accounts.js';
import { LIE_DATOSHI, type LyingProxy, startLyingProxy } from '../chain/lying-proxy.js';
import { commandLine, longestLine } from '../cli/command-line.js';
import { responsesTo } from './answers.js';
import { ask, consumerAsks, specOf } from './asking.js';
import { assertBooksMatchChain } from './books.js';
import { type NodeFixture, nodeFixture } from './node-fixture.js';
import { type RunningNode, startNode } from './running-node.js';

describe('an opening balance that the only endpoint told wrongly', function () {
  this.timeout(60_000);
  const cli = commandLine();
  let fixture: NodeFixture;
  let proxy: LyingProxy;
  let running: RunningNode;
  before(async () => {
    fixture = await nodeFixture(await sharedNetwork());
    proxy = await startLyingProxy(fixture.network.rpcUrl);
    proxy.lie = 'once';
    const network = { ...fixture.config.network, rpcUrls: [proxy.url] };
    running = await startNode({ ...fixture.config, network });
  });
  after(async () => {
    await running?.stop();
    await proxy?.stop();
    await fixture?.stop();
    cli.remove();
  });
  const wallet = () => walletOf(fixture.node.hash);
  const run = (...words: string[]) => cli.run('gasbank', ...words, '--config', fixture.config.file);
  const books = () => running.node.status().books;

  it('stops spending before anything is spent, by a difference of the wallet', async () => {
    await running.until('stopped', () => /the books differ/.test(books().stopped ?? ''));
    assert.equal(proxy.told, 1);
    assert.deepEqual(
      books().differences.map(({ account, chainDatoshi, ledgerDatoshi }) => [
        account,
        ledgerDatoshi - chainDatoshi,
      ]),
      [[wallet(), LIE_DATOSHI]],
    );
  });

  it('is named by reconcile, as sure as an endpoint that keeps the past makes it', async () => {
    const { exitCode, out } = await run('reconcile');
    assert.equal(exitCode, 1, out);
    assert.match(out, /^opening +wallet:N\w+ began with another balance than was told$/m);
    assert.match(out, /^to do +dodona gasbank rebuild --correct-opening books the difference/m);
    assert.ok(longestLine(out) <= 100, out);
    const json = JSON.parse((await run('reconcile', '--json')).out);
    assert.equal(json.differences[0].isOpeningWrong, true);
    proxy.keepsPast = false;
    const text = await readFile(fixture.config.file, 'utf8');
    const file = join(fixture.folder, 'no-past.yaml');
    await writeFile(file, text.replace(/^ {4}- http.*$/m, `    - ${proxy.url}`));
    const unsure = await cli.run('gasbank', 'reconcile', '--config', file);
    assert.match(unsure.out, /^opening +wallet:N\w+ may have begun with another balance/m);
    proxy.keepsPast = true;
  });

  it('is corrected by rebuild on demand, and the node goes on by itself', async () => {
    const { ids } = await ask(fixture, [consumerAsks(fixture, { spec: specOf(fixture, '/one') })]);
    const [id = 0n] = ids;
    await running.until('held', () => /nothing is spent/.test(running.find(id)?.reason ?? ''));
    const told = JSON.parse((await run('rebuild', '--json')).out);
    assert.deepEqual([told.ok, told.corrected, told.differingTransfers], [false, [], 1]);
    assert.equal(told.transfers[0].id, `${wallet()}:opening`);
    const { exitCode, out, err } = await run('rebuild', '--correct-opening');
    assert.equal(exitCode, 0, out + err);
    assert.match(out, /^corrected +wallet:N\w+ began with 0\.00000000 GAS, not 0\.00000007$/m);
    assert.ok(longestLine(out) <= 100, out);
    await running.until('spending goes on', () => books().stopped === null);
    await responsesTo(fixture, running, ids);
    await assertBooksMatchChain(fixture.network, fixture.gateway, running.db);
    for (const command of ['reconcile', 'rebuild']) {
      const again = await run(command, '--json');
      assert.equal(again.exitCode, 0, again.out + again.err);
    }
    const history = JSON.parse((await run('history', fixture.node.address, '--json')).out);
    const openings = history.transfers.filter(
      ({ cause }: { cause: string }) => cause === 'opening',
    );
    assert.deepEqual(
      openings.map(({ id: name }: { id: string }) => name),
      [`${wallet()}:opening:1`, `${wallet()}:opening`],
    );
    assert.equal(openings[0].amountDatoshi, String(LIE_DATOSHI));
  });
});
