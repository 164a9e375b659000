import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { sharedNetwork } from '../../../scripts/devnet/shared-network.js';
import { systemClock } from '../../../src/base/clock.js';
import type { NodeConfig } from '../../../src/config/node-config.js';
import { LEAST_NODE } from '../../../src/operations/doctor/host/node-version.js';
import { wayOf } from '../../../src/operations/doctor/rpc/reachable.js';
import { startFaultyProxy } from '../../chain/faulty-proxy.js';
import { type LocalEndpoint, startEndpoint } from '../../chain/local-endpoint.js';
import { forward } from '../../chain/lying-proxy.js';
import { createCertificate } from '../../net/certificates.js';
import { type NodeFixture, nodeFixture } from '../../node/node-fixture.js';
import { type Change, startChangingProxy, withoutCalls, withVersion } from './changing-proxy.js';
import { examine } from './doctor-run.js';
import { assertFails, assertWarns } from './findings.js';

describe('the doctor on RPC endpoints', function () {
  this.timeout(120_000);
  let fixture: NodeFixture;
  const proxies: LocalEndpoint[] = [];
  before(async () => {
    fixture = await nodeFixture(await sharedNetwork());
  });
  after(async () => {
    await Promise.all(proxies.map((proxy) => proxy.stop()));
    await fixture?.stop();
  });

  const over =
    (rpcUrls: readonly string[], more: Partial<NodeConfig['network']> = {}) =>
    (config: NodeConfig): NodeConfig => ({
      ...config,
      gateway: fixture.config.gateway,
      network: { ...config.network, rpcUrls, ...more },
    });
  /** The doctor over an endpoint that answers a little otherwise than the node behind it. */
  const changed = async (change: Change, more: Partial<NodeConfig['network']> = {}) => {
    const proxy = await startChangingProxy(fixture.network.rpcUrl, change);
    proxies.push(proxy);
    return examine(fixture.config.file, { change: over([proxy.url], more) });
  };

  it('names one of another network, which is never used', async () => {
    const run = await changed(withVersion({ protocol: { network: 5_195_086 } }));
    assertFails(run.of('rpc.network'), {
      expected: `magic ${fixture.network.magic} (network.magic)`,
      found: '5195086: the node would never use this endpoint',
      fix: /network\.rpc, or network\.magic/,
    });
    assert.equal(run.of('gateway.contract').status, 'skipped');
    assert.equal(run.of('gateway.build').status, 'skipped');
  });

  it('names one without application logs, and how to have them', async () => {
    const run = await changed(withoutCalls('getapplicationlog'));
    assertFails(run.of('rpc.application-logs'), { found: /none of block/, fix: /ApplicationLogs/ });
  });

  it('names one whose application logs begin after the first block that is read', async () => {
    const { fromBlock } = fixture;
    const early = await fixture.network.rpc.call('getblockhash', [fromBlock]);
    const run = await changed((asked, answer) =>
      asked.method === 'getapplicationlog' && asked.params[0] === early
        ? { id: answer.id, error: { code: -103, message: 'Unknown transaction' } }
        : answer,
    );
    const found = `none of block ${fromBlock}`;
    assertFails(run.of('rpc.application-logs'), { found, fix: /read the chain anew/ });
  });

  it("tells what a C# node lacks of neo-go's calls, and that it works without", async () => {
    const lacks = withoutCalls('getblocknotifications', 'invokecontainedscript');
    const csharp = withVersion({ userAgent: '/Neo:3.8.2/' });
    const run = await changed((asked, answer) => csharp(asked, lacks(asked, answer)));
    assert.match(JSON.stringify(run.of('rpc.software')), /"ok".*Neo \(C#\) 3\.8\.2/);
    assert.match(JSON.stringify(run.of('rpc.notifications')), /"ok".*portable path, slower/);
    assert.match(JSON.stringify(run.of('rpc.contained-trial')), /"ok".*fees and nonce 0/);
  });

  it('warns of software that nobody tried', async () => {
    const run = await changed(withVersion({ userAgent: '/Other:1.0/' }));
    assertWarns(run.of('rpc.software'), { found: '/Other:1.0/', fix: /other checks of it/ });
  });

  it('names a limit of the block that is below what the node sends', async () => {
    const told = await changed(withVersion({ protocol: { maxblocksystemfee: '15000000000' } }));
    assertFails(told.of('rpc.block-fee'), {
      expected: /at most MaxBlockSystemFee, 150\.0{8} GAS/,
      found: /^200\.0{8} GAS: what is dearer/,
      fix: /pipeline\.maxSystemFee/,
    });
    // That of mainnet is known, though no endpoint tells it.
    const magic = 860_833_102;
    const mainnet = await changed(withVersion({ protocol: { network: magic } }), { magic });
    assertFails(mainnet.of('rpc.block-fee'), {
      expected: /20\.0{8} GAS$/,
      found: /no block/,
      fix: /maxSystemFee/,
    });
  });

  it('warns of one that lags behind another, and counts no block that came meanwhile', async () => {
    const frozen = await startFaultyProxy(fixture.network.rpcUrl);
    proxies.push(frozen);
    frozen.fault = 'freeze';
    await (await fetch(frozen.url, { method: 'POST', body: COUNT })).text();
    const before = await fixture.network.height();
    await fixture.network.waitForBlock(before + 10);
    const run = await examine(fixture.config.file, {
      change: over([fixture.network.rpcUrl, frozen.url]),
    });
    assertWarns(run.of('rpc.height', frozen.url), {
      expected: /at most 3 blocks behind/,
      found: /^block \d+, \d{2,} behind$/,
      fix: /the node leaves it until then/,
    });
    assert.equal(run.of('rpc.height', fixture.network.rpcUrl).status, 'ok');
  });

  it('names batches that it does not take', async () => {
    const proxy = await startChangingProxy(fixture.network.rpcUrl, (_asked, answer) => answer);
    proxies.push(proxy);
    const small = await startSmallBatches(proxy.url);
    proxies.push(small);
    const run = await examine(fixture.config.file, { change: over([small.url]) });
    assertFails(run.of('rpc.batches'), { found: /too many/, fix: /Lower network\.batchSize/ });
  });

  it('warns of a slow one, by the time that its calls take', async () => {
    let monotonicMs = 0;
    // Each look at it is 3 s later; deadlines, which are set by it, are far off.
    const clock = { ...systemClock, monotonicMs: () => (monotonicMs += 3_000) };
    const change = over([fixture.network.rpcUrl], { requestTimeoutMs: 600_000 });
    const run = await examine(fixture.config.file, { change, clock });
    assertWarns(run.of('rpc.latency'), { found: /000 ms a call/, fix: /nearer endpoint/ });
  });

  it('names a clock that is wrong, in either direction, and blocks of the future', async () => {
    const change = over([fixture.network.rpcUrl]);
    const off = (ms: number) => ({ ...systemClock, nowMs: () => Date.now() + ms });
    const ahead = await examine(fixture.config.file, { change, clock: off(3_600_000) });
    assertFails(ahead.of('host.clock'), { found: /^3\d{3} s ahead/, fix: /set-ntp true/ });
    // With such a clock the latest block looks old: that may be the network's, and may pass.
    assertFails(ahead.of('rpc.height'), { found: /3\d{3} s old/, fix: /host\.clock/ }, true);
    const behind = await examine(fixture.config.file, { change, clock: off(-3_600_000) });
    assertFails(behind.of('host.clock'), { found: /^3\d{3} s behind/, fix: /chrony/ });
    assertFails(behind.of('host.clock-blocks'), { found: /from now/, fix: /set-ntp true/ });
  });

  it('warns when the clock of one endpoint of several is wrong, and not this one', async () => {
    const off = await startEndpoint(async (body, response) => {
      response.setHeader('date', new Date(Date.now() - 3_600_000).toUTCString());
      response.end(await forward(fixture.network.rpcUrl, body));
    });
    proxies.push(off);
    const run = await examine(fixture.config.file, {
      change: over([off.url, fixture.network.rpcUrl]),
    });
    assertWarns(run.of('host.clock'), { found: /ahead of 1 of 2 endpoints$/, fix: /theirs are/ });
  });

  it('says that an endpoint is down, once, and that it may pass', async () => {
    const down = 'http://127.0.0.1:9';
    const run = await examine(fixture.config.file, { change: over([down]) });
    const found = /127\.0\.0\.1:9/;
    assertFails(run.of('rpc.reachable'), { found, fix: /whether this machine may/ }, true);
    for (const name of ['network', 'height', 'trial-gas', 'traceable-blocks', 'batches']) {
      assert.equal(run.of(`rpc.${name}`).status, 'skipped', name);
    }
    const failed = run.results.filter(({ finding }) => finding.status === 'fail');
    assert.deepEqual(
      failed.map(({ name }) => name),
      ['rpc.reachable'],
    );
    // While another one answers, the node works.
    const both = await examine(fixture.config.file, {
      change: over([fixture.network.rpcUrl, down]),
    });
    assertWarns(both.of('rpc.reachable', down), { found, fix: /name another endpoint/ });
    assert.equal(both.of('gateway.contract').status, 'ok');
  });

  it('says that a certificate is not trusted, which waiting does not mend', async () => {
    const { cert, key } = createCertificate({ commonName: 'x', hosts: ['127.0.0.1'] });
    const server = createServer({ cert, key });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const run = await examine(fixture.config.file, { change: over([url]) });
    server.close();
    assertFails(run.of('rpc.reachable'), { found: /certificate/, fix: /as its certificate does/ });
  });

  it('warns of a WebSocket that announces nothing, and shows no path of a URL', async () => {
    const provider = await startFaultyProxy(fixture.network.rpcUrl);
    proxies.push(provider);
    const [rpcUrl, secret] = [`${provider.url}/v3/0123456789abcdef`, '0123456789abcdef'];
    const run = await examine(fixture.config.file, {
      change: over([rpcUrl], { webSocket: 'auto' }),
    });
    const { host } = new URL(provider.url);
    assertWarns(run.of('rpc.web-socket', `ws://${host}`), {
      found: /ws:\/\//,
      fix: /asks every 100 ms instead/,
    });
    assert.equal(run.of('rpc.reachable', provider.url).status, 'ok');
    assert.equal(JSON.stringify(run.results).includes(secret), false);
  });

  it('warns of plain HTTP where others may be on the way', async () => {
    const run = await examine(fixture.config.file, {
      change: over(['http://127.0.0.1:9', fixture.network.rpcUrl]),
    });
    assert.equal(run.of('rpc.endpoints').status, 'warning', 'two of one host are one machine');
    assertWarns(wayOf('http://seed1.neo.org:10332'), { found: /forge/, fix: /https/ });
    for (const url of ['http://10.0.0.7:10332', 'http://neo-go:10332', 'http://[::1]:1']) {
      assert.equal(wayOf(url).status, 'ok', url);
    }
  });

  it('has the least Node.js of package.json', async () => {
    const file = new URL('../../../package.json', import.meta.url);
    assert.equal(JSON.parse(readFileSync(file, 'utf8')).engines.node, `>=${LEAST_NODE}`);
  });
});

const COUNT = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'getblockcount', params: [] });

/** Before another endpoint: takes no more than ten calls in one exchange. */
async function startSmallBatches(url: string): Promise<LocalEndpoint> {
  return startEndpoint(async (body, response) => {
    const asked: unknown = JSON.parse(body);
    if (Array.isArray(asked) && asked.length > 10) {
      const error = { code: -32_600, message: 'too many calls' };
      return response.end(JSON.stringify({ jsonrpc: '2.0', id: null, error }));
    }
    return response.end(await forward(url, body));
  });
}
