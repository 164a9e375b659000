import assert from 'node:assert/strict';
import { CROSS_CHECKS } from '../../src/config/cross-checks.js';
import { loadConfig } from '../../src/config/load-config.js';
import { valuePaths } from '../../src/config/schema-problems.js';
import { MINIMAL, problemsOf, scratchDirectory } from './config-file.js';

describe('rules between configuration keys', () => {
  const scratch = scratchDirectory();
  after(() => scratch.remove());

  const refused = (text: string) => {
    const path = scratch.write('node.yaml', text);
    return problemsOf(() => loadConfig(path)).map(({ key, problem }) => `${key}: ${problem}`);
  };
  const network = (lines: string) => MINIMAL.replace('network:', `network:\n  ${lines}`);

  const onPublic = (magic: string): string =>
    MINIMAL.replace('56753', magic).replace('gateway:', 'gateway:\n  startBlock: 7');

  const MAINNET_AS_DEVNET =
    `preset: devnet\n${onPublic('860833102')}` +
    'pipeline: {maxSystemFee: 10 GAS, maxNetworkFee: 1 GAS}';

  // By the key that is blamed: what must be refused.
  const CLASHES: readonly (readonly [string, string, RegExp])[] = [
    ['network.pollInterval', network('pollInterval: 4s'), /too large beside network.blockTime/],
    ['network.blockTime', network('blockTime: 61s\n  stallAfter: 2m'), /is too large/],
    ['network.blockTime', network('blockTime: 31s\n  stallAfter: 1m'), /beside network.stallAfter/],
    ['network.quorum', network('quorum: 2'), /^network.quorum: 2 endpoints can never .* names 1$/],
    [
      'network.quorum',
      network('quorum: 2').replace(/rpc: \[(.*)\]/, 'rpc: [$1, $1/v1]'),
      /names 1$/,
    ],
    ['http.connectTimeout', `${MINIMAL}http: {timeout: 4s}`, /too large beside http.timeout/],
    ['automation.backoff', `${MINIMAL}automation: {backoff: 59m, backoffMax: 58m}`, /backoffMax/],
    ['pipeline.retryBackoff', `${MINIMAL}pipeline: {retryBackoff: 31s}`, /retryBackoffMax/],
    ['pipeline.maxNetworkFee', `${MINIMAL}pipeline: {maxSystemFee: 0.4 GAS}`, /maxSystemFee/],
    [
      'gasbank.walletFloor',
      `${MINIMAL}gasbank: {walletFloor: 6 GAS, collect: {whenWalletBelow: 7 GAS}}`,
      /walletWarning/,
    ],
    [
      'gasbank.collect.whenWalletBelow',
      `${MINIMAL}gasbank: {walletFloor: 1 GAS, collect: {whenWalletBelow: 1 GAS}}`,
      /nothing be sent, before earnings are collected/,
    ],
    [
      'gasbank.budgets.perHour',
      `${MINIMAL}gasbank: {budgets: {perHour: 2 GAS, perDay: 1 GAS}}`,
      /too large beside gasbank.budgets.perDay/,
    ],
    [
      'gateway.startBlock',
      MINIMAL.replace('56753', '894710606'),
      /would read testnet from block 0/,
    ],
    ['network.magic', `preset: mainnet\n${MINIMAL}`, /56753 is not the number of .* mainnet/],
    ['network.magic', MAINNET_AS_DEVNET, /devnet/],
    [
      'wallet.signer.socket',
      MINIMAL.replace('wallet:', 'wallet:\n  signer: {socket: ./s}'),
      /a signer has the wallet, and one is named/,
    ],
    ['api.host', `${MINIMAL}api: {host: 0.0.0.0}`, /can be reached from other machines/],
    ['api.host', `${MINIMAL}api: {host: node.example}`, /can be reached from other machines/],
    [
      'api.tls.certFile',
      `${MINIMAL}api: {tls: {certFile: a.crt}}`,
      /one of certFile and keyFile is/,
    ],
    ['api.trustedProxies', `${MINIMAL}api: {trustedProxies: [10.0.0.0/8]}`, /behindProxy is false/],
    ['api.trustedProxies', `${MINIMAL}api: {behindProxy: true}`, /would count as one address/],
    ['api.corsOrigins', `${MINIMAL}api: {corsOrigins: ['https://a.example/x']}`, /has a path/],
    ['api.corsOrigins', `${MINIMAL}api: {corsOrigins: [https://a, https://a]}`, /more than once/],
    ['api.public', `${MINIMAL}api: {public: [status, status]}`, /more than once/],
    [
      'api.trustedProxies',
      `${MINIMAL}api: {behindProxy: true, trustedProxies: [10.0.0.0/8, 10.0.0.0/8]}`,
      /more than once/,
    ],
    ['api.port', `${MINIMAL}api: {port: 20331}`, /is that of the RPC endpoint/],
    ['network.rpc', MINIMAL.replace('[', '[http://127.0.0.1:20331/, '), /more than once/],
    ['api.hostNames', `${MINIMAL}api: {hostNames: [a.example, A.example]}`, /more than once/],
    ['http.allow.cidrs', `${MINIMAL}http: {allow: {cidrs: [10.0.0.0/8, 10.0.0.0/8]}}`, /once/],
    ['http.allow.hosts', `${MINIMAL}http: {allow: {hosts: [{host: a}, {host: A}]}}`, /once/],
    ['network.webSocket', network('webSocket: [ws://a.example, ws://a.example/]'), /once/],
  ];

  for (const [key, text, pattern] of CLASHES) {
    it(`refuses ${key} that clashes: ${pattern.source}`, () => {
      const problems = refused(text);
      assert.equal(problems.length, 1, problems.join('\n'));
      assert.ok(problems[0]?.startsWith(`${key}: `), problems[0]);
      assert.match(problems[0] ?? '', pattern);
    });
  }

  it('refuses on public networks a system fee that no block of theirs can hold', () => {
    const text = `${onPublic('894710606')}pipeline: {maxSystemFee: 20.1 GAS}`;
    assert.match(String(refused(text)), /pipeline.maxSystemFee: 20.10000000 GAS do not fit/);
    const path = scratch.write('ok.yaml', text.replace('894710606', '56753'));
    assert.equal(loadConfig(path).pipeline.maxSystemFeeDatoshi, 2_010_000_000n);
  });

  it('lets a network of public kind be read from a block that is named, and others from 0', () => {
    const path = scratch.write('start.yaml', onPublic('894710606'));
    assert.equal(loadConfig(path).gateway.startBlock, 7);
    assert.equal(loadConfig(scratch.write('none.yaml', MINIMAL)).gateway.startBlock, null);
  });

  it('is told together with what is wrong by itself, and skipped where its keys are', () => {
    const text = `${network('pollInterval: fast')}http: {timeout: 4s}`;
    const problems = refused(text);
    assert.equal(problems.length, 2, problems.join('\n'));
    assert.match(String(problems), /network.pollInterval: got "fast",http.connectTimeout: /);
  });

  it('still runs for lists whose items are fine when another list has an unknown key', () => {
    const text = `${MINIMAL}http: {allow: {hosts: [{host: a, x: 1}], cidrs: [::/0, ::/0]}}`;
    assert.equal(refused(text).length, 2);
  });

  it('accepts remote access once it is asked for, and loopback names without', () => {
    const proxy = 'behindProxy: true, trustedProxies: [10.0.0.0/8]';
    for (const guard of [proxy, 'tls: {certFile: a.crt, keyFile: a.key}']) {
      loadConfig(scratch.write('a.yaml', `${MINIMAL}api: {host: 0.0.0.0, ${guard}}`));
    }
    for (const host of ['localhost', '127.8.8.8', '"::1"']) {
      loadConfig(scratch.write('b.yaml', `${MINIMAL}api: {host: ${host}}`));
    }
  });

  it('reads only keys that exist', () => {
    const known = new Set(valuePaths().map((path) => path.join('.')));
    const keys = CROSS_CHECKS.flatMap((check) => check.keys);
    assert.deepEqual(
      keys.filter((key) => !known.has(key)),
      [],
    );
  });
});
