import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAccount, walletFileText } from '../../../scripts/devnet/account.js';
import { readContract } from '../../../scripts/devnet/contracts.js';
import { sharedNetwork } from '../../../scripts/devnet/shared-network.js';
import { sha256 } from '../../../src/base/bytes.js';
import { parseGas } from '../../../src/base/datoshi.js';
import { hash160, hash160ToAddress } from '../../../src/base/hash.js';
import { gatewayCalls } from '../../../src/chain/gateway-calls.js';
import type { NodeConfig } from '../../../src/config/node-config.js';
import { walletFilesOf } from '../../../src/config/wallet-config.js';
import type { DoctorParts } from '../../../src/operations/doctor/doctor.js';
import { mustHalt, type NodeFixture, nodeFixture } from '../../node/node-fixture.js';
import { startChangingProxy } from './changing-proxy.js';
import { examine } from './doctor-run.js';
import { assertFails, assertWarns } from './findings.js';

describe('the doctor on the gateway and the wallet', function () {
  this.timeout(180_000);
  let fixture: NodeFixture;
  before(async () => {
    fixture = await nodeFixture(await sharedNetwork(), {
      drawsNumbers: true,
      nodeGas: parseGas('3'),
    });
  });
  after(() => fixture?.stop());

  const look = (change: (config: NodeConfig) => NodeConfig = (config) => config) =>
    examine(fixture.config.file, { change });
  const atHash = (hash: string) =>
    look((config) => ({ ...config, gateway: { hash: hash160(hash), startBlock: 0 } }));
  const run = (script: Buffer, by = fixture.owner) =>
    mustHalt(fixture.network.send(by, script).then((sent) => fixture.network.applied(sent)));
  const calls = () => gatewayCalls(fixture.gateway);
  const invoke = (method: string, args: readonly Buffer[] = []) =>
    mustHalt(fixture.network.invoke(fixture.owner, fixture.gateway, method, args));

  it('names a hash at which there is nothing, and one of another contract', async () => {
    const nothing = await atHash(`0x${'ab'.repeat(20)}`);
    assertFails(nothing.of('gateway.contract'), {
      found: /there is no contract/,
      fix: /gateway\.hash/,
    });
    assert.equal(nothing.of('gateway.paused').status, 'skipped');
    const other = await atHash(fixture.consumer);
    assertFails(other.of('gateway.contract'), {
      found: /is no gateway: it has no/,
      fix: /gateway\.hash/,
    });
  });

  it('warns of code that is not of this release', async () => {
    const readBuild: DoctorParts['readBuild'] = (name) =>
      readContract(name === 'gateway' ? 'consumer' : name);
    const run = await examine(fixture.config.file, { parts: { readBuild } });
    assertWarns(run.of('gateway.build'), {
      found: 'another code and another manifest',
      fix: /who deployed or updated it/,
    });
    assert.equal(run.of('gateway.executor').status, 'ok');
    const other: DoctorParts['readBuild'] = (name) =>
      readContract(name === 'executor' ? 'consumer' : name);
    const executor = await examine(fixture.config.file, { parts: { readBuild: other } });
    assertWarns(executor.of('gateway.executor'), { found: /^another code/, fix: /who deployed/ });
  });

  it('looks at the code itself, whatever checksum it is said to have', async () => {
    const proxy = await startChangingProxy(fixture.network.rpcUrl, (asked, answer) => {
      if (asked.method !== 'getcontractstate') return answer;
      const state = answer.result as { nef: object };
      const script = Buffer.from('another one').toString('base64');
      return { ...answer, result: { ...state, nef: { ...state.nef, script } } };
    });
    const run = await look((config) => ({
      ...config,
      network: { ...config.network, rpcUrls: [proxy.url] },
    }));
    await proxy.stop();
    assertWarns(run.of('gateway.build'), { found: 'another code', fix: /who deployed/ });
  });

  it('warns of a gateway that is paused', async () => {
    await run(calls().pause(true));
    assertWarns((await look()).of('gateway.paused'), {
      found: /nobody can ask/,
      fix: /pause\(false\)/,
    });
    await run(calls().pause(false));
    assert.equal((await look()).of('gateway.paused').status, 'ok');
  });

  it('tells of an update that is proposed, and whether it is to the code here', async () => {
    const { nef, manifest } = await readContract('gateway');
    const ours = [sha256(nef), sha256(manifest)];
    await invoke('proposeUpdate', ours);
    assertWarns((await look()).of('gateway.update'), { found: /, to this code$/, fix: /^Nothing/ });
    await invoke('cancelUpdate');
    await invoke('proposeUpdate', [sha256('other'), sha256('other')]);
    assertWarns((await look()).of('gateway.update'), { found: /not to this code/, fix: /owner/ });
    await invoke('cancelUpdate');
  });

  it('names a first block that is after the deployment, or of the future', async () => {
    const from = (startBlock: number) =>
      look((config) => ({ ...config, gateway: { ...config.gateway, startBlock } }));
    const late = await from(await fixture.network.height());
    assertFails(late.of('gateway.start-block'), {
      found: /deployed in block \d+/,
      fix: /startBlock/,
    });
    const future = await from(1_000_000_000);
    assertFails(future.of('gateway.start-block'), { found: '1000000000', fix: /deployed/ });
  });

  it('names a wallet that is low, and one that is empty', async () => {
    const low = (warning: string, floor: string) =>
      look((config) => ({
        ...config,
        gasbank: {
          ...config.gasbank,
          walletWarningDatoshi: parseGas(warning),
          walletFloorDatoshi: parseGas(floor),
        },
      }));
    const fix = `Send GAS to ${hash160ToAddress(fixture.node.hash)}.`;
    assert.equal((await low('2', '0.1')).of('wallet.balance').status, 'ok');
    assertWarns((await low('5', '0.1')).of('wallet.balance'), {
      expected: 'at least gasbank.walletWarning, 5.00000000 GAS',
      found: '3.00000000 GAS',
      fix,
    });
    const empty = await low('5', '3');
    assertFails(empty.of('wallet.balance'), { found: /nothing can be sent/, fix });
  });

  it('warns of a canary that nobody has paid for', async () => {
    const run = await look((config) => ({
      ...config,
      canary: { url: 'https://a.example/', filter: '', everyMs: 60_000, timeoutMs: 1, maxFee: 5n },
    }));
    assertWarns(run.of('wallet.credit'), { found: /^0\.0{8} GAS of credit/, fix: /deposit/ });
    assert.equal(run.of('canary').status, 'ok');
  });

  it('names a random key that is at the gateway and not here', async () => {
    const elsewhere = join(fixture.folder, 'elsewhere.key');
    const run = await look((config) => ({
      ...config,
      random: { ...config.random, keyFile: elsewhere },
    }));
    assertFails(run.of('gateway.random-key'), { found: 'no such file', fix: /backup/ });
  });

  it('names a wallet whose account the gateway takes no answers from, and feeds with it', async () => {
    const file = join(fixture.folder, 'other-wallet.json');
    const other = createAccount();
    writeFileSync(file, await walletFileText([other], 'devnet'), { mode: 0o600 });
    const feed = join(fixture.folder, 'gas-usd.yaml');
    writeFileSync(feed, FEED);
    const run = await look((config) => ({
      ...config,
      wallet: { ...config.wallet, files: { ...walletFilesOf(config), file } },
      prices: { feedPaths: [feed] },
    }));
    assertFails(run.of('gateway.node-account'), {
      expected: `that the gateway takes answers from ${hash160ToAddress(other.hash)}`,
      found: `it takes them from ${hash160ToAddress(fixture.node.hash)}`,
      fix: /wallet\.file; or the gateway's owner proposes it/,
    });
    assertFails(run.of('prices.publisher'), { found: /another one/, fix: /prices\.feeds/ });
    const own = await look((config) => ({ ...config, prices: { feedPaths: [feed] } }));
    assert.match(JSON.stringify(own.of('prices.publisher')), /"ok".*nobody else pays for GAS\/USD/);
    rmSync(feed);
  });

  it('warns of a change of the node account under way, and names a revoked one', async () => {
    const next = createAccount();
    await fixture.network.fund(next.hash, parseGas('10'));
    await run(calls().proposeNodeAccount(next.hash));
    assertWarns((await look()).of('gateway.rotation'), {
      found: `${hash160ToAddress(next.hash)} is proposed`,
      fix: /keys status/,
    });
    await run(calls().acceptNodeAccount(5_000), next);
    const overlap = await look();
    assertWarns(overlap.of('gateway.node-account'), {
      found: /may answer until/,
      fix: /take over/,
    });
    assertWarns(overlap.of('gateway.rotation'), { found: /may answer until block/, fix: /keys/ });
    await run(calls().revokeNodeAccount());
    assertFails((await look()).of('gateway.node-account'), {
      found: /revoked/,
      fix: /proposeNode/,
    });
  });
});

const FEED = `pair: GAS/USD
quorum: 1
sources:
  - {venue: kraken, symbol: GASUSD, quote: USD}
`;
